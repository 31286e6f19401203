"""Keeping what steps have done: evidence first, then the record, for many at once.

Killed between the two, a step is done again and has evidence of both; the other way round it would
count as done without any. What ends while the disk is busy waits, and is then written together: one
fsync for all of them. Nobody hears that a step is done before it is kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue

from phaseline.engine import record
from phaseline.engine.execution import Ledger
from phaseline.engine.outcome import Outcome
from phaseline.engine.turn import Turn

Kept = tuple[Turn, Outcome]
_GATHERING = 0.3  # seconds in which more may come, while nobody waits for it: a file system that is
# being synced holds up whoever makes a file


class Keeper:
    """A thread that keeps what it is given, in that order.

    Args:
        state: the state folder, with the records.
        tell: is given each turn once it is kept; how it ended is then a failure if it cannot be.
    """

    def __init__(
        self, state: Path, ledger: Ledger | None, tell: Callable[[list[Kept]], object]
    ) -> None:
        self._state, self._ledger, self._tell = state, ledger, tell
        self._queue: SimpleQueue[Kept | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._awaited = threading.Event()

    def keep(self, turn: Turn, outcome: Outcome) -> None:
        """Keep `turn`, which ended as `outcome` says, soon."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._serve, name="keeper", daemon=True)
            self._thread.start()
        self._queue.put((turn, outcome))

    def hurry(self) -> None:
        """Somebody waits for what is to be kept."""
        self._awaited.set()

    def close(self) -> None:
        """Let the thread end."""
        self._queue.put(None)

    def _serve(self) -> None:
        while first := self._queue.get():
            self._awaited.wait(_GATHERING)
            self._awaited.clear()
            batch = [first]
            while not self._queue.empty() and (more := self._queue.get()):
                batch.append(more)
            self._tell(self._kept(batch))

    def _kept(self, batch: list[Kept]) -> list[Kept]:
        try:
            self._write(batch)
        except Exception as fault:
            if len(batch) > 1:  # one of them is at fault: the others shall not suffer
                return [kept for one in batch for kept in self._kept([one])]
            return [(turn, turn.failed(fault)) for turn, _ in batch]
        return batch

    def _write(self, batch: list[Kept]) -> None:
        if self._ledger:
            self._ledger.add([outcome.execution for _, outcome in batch if outcome.execution])
        if records := [one for turn, outcome in batch if (one := turn.record(outcome))]:
            record.save(self._state, *records)
