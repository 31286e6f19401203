from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.clusters.embedded.readiness import is_late


def pod(phase: str, ready: str = "", **metadata: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}] if ready else []
    return {"metadata": metadata, "status": {"phase": phase, "conditions": conditions}}


@pytest.mark.parametrize(
    ("one", "late"),
    [
        (pod("Running", "True"), False),
        (pod("Running", "False"), True),
        (pod("Running"), True),
        (pod("Running", "False", deletionTimestamp="now"), False),
        (pod("Succeeded", "False"), False),
        (pod("Pending", "False"), False),
    ],
)
def test_which_pods_are_waited_for_after_a_start(one: dict[str, Any], late: bool) -> None:
    assert is_late(one) is late
