"""Progress while a program that says little is at work."""

from __future__ import annotations

from contextlib import AbstractContextManager

from phaseline.tools.heartbeat import heartbeat


def pulse(text: str) -> AbstractContextManager[None]:
    """Say `text` at once, and again with the seconds that went by until the block ends."""
    return heartbeat(lambda seconds: f"{text} ({seconds:.0f} s)" if seconds >= 1 else text)
