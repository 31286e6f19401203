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


def make(name: str) -> None:
    """Make the group `name` in every hierarchy; one that exists is kept.

    Where v2 is all there is, its controllers are switched on for the group and below; in v1
    cpuset's processors and memory nodes are copied from the parent, without which nothing may
    enter.
    """
    places = list(_places(name))
    unified = all((place.parent / "cgroup.controllers").exists() for place in places)
    for own in places:
        own.mkdir(exist_ok=True)
        if unified:
            _delegate(own.parent)
            _delegate(own)
        else:
            _inherit(own)


def remove(name: str, patience: float = 2.0) -> list[Path]:
    """Remove the group `name`, with all below it, from every hierarchy.

    A group is busy for a moment after its last process; what is still busy when `patience`
    seconds are over is returned.
    """
    deadline = time.monotonic() + patience
    while left := [group for top in _places(name) for group in _remove_tree(top)]:
        if time.monotonic() > deadline:
            return left
        time.sleep(0.02)
    return []


def _places(name: str) -> Iterator[Path]:
    seen = set()
    for root in hierarchies(MOUNTS.read_text()):
        with suppress(FileNotFoundError):  # covered by another mount
            state = root.stat()
            if (state.st_dev, state.st_ino) not in seen:  # the same one may be mounted twice
                seen.add((state.st_dev, state.st_ino))
                yield root / name.lstrip("/")


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
