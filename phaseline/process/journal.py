"""Where a step's commands and progress go while it runs. The engine listens; others just speak."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

from phaseline.process import groups

if TYPE_CHECKING:
    from phaseline.process.command import Completed


class Journal(Protocol):
    """What listens to one step."""

    def progress(self, text: str) -> None:
        """A short sentence on what is going on now."""

    def line(self, text: str) -> None:
        """A line that an external program printed, already masked."""

    def command(self, completed: Completed) -> None:
        """A command has ended."""


class _Silent:
    def progress(self, text: str) -> None: ...
    def line(self, text: str) -> None: ...
    def command(self, completed: Completed) -> None: ...


_SILENT = _Silent()
_current: ContextVar[Journal | None] = ContextVar("journal", default=None)


def current() -> Journal:
    """The journal of the step that runs in this thread; a silent one outside of steps."""
    return _current.get() or _SILENT


def listen(journal: Journal) -> None:
    """Make `journal` the one of this thread's context."""
    _current.set(journal)


def progress(text: str) -> None:
    """Say what is going on now, for whoever watches.

    Raises:
        Interrupted: the run is being stopped; so a wait that speaks need not ask for it.
    """
    groups.pause(0.0)
    current().progress(text)
