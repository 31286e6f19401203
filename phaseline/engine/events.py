"""What happens in a run, as JSON lines: `events.jsonl` in the run's folder, or standard output.

Each line is one object with `version`, `event`, `time` (seconds since the epoch) and `run`:

- `run-started`: `command`, `phases`.
- `step-started`: `step`, `phase`, `title`, `reason`.
- `progress`: `step`, `text`.
- `step-ended`: the fields of `execution.Execution` except `parts`, which are long.
- `run-ended`: `code`, `seconds`, `head` of the evidence. A run that was killed has none.

On standard output `--watch` adds `watch`, between runs and therefore without `run`: with `files`,
how many it waits for, or `saved`, those that were, or `error`, or `restart`: code that was saved.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from phaseline.core import fast_json
from phaseline.engine.graph import Graph, Step
from phaseline.engine.outcome import Outcome

VERSION = 1


class Events:
    """Gives each event, as one line, to `write`, one after the other."""

    def __init__(self, run: str, graph: Graph, write: Callable[[bytes], object]) -> None:
        self._run, self._graph, self._write = run, graph, write
        self._guard = threading.Lock()

    def run_started(self, command: str, phases: list[str]) -> None:
        """The run begins."""
        self._tell("run-started", command=command, phases=phases)

    def run_ended(self, code: int, seconds: float, head: str) -> None:
        """The run is over."""
        self._tell("run-ended", code=code, seconds=seconds, head=head)

    def started(self, step: Step, reason: str) -> None:
        """A step begins to work."""
        phase = self._graph.phase_of[step.id].name
        self._tell("step-started", step=step.id, phase=phase, title=step.title, reason=reason)

    def progressed(self, step: Step, text: str) -> None:
        """A step says what it is doing."""
        self._tell("progress", step=step.id, text=text)

    def ended(self, outcome: Outcome) -> None:
        """A step has ended, however."""
        execution = outcome.execution
        assert execution
        told = execution._asdict()
        del told["parts"]
        if execution.calls:
            told["calls"] = [vars(call) for call in execution.calls]
        self._write_event("step-ended", told)

    def _tell(self, event: str, **told: Any) -> None:
        self._write_event(event, told)

    def _write_event(self, event: str, told: dict[str, Any]) -> None:
        head = {"version": VERSION, "event": event, "time": time.time(), "run": self._run}
        line = fast_json.dumps({**head, **told}) + b"\n"
        with self._guard:
            self._write(line)
