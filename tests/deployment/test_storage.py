"""Volumes of the storage classes: they are expanded with their data, and reclaimed or kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from phaseline.operators.clusters.embedded.layout import PAUSE, PROVISIONER
from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

NAMESPACE = "test-storage"


def _kubectl(workspace: Workspace, *words: str, stdin: str | None = None) -> str:
    return application.kubectl(workspace, "-n", NAMESPACE, *words, stdin=stdin)


def _claimed(name: str, storage_class: str) -> list[dict[str, Any]]:
    """A claim, and a pod that uses it."""
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "storageClassName": storage_class,
        "resources": {"requests": {"storage": "1Mi"}},
    }
    pod = {
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {"name": "wait", "image": PAUSE, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}
        ],
        "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": name}}],
    }
    return [
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, "spec": spec}
        for kind, spec in (("PersistentVolumeClaim", claim), ("Pod", pod))
    ]


@pytest.fixture(scope="module")
def claims(first: Deployed) -> Iterator[Workspace]:
    """The claim `data` of the default class, and `kept` of one that retains; pods use both."""
    kept = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "kept"},
        "provisioner": PROVISIONER,
        "reclaimPolicy": "Retain",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    workspace = first.workspace
    application.kubectl(workspace, "create", "namespace", NAMESPACE)
    _kubectl(workspace, "wait", "--for=create", "serviceaccount/default", "--timeout=20s")
    objects = [kept, *_claimed("data", "standard"), *_claimed("kept", "kept")]
    _kubectl(workspace, "apply", "-f", "-", stdin=yaml.safe_dump_all(objects))
    _kubectl(workspace, "wait", "--for=condition=Ready", "pod", "--all", "--timeout=30s")
    yield workspace
    application.kubectl(workspace, "delete", "namespace", NAMESPACE, "--timeout=50s")
    application.kubectl(workspace, "delete", "storageclass", "kept")


def _volume(workspace: Workspace, claim: str) -> str:
    return _kubectl(workspace, "get", "pvc", claim, "-o", "jsonpath={.spec.volumeName}")


def _capacities(workspace: Workspace, claim: str) -> list[str]:
    """What the claim reports, and its volume."""
    path = "jsonpath={.status.capacity.storage}"
    volume = _volume(workspace, claim)
    held = application.kubectl(workspace, "get", "pv", volume, "-o", "json")
    told = _kubectl(workspace, "get", "pvc", claim, "-o", path)
    return [told, json.loads(held)["spec"]["capacity"]["storage"]]


def test_a_claim_that_asks_for_more_gets_it_and_keeps_its_data(claims: Workspace) -> None:
    written = claims.state / "cluster/volumes" / _volume(claims, "data") / "written"
    written.write_text("before")
    assert _capacities(claims, "data") == ["1Mi", "1Mi"]
    larger = {"spec": {"resources": {"requests": {"storage": "2Mi"}}}}
    _kubectl(claims, "patch", "pvc", "data", "-p", json.dumps(larger))
    _kubectl(
        claims, "wait", "--for=jsonpath={.status.capacity.storage}=2Mi", "pvc/data", "--timeout=20s"
    )
    assert _capacities(claims, "data") == ["2Mi", "2Mi"]
    assert written.read_text() == "before"


def test_what_is_deleted_goes_with_its_data_and_what_is_retained_stays(claims: Workspace) -> None:
    volumes = claims.state / "cluster/volumes"
    gone, stays = _volume(claims, "data"), _volume(claims, "kept")
    (volumes / stays / "written").write_text("kept")
    _kubectl(claims, "delete", "pod,pvc", "data", "kept", "--timeout=50s")
    application.kubectl(claims, "wait", "--for=delete", f"pv/{gone}", "--timeout=20s")
    assert not (volumes / gone).exists()
    phase = application.kubectl(claims, "get", "pv", stays, "-o", "jsonpath={.status.phase}")
    assert phase == "Released"
    assert (volumes / stays / "written").read_text() == "kept"
    application.kubectl(claims, "delete", "pv", stays)  # by hand, as Retain means
    shutil.rmtree(volumes / stays)
