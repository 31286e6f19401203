"""How a step of a run ended, and who is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol

from phaseline.core.errors import PhaselineError
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Step


class Ending(StrEnum):
    """How a step can end. Only `done` and `fresh` are good."""

    DONE = "done"
    FRESH = "fresh"
    FAILED = "failed"
    NOT_RUN = "not run"
    INTERRUPTED = "interrupted"
    NOT_BUILT = "not built"
    NOT_APPLICABLE = "not applicable"


BAD = frozenset({Ending.FAILED, Ending.NOT_RUN, Ending.INTERRUPTED})
LEFT_ALONE = frozenset({Ending.FRESH, Ending.NOT_BUILT, Ending.NOT_APPLICABLE})


class Outcome(NamedTuple):
    """How one step ended.

    Attributes:
        reason: why it ran, or why it did not.
        lines: what the user should read when the run is over.
        because: the step whose failure kept this one from running.
        log: its log, if it has worked.
        execution: the same in full; a run gives one to each outcome.
    """

    step: Step
    ending: Ending
    reason: str = ""
    summary: str = ""
    seconds: float = 0.0
    error: PhaselineError | None = None
    lines: tuple[str, ...] = ()
    because: str = ""
    log: Path | None = None
    execution: Execution | None = None


class Watcher(Protocol):
    """Told of a run's events, from several threads."""

    def started(self, step: Step, reason: str) -> None:
        """A step begins to work."""

    def progressed(self, step: Step, text: str) -> None:
        """A step says what it is doing."""

    def ended(self, outcome: Outcome) -> None:
        """A step has ended, however. It need not be seen before `flush`."""

    def flush(self) -> None:
        """What was told is to be seen now."""


@dataclass(frozen=True)
class Watchers:
    """Several that are told the same."""

    all: Sequence[Watcher]

    def started(self, step: Step, reason: str) -> None:
        """Tell them that a step begins to work."""
        for watcher in self.all:
            watcher.started(step, reason)

    def progressed(self, step: Step, text: str) -> None:
        """Tell them what a step is doing."""
        for watcher in self.all:
            watcher.progressed(step, text)

    def ended(self, outcome: Outcome) -> None:
        """Tell them that a step has ended."""
        for watcher in self.all:
            watcher.ended(outcome)

    def flush(self) -> None:
        """Have them show what they were told."""
        for watcher in self.all:
            watcher.flush()
