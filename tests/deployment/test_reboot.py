"""All processes end at once: the cluster comes back with its data."""

from __future__ import annotations

import psutil
import pytest

from tests.deployment import application, node
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

_BACK_WITHIN = 30.0


def test_a_machine_that_was_switched_off(deployed: Deployed) -> None:
    todo = application.write(deployed.address, "Outlives a reboot")
    _switch_off(deployed)
    ran = deployed.workspace.must("cluster")
    assert "T021.start" in ran.steps("✓")
    assert application.await_read(deployed.address, todo, _BACK_WITHIN) == "Outlives a reboot"


def test_a_deployment_after_a_reboot(deployed: Deployed) -> None:
    todo = application.write(deployed.address, "Outlives another reboot")
    _switch_off(deployed)
    ran = deployed.workspace.must("deploy-all")
    assert application.address(ran) == deployed.address
    assert application.read(deployed.address, todo) == "Outlives another reboot"
    assert not ran.steps("✓") & {"T007.image", "T007.database", "T008.image", "T014.manifest"}


def _switch_off(deployed: Deployed) -> None:
    """End all our processes at once: with their first ones everything else has to end."""
    holders = [node.holder_of_node(deployed.workspace), node.holder_of_docker()]
    inside = {name for one in holders for name in node.namespaces(one)}
    for one in holders:
        one.kill()
    _, alive = psutil.wait_procs(holders, timeout=10)
    assert not alive
    node.await_empty(inside)


def test_a_node_that_was_stopped(deployed: Deployed) -> None:
    todo = application.write(deployed.address, "Outlives a stop")
    inside = node.namespaces(node.holder_of_node(deployed.workspace))
    deployed.workspace.must("cluster.stop")
    node.await_empty(inside)
    assert deployed.workspace.invoke("cluster.status").code == 1
    ran = deployed.workspace.must("deploy-all")
    assert application.address(ran) == deployed.address
    assert application.read(deployed.address, todo) == "Outlives a stop"
    assert not ran.steps("✓") & {"T007.image", "T007.database", "T008.image", "T014.manifest"}
