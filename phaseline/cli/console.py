"""A run as it is seen: plain lines, or on a terminal a live table (`live.py`)."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from phaseline.core.texts import plain
from phaseline.core.times import duration
from phaseline.engine.log import printed
from phaseline.engine.outcome import Ending, Outcome

if TYPE_CHECKING:
    from phaseline.engine.graph import Step

# Nothing is ever silent for longer than this many seconds.
SILENCE = 4.0
LAST_LINES = 15
# A line as pieces of text, each with its style where there are styles.
Line = tuple[tuple[str, str], ...]
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
    """A watcher with a beginning and an end, that says other lines too."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *fault: object) -> None: ...
    def started(self, step: Step, reason: str) -> None: ...
    def progressed(self, step: Step, text: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...
    def flush(self) -> None: ...
    def say(self, lines: Sequence[Line]) -> None: ...


def screen(*, verbose: bool = False) -> Screen:
    """The live screen for a terminal, the plain one for anything else.

    Args:
        verbose: show what each step's programs printed, together, when it has ended.
    """
    if sys.stdout.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown"):
        from rich.console import Console

        from phaseline.cli.live import LiveScreen

        return LiveScreen(Console(highlight=False), verbose=verbose)
    return PlainScreen(sys.stdout, verbose=verbose)


def line_of(outcome: Outcome) -> Line:
    """How a step ended, in one line."""
    ending = outcome.ending
    mark, style = _MARKS[ending]
    quiet = style if style == "dim" else ""
    word = "unchanged" if ending is Ending.FRESH else ending.value
    told = f"{word}: {outcome.reason}" if outcome.reason else word
    told = outcome.summary if ending is Ending.DONE else told
    took = ending in (Ending.DONE, Ending.FAILED)
    return (
        (f"{mark} ", style),
        (f"{outcome.step.id:<14}", quiet or "bold"),
        (f" {outcome.step.title}", quiet),
        (f"  {told}", "dim"),
        (f"  {duration(outcome.seconds)}" if took else "", "dim"),
    )


def lines_of(outcome: Outcome, *, verbose: bool) -> list[Line]:
    """How a step ended, with what its programs printed: all of it, or the last of a failure."""
    said = _said(outcome, verbose=verbose) if verbose or outcome.ending is Ending.FAILED else ()
    return [line_of(outcome), *(((f"    | {line}", "dim"),) for line in said)]


def _said(outcome: Outcome, *, verbose: bool) -> Sequence[str]:
    said = [plain(line) for line in printed(outcome.log)] if outcome.log else []
    if verbose:
        return said
    known = str(outcome.error)
    last = said[-LAST_LINES:]
    return () if all(line.strip() in known for line in last[-3:]) else last


def report(outcomes: Sequence[Outcome], seconds: float, head: str = "") -> Iterator[Line]:
    """The end of a run: each error in full, what the user should read, the count, the evidence."""
    for outcome in outcomes:
        if outcome.ending is Ending.FAILED and outcome.error:
            yield ((f"\n✗ {outcome.step.id} {outcome.step.title}", "bold red"),)
            yield from (((plain(line), ""),) for line in str(outcome.error).splitlines())
    lines = [line for outcome in outcomes for line in outcome.lines]
    if lines:
        yield (("", ""),)
        yield from (((f"  {line}", "bold"),) for line in lines)
    found = Counter(outcome.ending for outcome in outcomes)
    counts = [f"{found[ending]} {ending}" for ending in Ending if found[ending]]
    yield ((f"\n{', '.join(counts)} in {duration(seconds)}", ""),)
    if head:
        yield ((f"evidence: head {head}", "dim"),)


def _joined(lines: Sequence[Line]) -> str:
    return "\n".join(["".join([text for text, _ in line]) for line in lines])


class PlainScreen:
    """One line for each event, and one after each `silence` seconds in which nothing happens."""

    def __init__(self, stream: TextIO, *, silence: float = SILENCE, verbose: bool = False) -> None:
        self._stream, self._silence, self._verbose = stream, silence, verbose
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
        self._stream.flush()

    def started(self, step: Step, reason: str) -> None:
        """Name the step and why it runs."""
        with self._guard:
            self._working[step.id] = (time.monotonic(), step.title)
            self._print(f"> {step.id:<14} {step.title}  ({reason})")
            self._stream.flush()

    def progressed(self, step: Step, text: str) -> None:
        """Pass on what a step says, at most every other second."""
        with self._guard:
            now = time.monotonic()
            self._working[step.id] = (self._working.get(step.id, (now, ""))[0], text)
            if now - self._said.get(step.id, 0.0) < 2.0:
                return
            self._said[step.id] = now
            self._print(f"  {step.id:<14} {plain(text)}")
            self._stream.flush()

    def ended(self, outcome: Outcome) -> None:
        """Tell how it ended."""
        text = _joined(lines_of(outcome, verbose=self._verbose))
        with self._guard:
            self._working.pop(outcome.step.id, None)
            self._print(text)

    def flush(self) -> None:
        """Show what was told."""
        with self._guard:
            self._stream.flush()

    def say(self, lines: Sequence[Line]) -> None:
        """Print lines that belong together."""
        with self._guard:
            self._print(_joined(lines))
            self._stream.flush()

    def _print(self, text: str) -> None:
        """Write it; who calls holds the guard."""
        self._last = time.monotonic()
        self._stream.write(text + "\n")

    def _watch_silence(self) -> None:
        while not self._over.wait(self._silence / 8):
            with self._guard:
                if time.monotonic() - self._last > self._silence:
                    self._break_silence()
                self._stream.flush()

    def _break_silence(self) -> None:
        for name, (since, text) in self._working.items():
            self._print(f"  {name:<14} {plain(text)} ({duration(time.monotonic() - since)})")
        if not self._working:
            self._print("  comparing with what the last run left")
