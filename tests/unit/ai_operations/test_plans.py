"""Plans as data: what can be written down, their hash, what they take, what no plan may do."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from phaseline.operators.ai_operations import masking
from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution.accounts import reading
from phaseline.operators.ai_operations.execution.difference import difference
from phaseline.operators.ai_operations.execution.guard import check
from phaseline.operators.ai_operations.execution.rights import rights
from phaseline.operators.ai_operations.plans.model import (
    Absent,
    Create,
    Delete,
    Exists,
    ObjectReference,
    Operation,
    Patch,
    Plan,
    Scale,
)
from tests.unit.ai_operations.cluster import read

WEB = ObjectReference(kind="Deployment", name="web", namespace="team")


def plan(*operations: Operation, request: str = "") -> Plan:
    """A plan of these operations."""
    wishes = tuple(Exists(target=one.target) for one in operations)
    return Plan(request=request, source="test", reading="", operations=operations, wishes=wishes)


def manifest(kind: str, namespace: str = "team", **content: Any) -> Create:
    """What makes an object called `one`."""
    metadata = {"name": "one"} | ({"namespace": namespace} if namespace else {})
    version = ObjectReference(kind=kind, name="one", namespace=namespace).api_version
    return Create(manifest={"apiVersion": version, "kind": kind, "metadata": metadata, **content})


def test_only_what_would_be_done_counts_for_the_hash() -> None:
    first = plan(Scale(target=WEB, replicas=3), request="scale web to 3")
    assert first.hash == plan(Scale(target=WEB, replicas=3), request="three of web").hash
    assert first.hash != plan(Scale(target=WEB, replicas=4), request="scale web to 3").hash


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "Deployment", "name": "web; rm -rf /", "namespace": "team"},
        {"kind": "Deployment", "name": "--all", "namespace": "team"},
        {"kind": "Deployment", "name": "web"},
        {"kind": "Namespace", "name": "team", "namespace": "team"},
        {"kind": "Widget", "name": "web", "namespace": "team"},
        {"kind": "Deployment", "name": "web", "namespace": "team", "api_version": "v1"},
        {"kind": "Deployment", "name": "web", "namespace": "team", "server": "elsewhere"},
    ],
)
def test_what_names_no_object_cannot_be_written_down(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        ObjectReference(**fields)


def test_a_plan_that_changes_something_says_how_that_is_seen() -> None:
    with pytest.raises(ValidationError, match="wishes"):
        Plan(request="", source="", reading="", operations=(Scale(target=WEB, replicas=1),))


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (manifest("ConfigMap", "kube-system"), "kube-system is protected"),
        (manifest("ConfigMap", "todo"), "todo is protected"),
        (Delete(target=ObjectReference(kind="Namespace", name="kube-public")), "protected"),
        (Delete(target=ObjectReference(kind="Namespace", name="default")), "cannot be removed"),
        (Delete(target=ObjectReference(kind="Node", name="node")), "made by Kubernetes itself"),
        (manifest("ClusterRole", ""), "concerns the whole cluster"),
        (manifest("Pod", spec={"hostNetwork": True}), "hostNetwork"),
        (manifest("Pod", spec={"volumes": [{"hostPath": {"path": "/"}}]}), "hostPath"),
        (
            manifest("Pod", spec={"containers": [{"securityContext": {"privileged": True}}]}),
            "privileged",
        ),
        (manifest("Role", rules=[{"verbs": ["*"], "resources": ["pods"]}]), "every verb"),
        (manifest("Role", rules=[{"verbs": ["escalate"], "resources": ["roles"]}]), "escalate"),
        (
            manifest("RoleBinding", roleRef={"kind": "ClusterRole", "name": "cluster-admin"}),
            "cluster-admin",
        ),
        (Patch(target=WEB, patch={"spec": {"hostPID": True}}), "hostPID"),
    ],
)
def test_what_no_plan_may_do(operation: Operation, said: str) -> None:
    with pytest.raises(Refused, match=said):
        check(plan(operation), {"todo"})


def test_a_plan_is_not_a_sweep() -> None:
    many = [Scale(target=WEB, replicas=number) for number in range(26)]
    with pytest.raises(Refused, match="at most 25"):
        check(plan(*many), set())


def test_an_account_is_given_one_rule_for_each_operation() -> None:
    found = rights(plan(Scale(target=WEB, replicas=3), manifest("ConfigMap")))
    deployments = {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"]}
    maps = {"apiGroups": [""], "resources": ["configmaps"]}
    assert found == {
        "team": [
            {**deployments, "verbs": ["patch"]},
            {**maps, "verbs": ["create"]},
            {**maps, "resourceNames": ["one"], "verbs": ["delete"]},
        ]
    }


def test_the_reader_sees_no_secrets_and_changes_nothing() -> None:
    rules = reading()
    assert not [rule for rule in rules if {"secrets", "*"} & set(rule["resources"])]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert not [one for rule in rules for one in rule["resources"] if "proxy" in one]


def test_what_is_secret_is_in_no_difference() -> None:
    secret = {"kind": "Secret", "metadata": {"name": "a"}, "stringData": {"key": "hunter2"}}
    pod = {"spec": {"containers": [{"name": "a", "env": [{"name": "TOKEN", "value": "hunter2"}]}]}}
    for one in (secret, {"kind": "Pod", "metadata": {"name": "a"}, **pod}):
        lines = difference(None, one)
        assert lines
        assert "hunter2" not in "\n".join(lines)


def test_a_difference_names_what_changes() -> None:
    before = {"metadata": {"name": "a", "resourceVersion": "1"}, "spec": {"replicas": 2, "x": 1}}
    after = {"metadata": {"name": "a", "resourceVersion": "2"}, "spec": {"replicas": 5, "y": 2}}
    assert difference(before, after) == [
        "~ spec.replicas: 2 -> 5",
        "- spec.x: 1",
        "+ spec.y: 2",
    ]


def test_no_planted_secret_is_kept() -> None:
    """What goes into the evidence and is printed as JSON, for a hundred secrets."""
    for number in range(100):
        value = f"planted-{number:03d}-Zq9"
        made = read(f"create a secret vault-{number} with username=admin and password={value}")
        kept = f"{masking.request(made)} {masking.operations(made)} {made.reading}"
        assert value not in kept
        assert value in made.model_dump_json()


def test_removals_wish_for_absence() -> None:
    (wish,) = read("delete the deployment old-web").wishes
    assert isinstance(wish, Absent)
