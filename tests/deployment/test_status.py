"""What the cluster says of itself, its quota, its upkeep: on the deployed application."""

from __future__ import annotations

import json
import signal
import ssl
import time
from datetime import timedelta
from typing import Any

import pytest

from phaseline.core.workspace import Context
from phaseline.core.workspace import Workspace as Checkout
from phaseline.operators.clusters import access
from phaseline.operators.clusters.embedded import renewal
from tests.contract.test_renewal import shorten
from tests.deployment import application, node
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

CHECKS = {
    *("processes", "limits of the control plane", "certificates", "sandbox image"),
    *("API server livez", "API server readyz", "etcd-0", "scheduler", "controller-manager"),
    *("clock of the API server", "scheduling", "storage class", "volumes", "DNS"),
    *("ResourceQuota of todo-app", "LimitRange of todo-app", "room in the quota"),
}


def status(deployed: Deployed) -> tuple[int, dict[str, Any]]:
    ran = deployed.workspace.invoke("cluster.status", "--json")
    found: dict[str, Any] = json.loads(ran.text)
    return ran.code, found


def test_a_cluster_that_is_well_says_so_and_what_it_uses(deployed: Deployed) -> None:
    code, told = status(deployed)
    faults = [row for row in told["checks"] if row["state"] != "ok"]
    assert (code, told["well"], faults) == (0, True, [])
    names = {row["check"] for row in told["checks"]}
    assert names >= CHECKS
    assert any(name.startswith("DNS inside ") for name in names)
    (one,) = told["nodes"]
    assert 0 < one["requests"]["cpu"] < one["allocatable"]["cpu"]
    assert one["memory"] > 0
    space = _space(deployed)
    assert space["pods"] >= 3
    assert space["limits"]["memory"] > space["requests"]["memory"]


def _space(deployed: Deployed) -> dict[str, Any]:
    """The application's namespace, when kubelet has measured its new pods."""
    deadline = time.monotonic() + 60
    while True:
        _, told = status(deployed)
        found: dict[str, Any] = next(x for x in told["namespaces"] if x["name"] == "todo-app")
        if found["memory"]:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(1)


def test_a_quota_that_somebody_removed_is_told_and_set_again(deployed: Deployed) -> None:
    name = ("resourcequota", "phaseline", "-n", "todo-app")
    application.kubectl(deployed.workspace, "delete", *name)
    code, told = status(deployed)
    (fault,) = [row for row in told["checks"] if row["state"] != "ok"]
    assert (code, fault["check"]) == (1, "ResourceQuota of todo-app")
    assert fault["seen"] == "it is not set"
    assert "T024.quota" in deployed.workspace.must("cluster").steps("✓")
    assert "requests.cpu" in application.kubectl(deployed.workspace, "get", *name, "-o", "json")
    assert status(deployed)[0] == 0


def test_certificates_are_renewed_while_the_application_serves(deployed: Deployed) -> None:
    layout = access.embedded(Context(Checkout(deployed.workspace.root)))
    todo = application.write(deployed.address, "Outlives a renewal")
    before = _certificate(layout.state.node_address)
    shorten(layout, timedelta(days=3))
    holder = node.holder_of_node(deployed.workspace)
    holder.children()[0].send_signal(signal.SIGHUP)  # now, not twice a day
    deadline = time.monotonic() + 60
    while renewal.due(layout.folder) or _certificate(layout.state.node_address) == before:
        assert application.read(deployed.address, todo) == "Outlives a renewal"
        assert time.monotonic() < deadline
        time.sleep(0.2)
    node.await_well(deployed.workspace, deployed.address, 30)
    assert application.kubectl(deployed.workspace, "get", "nodes", "-o", "name")
    assert status(deployed)[0] == 0


def _certificate(address: str) -> str:
    try:
        return ssl.get_server_certificate((address, 6443), timeout=2)
    except OSError:  # it starts again
        return ""
