"""Whether an embedded node keeps itself up: processes, limits, certificates, its sandbox image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from phaseline.core.errors import PhaselineError
from phaseline.core.finding import Finding
from phaseline.operators.clusters.embedded import renewal, running
from phaseline.operators.clusters.embedded.layout import PAUSE, Layout, NodeLimits
from phaseline.tools import cgroup_limits
from phaseline.tools.cgroup_limits import Limits

# The supervisor renews at thirty days: with fewer than these it has failed to for a while.
OVERDUE = timedelta(days=25)
FULL = 0.95
_RESTART = "`invoke cluster.restart`; what it says of itself is in .phaseline/cluster/logs"


def findings(layout: Layout) -> Iterator[Finding]:
    """All of them; those of a node that is down are but one."""
    now = running.status(layout)
    yield processes(now)
    if now["phase"] == "running":
        yield limits(layout.limits, cgroup_limits.read_limits(layout.own_cgroup))
        yield certificates(renewal.ends(layout.folder), datetime.now(UTC))
        yield _sandbox(layout)


def processes(now: Mapping[str, Any]) -> Finding:
    """Whether each process is up, by what the supervisor says; pure."""
    down = [name for name, unit in now["units"].items() if not unit["ready"]]
    if now["phase"] == "down":
        return Finding("processes", False, "the node is down", "`invoke cluster.start`")
    if now["phase"] != "running" or down:
        told = f": {now['fault']}" if now["fault"] else ""
        seen = f"the node is {now['phase']}; not ready: {', '.join(down) or 'none'}{told}"
        return Finding("processes", False, seen, _RESTART)
    return Finding("processes", True, f"{len(now['units'])} are up")


def limits(wanted: NodeLimits, told: Limits) -> Finding:
    """Whether the node's own processes have the limits of `pipeline.yaml`, and room below; pure."""
    name, memory = "limits of the control plane", wanted.memory_mb * 2**20
    if told.memory != memory or told.weight is None or abs(told.weight - wanted.cpu_weight) > 1:
        have = "none" if told.memory is None else f"{told.memory / 2**20:.0f} MiB"
        seen = f"memory: {have}, weight: {told.weight}"
        return Finding(name, False, seen, "`invoke cluster.start` sets them")
    used = told.memory_used or 0
    seen = f"{used / 2**20:.0f} of {wanted.memory_mb} MiB used, weight {told.weight}"
    fix = "raise cluster.control_plane.memory_mb"
    return Finding(name, used < FULL * memory, seen, fix)


def certificates(ends: Mapping[str, datetime], now: datetime) -> Finding:
    """Whether all of them last a while; pure."""
    first = min(ends, key=lambda name: ends[name])
    left = ends[first] - now
    seen = f"{len(ends)}; the first to end is {first}, in {left.days} days"
    authority = "its authority ends: `invoke cluster.delete`, then `invoke cluster`"
    return Finding(
        "certificates",
        left > OVERDUE,
        seen,
        authority if first in renewal.AUTHORITIES else f"{_RESTART}/upkeep.log",
    )


def _sandbox(layout: Layout) -> Finding:
    """The image that every pod begins with: nothing else has it, so it cannot be pulled."""
    try:
        there = PAUSE in running.containerd(layout).names()
    except PhaselineError as error:
        return Finding("sandbox image", False, error.what, _RESTART)
    return Finding("sandbox image", there, PAUSE if there else "it is gone", _RESTART)
