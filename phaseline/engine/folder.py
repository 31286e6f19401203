"""What a run leaves in `.phaseline/runs/<run>/`, beside the logs of its steps.

`events.jsonl` grows while the run goes on. `junit.xml` and `run.json` are written at its end,
however it ended; only one that was killed has none.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Self

from phaseline.core.files import write_atomic, write_json
from phaseline.core.workspace import Context
from phaseline.engine import junit, log
from phaseline.engine.events import Events
from phaseline.engine.graph import Graph, Step
from phaseline.engine.outcome import Outcome

VERSION = 1


class RunFolder:
    """A watcher that writes the events of one run, and at its end what it came to.

    Args:
        command: as it was called; phases: those that were asked for.
        echo: is given each line of the events too, as text.
    """

    def __init__(
        self,
        graph: Graph,
        context: Context,
        run: str,
        *,
        command: str,
        phases: list[str],
        echo: Callable[[str], object] | None = None,
    ) -> None:
        self.path = log.folder(context.state, run)
        self.run = run
        self._graph, self._command, self._phases = graph, command, phases
        self._echo = echo
        self._outcomes: list[Outcome] = []

    def __enter__(self) -> Self:
        self._began = time.time()
        self.path.mkdir(parents=True, exist_ok=True)
        self._stream = (self.path / "events.jsonl").open("ab")
        self._events = Events(self.run, self._graph, self._write)
        self._events.run_started(self._command, self._phases)
        self.flush()
        return self

    def __exit__(self, *fault: object) -> None:
        self._stream.close()

    def _write(self, line: bytes) -> None:
        self._stream.write(line)
        if self._echo:
            self._echo(line.decode())

    def started(self, step: Step, reason: str) -> None:
        """A step begins to work."""
        self._events.started(step, reason)
        self.flush()

    def progressed(self, step: Step, text: str) -> None:
        """A step says what it is doing."""
        self._events.progressed(step, text)
        self.flush()

    def ended(self, outcome: Outcome) -> None:
        """A step has ended, however."""
        self._outcomes.append(outcome)
        self._events.ended(outcome)

    def flush(self) -> None:
        """Write what was told."""
        self._stream.flush()

    def close(self, code: int, head: str) -> float:
        """Write what the run came to; returns how many seconds it took.

        Args:
            code: its exit code; head: of the evidence.
        """
        seconds = time.time() - self._began
        write_atomic(self.path / "junit.xml", junit.document(self._graph, self._outcomes))
        write_json(
            self.path / "run.json",
            {
                "version": VERSION,
                "id": self.run,
                "command": self._command,
                "phases": self._phases,
                "started": self._began,
                "seconds": seconds,
                "code": code,
                "head": head,
                "counts": counts(self._outcomes),
            },
        )
        self._events.run_ended(code, seconds, head)
        self.flush()
        return seconds


def counts(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """How many steps ended in each way."""
    return dict(Counter(outcome.ending for outcome in outcomes))
