"""A run as it is seen: a live table on a terminal, plain lines anywhere else."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from phaseline.core.times import duration
from phaseline.engine.graph import Step
from phaseline.engine.outcome import Ending, Outcome

# Nothing is ever silent for longer than this many seconds.
SILENCE = 4.0
_MARKS = {
    Ending.DONE: ("✓", "green"),
    Ending.FRESH: ("=", "cyan"),
    Ending.FAILED: ("✗", "bold red"),
    Ending.NOT_RUN: ("-", "yellow"),
    Ending.INTERRUPTED: ("!", "yellow"),
    Ending.NOT_BUILT: ("·", "dim"),
    Ending.NOT_APPLICABLE: ("·", "dim"),
}


class Screen(Protocol):
    """A watcher with a beginning and an end."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *fault: object) -> None: ...
    def started(self, step: Step, reason: str) -> None: ...
    def progressed(self, step: Step, text: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...


def screen(console: Console) -> Screen:
    """The live screen for a terminal, the plain one for anything else."""
    return LiveScreen(console) if console.is_terminal else PlainScreen(console)


def line_of(outcome: Outcome) -> Text:
    """How a step ended, in one line."""
    mark, style = _MARKS[outcome.ending]
    text = Text(f"{mark} ", style=style)
    text.append(f"{outcome.step.id:<14}", style="bold" if style != "dim" else style)
    text.append(f" {outcome.step.title}", style="" if style != "dim" else style)
    told = {
        Ending.DONE: outcome.summary,
        Ending.FRESH: f"unchanged: {outcome.reason}",
        Ending.NOT_APPLICABLE: f"not applicable: {outcome.reason}",
    }.get(
        outcome.ending, f"{outcome.ending}: {outcome.reason}" if outcome.reason else outcome.ending
    )
    text.append(f"  {told}", style="dim")
    if outcome.ending in (Ending.DONE, Ending.FAILED):
        text.append(f"  {duration(outcome.seconds)}", style="dim")
    return text


def report(console: Console, outcomes: Sequence[Outcome], seconds: float) -> None:
    """The end of a run: each error in full, what the user should read, and the count."""
    for outcome in outcomes:
        if outcome.ending is Ending.FAILED and outcome.error:
            heading = Text(f"\n✗ {outcome.step.id} {outcome.step.title}", style="bold red")
            console.print(heading, soft_wrap=True)
            console.print(Text(str(outcome.error)), soft_wrap=True)
    lines = [line for outcome in outcomes for line in outcome.lines]
    if lines:
        console.print()
    for line in lines:
        console.print(Text(f"  {line}", style="bold"), soft_wrap=True)
    counts = [
        f"{count} {ending}"
        for ending in Ending
        if (count := sum(outcome.ending is ending for outcome in outcomes))
    ]
    console.print(Text(f"\n{', '.join(counts)} in {duration(seconds)}"))


class PlainScreen:
    """One line for each event, and one after each `silence` seconds in which nothing happens."""

    def __init__(self, console: Console, silence: float = SILENCE) -> None:
        self._console, self._silence = console, silence
        self._guard = threading.Lock()
        self._working: dict[str, tuple[float, str]] = {}
        self._said: dict[str, float] = {}
        self._last = time.monotonic()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._pulse = threading.Thread(target=self._watch_silence, daemon=True)
        self._pulse.start()
        return self

    def __exit__(self, *fault: object) -> None:
        self._over.set()
        self._pulse.join()

    def started(self, step: Step, reason: str) -> None:
        """Name the step and why it runs."""
        with self._guard:
            self._working[step.id] = (time.monotonic(), step.title)
        self._print(Text(f"> {step.id:<14} {step.title}  ({reason})"))

    def progressed(self, step: Step, text: str) -> None:
        """Pass on what a step says, at most every other second."""
        with self._guard:
            now = time.monotonic()
            self._working[step.id] = (self._working.get(step.id, (now, ""))[0], text)
            if now - self._said.get(step.id, 0.0) < 2.0:
                return
            self._said[step.id] = now
        plain = Text.from_ansi(text).plain  # programs may colour what they say
        self._print(Text(f"  {step.id:<14} {plain}"))

    def ended(self, outcome: Outcome) -> None:
        """Tell how it ended."""
        with self._guard:
            self._working.pop(outcome.step.id, None)
        self._print(line_of(outcome))

    def _print(self, text: Text) -> None:
        with self._guard:
            self._last = time.monotonic()
            self._console.print(text, soft_wrap=True)

    def _watch_silence(self) -> None:
        while not self._over.wait(self._silence / 8):
            with self._guard:
                quiet = time.monotonic() - self._last > self._silence
                working = dict(self._working) if quiet else {}
            if quiet and not working:
                self._print(Text("  comparing with what the last run left"))
            for name, (since, text) in working.items():
                self._print(Text(f"  {name:<14} {text} ({duration(time.monotonic() - since)})"))


class LiveScreen:
    """Ended steps scroll by; those at work stay at the bottom, each with what it is doing."""

    def __init__(self, console: Console) -> None:
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
        self._live.console.print(line_of(outcome))

    def _table(self) -> RenderableType:
        with self._guard:
            working = list(self._working.values())
        frame = self._spinner.render(time.monotonic())
        rows = [
            Text.assemble(
                frame if isinstance(frame, Text) else "",
                f" {step.id:<13} {step.title}  ",
                (f"{duration(time.monotonic() - since):>12}  {text}", "dim"),
                no_wrap=True,
                overflow="ellipsis",
            )
            for step, since, text in working
        ]
        return Group(*rows)
