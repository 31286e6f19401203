"""The node's cgroup, in every hierarchy of v1 or in the one of v2."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")


def version() -> int:
    """2 where the unified hierarchy holds the controllers, else 1."""
    return 2 if (_ROOT / "cgroup.controllers").exists() else 1


def hierarchies() -> list[Path]:
    """The mounted hierarchies: one for v2; for v1 each that has a controller, links left out."""
    if version() == 2:
        return [_ROOT]
    return [p for p in sorted(_ROOT.iterdir()) if p.is_dir() and not p.is_symlink()]


def make(name: str) -> None:
    """Make the cgroup `name` (a path that begins with /) in every hierarchy.

    In v2 the controllers are switched on for it and below; in v1 cpuset's processors and memory
    nodes are copied from the parent, without which nothing may enter.
    """
    for hierarchy in hierarchies():
        own = hierarchy / name.lstrip("/")
        own.mkdir(exist_ok=True)
        if version() == 2:
            _delegate(hierarchy)
            _delegate(own)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if version() == 1 and (own / setting).exists():
                (own / setting).write_text((hierarchy / setting).read_text())


def _delegate(cgroup: Path) -> None:
    for controller in (cgroup / "cgroup.controllers").read_text().split():
        with suppress(OSError):  # one that cannot be delegated here is not needed
            (cgroup / "cgroup.subtree_control").write_text(f"+{controller}")


def remove(name: str, *, patience: float = 2.0) -> None:
    """Remove the cgroup `name` and all below it; their processes must have ended.

    A cgroup stays busy for a moment after its last process, so it is tried again for `patience`
    seconds.
    """
    deadline = time.monotonic() + patience
    for cgroup in _deepest_first(name):
        while cgroup.exists():
            try:
                cgroup.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)


def _deepest_first(name: str) -> Iterator[Path]:
    for hierarchy in hierarchies():
        own = hierarchy / name.lstrip("/")
        if own.is_dir():
            yield from sorted((p for p in own.rglob("*") if p.is_dir()), reverse=True)
            yield own
