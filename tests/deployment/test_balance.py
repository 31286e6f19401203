"""Four replicas share what is asked for."""

from __future__ import annotations

import pytest

from benchmarks.load import spread
from phaseline.core.workspace import Context
from phaseline.core.workspace import Workspace as Checkout
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

REQUESTS = 4000
# Of 4,000 over four pods each gets 1,000, give or take 27: this is more than five times that.
_OF_EVEN = 0.15


def test_4000_requests_over_four_replicas(deployed: Deployed) -> None:
    """Through the page's address, one connection kept: the web server makes a new one for each."""
    deployed.workspace.must("app.scale", "backend", "4")
    context = Context(Checkout(deployed.workspace.root))
    found = spread(context, deployed.address, "todo-app-backend", REQUESTS)
    assert len(found.pods) == 4
    # probes are counted, too
    assert REQUESTS <= sum(found.pods.values()) < 1.1 * REQUESTS
    assert found.worst < _OF_EVEN, found


def test_it_is_measured_and_told(deployed: Deployed) -> None:
    deployed.workspace.must("app.scale", "backend", "4")
    (row,) = [one for one in deployed.workspace.json("app.check") if one["check"] == "balance"]
    assert row["state"] == "ok"
    assert "todo-app-backend over 4 pods" in row["seen"]
    deployed.workspace.must("app.scale", "backend", "1")
    (row,) = [one for one in deployed.workspace.json("app.check") if one["check"] == "balance"]
    assert "nothing to spread" in row["seen"]
