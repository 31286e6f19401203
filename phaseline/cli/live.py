"""A run on a terminal: ended steps scroll by, those at work stay at the bottom."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from phaseline.cli.console import Line, lines_of
from phaseline.core.texts import plain
from phaseline.core.times import duration
from phaseline.engine.graph import Step
from phaseline.engine.outcome import Outcome


class LiveScreen:
    """The steps at work, each with what it is doing; see `console.Screen`."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._verbose = verbose
        self._guard = threading.Lock()
        self._working: dict[str, tuple[Step, float, str]] = {}
        self._spinner = Spinner("dots")
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._live.stop()

    def started(self, step: Step, reason: str) -> None:
        """Show the step at the bottom."""
        with self._guard:
            self._working[step.id] = (step, time.monotonic(), reason)

    def progressed(self, step: Step, text: str) -> None:
        """Show what it is doing."""
        with self._guard:
            _, since, _ = self._working.get(step.id, (step, time.monotonic(), ""))
            self._working[step.id] = (step, since, text)

    def ended(self, outcome: Outcome) -> None:
        """Let it scroll by."""
        with self._guard:
            self._working.pop(outcome.step.id, None)
        self.say(lines_of(outcome, verbose=self._verbose))

    def flush(self) -> None:
        """All is shown at once."""

    def say(self, lines: Sequence[Line]) -> None:
        """Print lines that belong together, above those at work."""
        texts = [Text.assemble(*line) for line in lines]
        self._live.console.print(Text("\n").join(texts), soft_wrap=True)

    def _table(self) -> RenderableType:
        with self._guard:
            working = list(self._working.values())
        frame = self._spinner.render(time.monotonic())
        rows = [
            Text.assemble(
                frame if isinstance(frame, Text) else "",
                f" {step.id:<13} {step.title}  ",
                (f"{duration(time.monotonic() - since):>12}  {plain(text)}", "dim"),
                no_wrap=True,
                overflow="ellipsis",
            )
            for step, since, text in working
        ]
        return Group(*rows)
