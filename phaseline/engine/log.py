"""A step's log file: every command with its exit code, every line that it printed, in order."""

from __future__ import annotations

import threading
import time
import traceback
from pathlib import Path
from types import TracebackType
from typing import Self

from phaseline.engine.graph import Step
from phaseline.engine.outcome import Watcher
from phaseline.process.command import Completed


class StepLog:
    """A journal that writes `<state>/logs/<run>/<step>.log` and passes progress to the watcher."""

    def __init__(self, state: Path, run: str, step: Step, watcher: Watcher) -> None:
        self.path = state / "logs" / run / f"{step.id}.log"
        self._step, self._watcher = step, watcher
        self._guard = threading.Lock()
        self._started = time.monotonic()

    def __enter__(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.path.open("a", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if fault is not None:
            self._write("!", str(fault))
        self._stream.close()

    def progress(self, text: str) -> None:
        """Pass on what is going on."""
        self._write("·", text)
        self._watcher.progressed(self._step, text)

    def fault(self, error: BaseException) -> None:
        """Keep the traceback of an error that no operator should raise."""
        for line in "".join(traceback.format_exception(error)).splitlines():
            self._write("!", line)

    def line(self, text: str) -> None:
        """Keep one line of a program's output."""
        self._write("|", text)

    def command(self, completed: Completed) -> None:
        """Keep a command with its exit code."""
        self._write("$", f"{completed.command}  → {completed.code} in {completed.seconds:.2f} s")

    def _write(self, mark: str, text: str) -> None:
        with self._guard:
            if not self._stream.closed:  # a reader thread of an ended command may come late
                self._stream.write(f"{time.monotonic() - self._started:8.2f} {mark} {text}\n")
                self._stream.flush()
