"""What of an embedded cluster runs now, told without changing anything."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.tools.ctr import Ctr

# kubelet names a pod's control group by the pod's ID
_POD = re.compile(rb"/pod([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def supervisor(layout: Layout) -> tuple[int, int] | None:
    """The two processes that hold the node: `unshare`, and process 1 of the node below it.

    They are found by the specification that they were started with, so that a start that was cut
    off is found too, and a reused process ID is never taken for them. Each run looks, so it is
    done without psutil, which takes five times as long.
    """
    last = os.fsencode(f"\0{layout.specification}\0")
    names = os.listdir("/proc")  # noqa: PTH208 - names alone
    told = {pid: _read(pid, "cmdline") for pid in names if pid.isdecimal()}
    for pid in [one for one, words in told.items() if words.endswith(last)]:
        parent = _read(pid, "stat").rpartition(b")")[2].split()[1:2]
        outer = parent[0].decode() if parent else ""
        words = told.get(outer, b"")
        if words.endswith(last) and words.partition(b"\0")[0].endswith(b"unshare"):
            return int(outer), int(pid)
    return None


def _read(pid: str, name: str) -> bytes:
    """A file of /proc about a process; empty where it has ended."""
    try:
        return Path("/proc", pid, name).read_bytes()
    except OSError:
        return b""


def status(layout: Layout) -> dict[str, Any]:
    """What the supervisor last said of its units; `phase` is `down` when it is not there."""
    down = {"phase": "down", "fault": "", "units": {}}
    if supervisor(layout) is None:
        return down
    try:
        found: dict[str, Any] = json.loads(layout.status.read_text())
    except (FileNotFoundError, ValueError):
        return down
    return found


def containerd(layout: Layout) -> Ctr:
    """The node's containerd, reached from here through the root of the node's first process.

    Raises:
        CheckFailed: the node is down.
    """
    return Ctr(Path(f"/proc/{node(layout)}/root/run/containerd/containerd.sock"))


def node(layout: Layout) -> int:
    """The node's first process, as this machine numbers it.

    Raises:
        CheckFailed: the node is down.
    """
    found = supervisor(layout)
    if found is None:
        raise CheckFailed("the node is down", fix="run `invoke cluster`")
    return found[1]


def pod_processes() -> dict[str, int]:
    """A process of each pod, those of other nodes here too, by the pod's ID."""
    names = os.listdir("/proc")  # noqa: PTH208 - names alone
    groups = ((pid, _POD.search(_read(pid, "cgroup"))) for pid in names if pid.isdecimal())
    return {pod[1].decode(): int(pid) for pid, pod in groups if pod}


def unit_names(layout: Layout) -> list[str]:
    """The processes that the node is to have."""
    return [unit["name"] for unit in json.loads(layout.specification.read_text())["units"]]


def tail(layout: Layout, name: str) -> str:
    """The last lines of a process's log; "" where it has none."""
    log = layout.logs / f"{name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else ""
