"""Two workspaces on one machine: neither notices the other."""

from __future__ import annotations

import pytest

from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def second(second_workspace: Workspace) -> Deployed:
    return Deployed.make(second_workspace)


def test_each_has_what_was_written_to_it(deployed: Deployed, second: Deployed) -> None:
    assert deployed.workspace.cluster["link"] != second.workspace.cluster["link"]
    assert deployed.address != second.address
    here = application.write(deployed.address, "In the first")
    there = application.write(second.address, "In the second")
    assert application.read(deployed.address, here) == "In the first"
    assert application.read(second.address, there) == "In the second"
    with pytest.raises(AssertionError, match="404"):
        application.read(second.address, here)


def test_one_outlives_the_other(deployed: Deployed, second: Deployed) -> None:
    todo = application.write(deployed.address, "Alone again")
    second.workspace.must("teardown")
    assert application.read(deployed.address, todo) == "Alone again"
    ran = deployed.workspace.must("deploy-all")
    assert ran.steps("✓") == set()
