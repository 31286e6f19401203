"""A step's log file: every command with its exit code, every line that it printed, in order."""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from phaseline.engine.execution import Call
from phaseline.engine.graph import Step
from phaseline.engine.outcome import Watcher

if TYPE_CHECKING:
    from phaseline.process.command import Completed

_MARK, _TEXT = 9, 11  # columns: seconds, a mark, the text


def folder(state: Path, run: str) -> Path:
    """Where a run's logs, events and results lie."""
    return state / "runs" / run


def printed(log: Path) -> list[str]:
    """The lines that programs printed, of the log of one step."""
    with suppress(FileNotFoundError):
        lines = log.read_text(encoding="utf-8").splitlines()
        return [line[_TEXT:] for line in lines if line[_MARK : _MARK + 1] == "|"]
    return []


class StepLog:
    """A journal that writes `<step>.log` and passes progress to the watcher.

    A step that says nothing, and runs no command, has no such file: making one takes longer than a
    small step.

    Attributes:
        path: of the file; None as long as there is none.
        calls: the commands that have ended.
        last: the last thing that the step, or a program of it, has said.
    """

    def __init__(self, state: Path, run: str, step: Step, watcher: Watcher) -> None:
        self.path: Path | None = None
        self.calls: list[Call] = []
        self.last = ""
        self._state, self._run, self._step, self._watcher = state, run, step, watcher
        self._stream: TextIO | None = None
        self._closed = False
        self._guard = threading.Lock()
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if fault is not None:
            self._write("!", str(fault))
        self.close()

    def close(self) -> None:
        """What comes after this is not kept."""
        with self._guard:
            self._closed = True
            if self._stream:
                self._stream.close()

    def progress(self, text: str) -> None:
        """Pass on what is going on."""
        self.last = text
        self._write("·", text)
        self._watcher.progressed(self._step, text)

    def fault(self, error: BaseException) -> None:
        """Keep the traceback of an error that no operator should raise."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self._write("!", line)

    def line(self, text: str) -> None:
        """Keep one line of a program's output."""
        self.last = text
        self._write("|", text)

    def command(self, completed: Completed) -> None:
        """Keep a command with its exit code."""
        self.calls.append(
            Call(command=str(completed.command), code=completed.code, seconds=completed.seconds)
        )
        self._write("$", f"{completed.command}  → {completed.code} in {completed.seconds:.2f} s")

    def _write(self, mark: str, text: str) -> None:
        with self._guard:
            if self._closed:  # a reader thread of an ended command may come late
                return
            stream = self._stream or self._open()
            stream.write(f"{min(time.monotonic() - self._started, 99999.99):8.2f} {mark} {text}\n")
            stream.flush()

    def _open(self) -> TextIO:
        self.path = folder(self._state, self._run) / f"{self._step.id}.log"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.path.open("a", encoding="utf-8")
        return self._stream
