"""What of an embedded cluster runs now, told without changing anything."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from phaseline.core.errors import CheckFailed
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.tools.ctr import Ctr

# kubelet names a pod's control group by the pod's ID
_POD = re.compile(r"/pod([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")


def supervisor(layout: Layout) -> tuple[psutil.Process, psutil.Process] | None:
    """The two processes that hold the node: `unshare`, and process 1 of the node below it.

    They are found by the specification that they were started with, so that a start that was cut
    off is found too, and a reused process ID is never taken for them.
    """
    wanted = str(layout.specification)
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if words[-1:] == [wanted] and words[0].endswith("unshare"):
            with suppress(psutil.NoSuchProcess):
                children = process.children()
                if children:
                    return process, children[0]
    return None


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
    return Ctr(Path(f"/proc/{node(layout).pid}/root/run/containerd/containerd.sock"))


def node(layout: Layout) -> psutil.Process:
    """The node's first process.

    Raises:
        CheckFailed: the node is down.
    """
    found = supervisor(layout)
    if found is None:
        raise CheckFailed("the node is down", fix="run `invoke cluster`")
    return found[1]


def pod_processes(layout: Layout) -> dict[str, int]:
    """A process of each pod on the node, as this machine numbers it, by the pod's ID."""
    found = {}
    for one in node(layout).children(recursive=True):
        with suppress(OSError):  # it has ended since it was listed
            pod = _POD.search(Path(f"/proc/{one.pid}/cgroup").read_text())
            if pod:
                found[pod[1]] = one.pid
    return found


def unit_names(layout: Layout) -> list[str]:
    """The processes that the node is to have."""
    return [unit["name"] for unit in json.loads(layout.specification.read_text())["units"]]


def tail(layout: Layout, name: str) -> str:
    """The last lines of a process's log; "" where it has none."""
    log = layout.logs / f"{name}.log"
    return "\n".join(log.read_text(errors="replace").splitlines()[-8:]) if log.exists() else ""
