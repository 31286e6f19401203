"""Waiting in tests for what another process does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def eventually(condition: Callable[[], object], limit: float = 5.0) -> bool:
    """Whether `condition` becomes true within `limit` seconds."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def runs(pid: int) -> bool:
    """Whether the process is there and not merely waiting to be collected."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def number_in(path: Path, limit: float = 5.0) -> int:
    """The process ID that a program writes to `path`; waits for it."""
    assert eventually(lambda: path.exists() and path.read_text().strip(), limit)
    return int(path.read_text())
