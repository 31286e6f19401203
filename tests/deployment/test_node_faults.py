"""A process of the node dies: it is started again, and nothing is lost."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

import pytest

from phaseline.tools import dns
from tests.deployment import application, node
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

UNITS = (
    "containerd",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
    "volumes",
    "metrics",
    "network-policies",
)
_LIMIT = 10.0


def test_these_are_all_processes_of_the_node(deployed: Deployed) -> None:
    assert set(node.status(deployed.workspace)["units"]) == set(UNITS)


@pytest.mark.parametrize("unit", UNITS)
def test_a_killed_process_is_started_again(deployed: Deployed, unit: str) -> None:
    workspace = deployed.workspace
    todo = application.write(deployed.address, f"Outlives {unit}")
    killed = node.process(workspace, unit)
    killed.kill()
    started = time.monotonic()
    killed.wait(_LIMIT)
    _await_another(workspace, unit, killed.pid, _LIMIT)
    node.await_well(workspace, deployed.address, _LIMIT - (time.monotonic() - started))
    left = _LIMIT - (time.monotonic() - started)
    assert application.await_read(deployed.address, todo, left) == f"Outlives {unit}"
    _work(workspace)


def _await_another(workspace: Workspace, unit: str, pid: int, limit: float) -> None:
    deadline = time.monotonic() + limit
    while True:
        try:
            if node.process(workspace, unit).pid != pid:
                return
        except AssertionError:
            assert time.monotonic() < deadline, f"{unit} is not started again"
        time.sleep(0.02)


def _work(workspace: Workspace) -> None:
    """Have every process of the node do its part: a pod with a volume, and a name for it."""
    name = f"works-{secrets.token_hex(3)}"
    objects = [_claim(name), _pod(name), _service(name)]
    listed = {"apiVersion": "v1", "kind": "List", "items": objects}
    application.kubectl(workspace, "apply", "-f", "-", stdin=json.dumps(listed))
    ready = ("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=30s")
    application.kubectl(workspace, *ready)
    path = "jsonpath={.spec.clusterIP}"
    wanted = application.kubectl(workspace, "get", "service", name, "-o", path)
    address = node_address(workspace)
    assert dns.resolve(f"{name}.default.svc.cluster.local", address) == [wanted]
    for kind in ("pod", "service", "pvc"):
        application.kubectl(workspace, "delete", kind, name, "--wait=false")


def node_address(workspace: Workspace) -> str:
    """Where the node answers, DNS included."""
    path = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}"
    return application.kubectl(workspace, "get", "nodes", "-o", path)


def _claim(name: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name},
        "spec": spec,
    }


def _pod(name: str) -> dict[str, Any]:
    container = {
        "name": "wait",
        "image": "localhost/phaseline/pause:1",
        "imagePullPolicy": "Never",
        "volumeMounts": [{"name": "volume", "mountPath": "/volume"}],
    }
    volume = {"name": "volume", "persistentVolumeClaim": {"claimName": name}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [container],
            "volumes": [volume],
        },
    }


def _service(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80}]},
    }
