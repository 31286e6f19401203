"""Services are found by their names, as the application's pods find them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.deployment import node
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e


def test_names_are_looked_up_in_a_pod(deployed: Deployed) -> None:
    row = _checked(deployed)
    assert row["state"] == "ok"
    assert "asked in pod todo-app-" in row["seen"]


def test_a_dns_that_answers_no_pod_is_told(deployed: Deployed) -> None:
    dns = node.process(deployed.workspace, "coredns")
    dns.suspend()
    try:
        row = _checked(deployed)
    finally:
        dns.resume()
    assert row["state"] == "not ok"
    assert "answers no pod" in row["seen"]
    assert _checked(deployed)["state"] == "ok"


def _checked(deployed: Deployed) -> dict[str, Any]:
    rows: list[dict[str, Any]] = deployed.workspace.json("app.check")
    (row,) = (one for one in rows if one["check"] == "discovery")
    return row
