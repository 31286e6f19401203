from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phaseline.operators.clusters.embedded import upkeep
from phaseline.operators.clusters.embedded.layout import NodeLimits
from phaseline.tools.cgroup_limits import Limits

UP = {"pid": 7, "ready": True, "restarts": 0}
DOWN = {"pid": 0, "ready": False, "restarts": 3}
NOW = datetime(2026, 11, 24, tzinfo=UTC)
MEBI = 2**20


@pytest.mark.parametrize(
    ("phase", "units", "fit", "seen"),
    [
        ("running", {"etcd": UP, "kubelet": UP}, True, "2 are up"),
        (
            "running",
            {"etcd": UP, "kubelet": DOWN},
            False,
            "the node is running; not ready: kubelet: kubelet ended with 1",
        ),
        ("preparing", {}, False, "the node is preparing; not ready: none: kubelet ended with 1"),
        ("down", {}, False, "the node is down"),
    ],
)
def test_processes(phase: str, units: dict[str, Any], fit: bool, seen: str) -> None:
    now = {"phase": phase, "fault": "kubelet ended with 1", "units": units}
    found = upkeep.processes(now)
    assert (found.fit, found.seen) == (fit, seen)
    assert fit or "`invoke cluster." in found.fix


def told(memory: int | None, used: int, weight: int | None = 200) -> Limits:
    return Limits(memory=memory, memory_used=used, weight=weight, processor_seconds=1.0)


@pytest.mark.parametrize(
    ("limits", "fit", "seen"),
    [
        (told(3072 * MEBI, 900 * MEBI), True, "900 of 3072 MiB used, weight 200"),
        (told(3072 * MEBI, 900 * MEBI, 199), True, "900 of 3072 MiB used, weight 199"),
        (told(3072 * MEBI, 3000 * MEBI), False, "3000 of 3072 MiB used, weight 200"),
        (told(None, 900 * MEBI), False, "memory: none, weight: 200"),
        (told(1024 * MEBI, 900 * MEBI), False, "memory: 1024 MiB, weight: 200"),
        (told(3072 * MEBI, 900 * MEBI, None), False, "memory: 3072 MiB, weight: None"),
    ],
)
def test_limits(limits: Limits, fit: bool, seen: str) -> None:
    found = upkeep.limits(NodeLimits(), limits)
    assert (found.fit, found.seen) == (fit, seen)
    assert found.fix


@pytest.mark.parametrize(
    ("days", "fit"), [(364, True), (29, True), (26, True), (24, False), (-1, False)]
)
def test_certificates_that_end(days: int, fit: bool) -> None:
    ends = {
        "pki/ca.crt": NOW + timedelta(days=3650),
        "pki/apiserver.crt": NOW + timedelta(days=days),
        "config/admin.conf": NOW + timedelta(days=400),
    }
    found = upkeep.certificates(ends, NOW)
    assert found.fit is fit
    assert found.seen == f"3; the first to end is pki/apiserver.crt, in {days} days"


def test_an_authority_that_ends_cannot_be_renewed() -> None:
    found = upkeep.certificates({"pki/ca.crt": NOW + timedelta(days=3)}, NOW)
    assert not found.fit
    assert "`invoke cluster.delete`" in found.fix
