"""Logs that do not grow without end. Nothing but the standard library: the supervisor uses it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def rotate(log: Path, most: int) -> bool:
    """Empty a log of more than `most` bytes; its end, of at most as many, becomes `<name>.1`.

    It is emptied where it is: its writers keep it open, and append. What they write between the
    copy and the emptying is lost. Returns whether it was emptied.
    """
    try:
        size = log.stat().st_size
    except OSError:
        return False
    if size <= most:
        return False
    with suppress(OSError):  # on a full disk it is emptied all the same
        _keep_end(log, size - most, most)
    with suppress(OSError):
        os.truncate(log, 0)
    return True


def _keep_end(log: Path, start: int, count: int) -> None:
    draft = log.with_name(f"{log.name}.new")
    with log.open("rb") as source, draft.open("wb") as target:
        draft.chmod(0o600)
        source.seek(start)
        target.write(source.read(count))
    draft.replace(log.with_name(f"{log.name}.1"))
