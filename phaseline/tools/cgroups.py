"""Control groups of our own, in every hierarchy of v1, in the one of v2, or in both."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")


def hierarchies(mountinfo: str) -> list[Path]:
    """Mount points of the cgroup file systems, v1 and v2, that `mountinfo` lists."""
    found = []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        if after.startswith(("cgroup ", "cgroup2 ")):
            found.append(Path(_unescaped(before.split()[4])))
    return found


def make(name: str, *, processes: bool = False) -> None:
    """Make the group `name` in every hierarchy; one that exists is kept.

    Where v2 is all there is, its controllers are switched on for the group and below; in v1
    cpuset's processors and memory nodes are copied from the parent, without which nothing may
    enter.

    Args:
        processes: it is to hold processes itself, and so, in v2, no groups below.
    """
    found = list(places(name))
    unified = all((place.parent / "cgroup.controllers").exists() for place in found)
    for own in found:
        own.mkdir(exist_ok=True)
        if unified:
            _delegate(own.parent)
            if not processes:
                _delegate(own)
        else:
            _inherit(own)


def remove(name: str, patience: float = 2.0) -> list[Path]:
    """Remove the group `name`, with all below it, from every hierarchy.

    A group is busy for a moment after its last process; what is still busy when `patience`
    seconds are over is returned.
    """
    deadline = time.monotonic() + patience
    while left := [group for top in places(name) for group in _remove_tree(top)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.02)
    return []


def places(name: str) -> Iterator[Path]:
    """Where the group `name` lies, or would, in each hierarchy."""
    seen = set()
    for root in hierarchies(MOUNTS.read_text()):
        with suppress(FileNotFoundError):  # covered by another mount
            state = root.stat()
            if (state.st_dev, state.st_ino) not in seen:  # the same one may be mounted twice
                seen.add((state.st_dev, state.st_ino))
                yield root / name.lstrip("/")


def controllers(mountinfo: str | None = None) -> frozenset[str]:
    """The controllers of the hierarchies that are mounted to be written, v1 and v2."""
    found: set[str] = set()
    for line in (MOUNTS.read_text() if mountinfo is None else mountinfo).splitlines():
        before, _, after = line.partition(" - ")
        place = Path(_unescaped(before.split()[4]))
        if after.startswith(("cgroup ", "cgroup2 ")) and "rw" in before.split()[5].split(","):
            found |= set(after.split()[2].split(","))
            told = place / "cgroup.controllers"
            found |= set(told.read_text().split()) if told.exists() else set()
    return frozenset(found)


def _delegate(group: Path) -> None:
    for controller in (group / "cgroup.controllers").read_text().split():
        with suppress(OSError):  # one that cannot be delegated here is not needed
            (group / "cgroup.subtree_control").write_text(f"+{controller}")


def _inherit(group: Path) -> None:
    for setting in ("cpuset.cpus", "cpuset.mems"):
        if (group / setting).exists():
            (group / setting).write_text((group.parent / setting).read_text())


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


def _unescaped(path: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), path)
