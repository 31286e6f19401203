"""The cluster tells what its nodes and pods use, and autoscalers act on it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

NAMESPACE = "test-autoscaling"
_BUSY = "while True: pass"


def _kubectl(workspace: Workspace, *words: str, stdin: str | None = None) -> str:
    return application.kubectl(workspace, "-n", NAMESPACE, *words, stdin=stdin)


def _deployment(image: str) -> str:
    """A Deployment whose one pod is busy: it takes twice what it requests."""
    container = {
        "name": "busy",
        "image": image,
        "command": ["/usr/bin/python3", "-c", _BUSY],
        "resources": {"requests": {"cpu": "50m"}, "limits": {"cpu": "100m"}},
    }
    labels = {"app": "busy"}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "terminationGracePeriodSeconds": 0},
    }
    return yaml.safe_dump(
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "busy"},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        }
    )


@pytest.fixture(scope="module")
def busy(first: Deployed) -> Iterator[Workspace]:
    """A namespace with a busy Deployment and an autoscaler for it."""
    workspace = first.workspace
    images = application.running_images(workspace)
    image = next(name for name in images if "/backend:" in name)
    application.kubectl(workspace, "create", "namespace", NAMESPACE)
    _kubectl(workspace, "apply", "-f", "-", stdin=_deployment(image))
    _kubectl(workspace, "autoscale", "deployment/busy", "--min=1", "--max=2", "--cpu=50%")
    yield workspace
    application.kubectl(workspace, "delete", "namespace", NAMESPACE, "--timeout=50s")


def test_an_autoscaler_acts_on_what_pods_use(busy: Workspace) -> None:
    _kubectl(busy, "wait", "--for=jsonpath={.spec.replicas}=2", "deployment/busy", "--timeout=55s")
    told = json.loads(_kubectl(busy, "get", "hpa", "busy", "-o", "json"))
    assert told["status"]["currentMetrics"][0]["resource"]["current"]["averageUtilization"] > 50


def test_nodes_and_pods_tell_what_they_use(busy: Workspace) -> None:
    (node,) = application.kubectl(busy, "top", "nodes", "--no-headers").splitlines()
    assert node.split()[0] == busy.cluster["name"]
    assert int(node.split()[3].removesuffix("Mi")) > 100
    pods = [line.split() for line in _kubectl(busy, "top", "pods", "--no-headers").splitlines()]
    assert all(name.startswith("busy-") for name, _, _ in pods)
    assert max(int(cores.removesuffix("m")) for _, cores, _ in pods) > 25
