"""Control groups that belonged to processes which have ended."""

from __future__ import annotations

import os
import time
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")


def hierarchies(mountinfo: str) -> list[Path]:
    """Mount points of the cgroup file systems, v1 and v2, that `mountinfo` lists."""
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith(("cgroup ", "cgroup2 ")):
            found.append(Path(before.split()[4]))
    return found


def remove(name: str, patience: float = 2.0) -> list[Path]:
    """Remove the groups called `name`, with all below them, from every hierarchy.

    A group is busy for a moment after its last process; what is still busy when `patience`
    seconds are over is returned.
    """
    tops = [root / name for root in hierarchies(MOUNTS.read_text())]
    deadline = time.monotonic() + patience
    while left := [group for top in tops for group in _remove_tree(top)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.05)
    return []


def _remove_tree(top: Path) -> list[Path]:
    left = []
    for folder, _, _ in os.walk(top, topdown=False):
        try:
            Path(folder).rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # it still has processes or a group below
            left.append(Path(folder))
    return left
