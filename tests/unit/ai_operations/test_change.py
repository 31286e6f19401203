"""Operations as requests to the API server, and the requests that take them back."""

from __future__ import annotations

import pytest

from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution.change import Change, back, change
from phaseline.operators.ai_operations.plans.making import remade
from phaseline.operators.ai_operations.plans.model import (
    Create,
    Delete,
    ObjectReference,
    Restart,
    Scale,
)
from tests.unit.ai_operations.cluster import made, view, workload

WEB = ObjectReference(kind="Deployment", name="web", namespace="team")


def test_what_is_there_is_not_made_again() -> None:
    manifest = {**workload("web"), "apiVersion": "apps/v1"}
    with pytest.raises(Refused, match="is there already"):
        change(Create(manifest=manifest), view())


def test_what_is_not_there_is_not_changed() -> None:
    gone = ObjectReference(kind="Deployment", name="gone", namespace="team")
    with pytest.raises(Refused, match="is not there"):
        change(Scale(target=gone, replicas=2), view())


def test_a_scaling_is_a_patch_of_one_object() -> None:
    one = change(Scale(target=WEB, replicas=5), view())
    assert (one.method, one.path) == ("PATCH", "/apis/apps/v1/namespaces/team/deployments/web")
    assert one.body == {"spec": {"replicas": 5}}


def test_a_restart_marks_the_template() -> None:
    body = change(Restart(target=WEB), view()).body
    assert body
    assert list(body["spec"]["template"]["metadata"]["annotations"]) == [
        "kubectl.kubernetes.io/restartedAt"
    ]


def test_the_way_back_of_a_patch_gives_each_field_its_old_value() -> None:
    before = workload("web")
    after = workload("web", 5)
    after["spec"]["paused"] = True
    undone = back(Change(WEB, "PATCH", WEB.path, {}, before=before), after)
    assert undone
    assert undone.body == {"spec": {"replicas": 2, "paused": None}}


def test_the_way_back_of_a_new_object_removes_that_very_object() -> None:
    undone = back(Change(WEB, "POST", WEB.of.folder("team"), {}), made("Deployment", "web"))
    assert undone
    assert (undone.method, undone.path) == ("DELETE", WEB.path)
    assert undone.body
    assert undone.body["preconditions"] == {"uid": "Deployment-web"}


def test_the_way_back_of_a_removal_makes_it_again() -> None:
    before = {**workload("web"), "status": {"replicas": 2}}
    undone = back(change(Delete(target=WEB), view()), {})
    assert undone
    assert undone.method == "POST"
    assert undone.body == remade(before)
    assert "uid" not in undone.body["metadata"]


def test_a_secret_that_was_changed_cannot_be_put_back() -> None:
    secret = ObjectReference(kind="Secret", name="db-login", namespace="team")
    assert back(change(Delete(target=secret), view()), {}) is None
