"""Carrying out an operation that the API has accepted: in a process of its own, to its end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from phaseline.cli import running
from phaseline.cli.acts import ACTS, Surroundings
from phaseline.core.errors import Interrupted, LockHeld, PhaselineError
from phaseline.core.workspace import Context
from phaseline.engine import operations
from phaseline.engine.evidence import Evidence
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Graph, Step, check
from phaseline.engine.log import StepLog
from phaseline.engine.operations import State, Work
from phaseline.engine.outcome import Ending, Outcome
from phaseline.operators.asked import shown
from phaseline.operators.clusters.node import start
from phaseline.process import journal

PHASE = "api"
PATIENCE = 1800.0  # seconds for which an operation waits for others
_LOOKS_EVERY = 0.3
_DEFECT = {"code": "defect", "what": "this is a defect of phaseline", "why": "", "fix": ""}


class _Told:
    """Makes what is going on events of the operation; nothing twice in a row."""

    def __init__(self, work: Work) -> None:
        self._work, self._last = work, ""

    def started(self, step: Step, reason: str) -> None: ...

    def progressed(self, step: Step, text: str) -> None:
        if text != self._last:
            self._work.tell("progress", text=text)
        self._last = text

    def ended(self, outcome: Outcome) -> None: ...

    def flush(self) -> None: ...


def operate(graph: Graph, context: Context, everything: tuple[str, ...], id: str) -> int:
    """Carry out the operation `id`; 0 when it succeeds, else the exit code of its error.

    Raises:
        InvalidConfiguration: there is none of that ID, or it has ended.
    """
    with operations.taken(context.state, id) as work:
        work.tell("started")
        began, told = time.time(), _Told(work)
        step = check(f"api.{work.request.kind}", "An operation asked for over HTTP", start)
        with StepLog(context.state, running.run_name(datetime.now(UTC)), step, told) as log:
            journal.listen(log)
            around = Surroundings(
                graph=graph,
                context=context,
                everything=everything,
                watcher=told,
                ran=lambda run: work.tell("run", run=run),
            )
            ended = _end(work, lambda: ACTS[work.request.kind](around, _parameters(work)))
        # whoever sees that it has ended finds its evidence
        _keep(context, work, step, log, ended.error, began)
        work.end(ended.state, ended.result, error=ended.error or None)
    if ended.defect:
        raise ended.defect  # into output.log, with its traceback
    return ended.code


def _parameters(work: Work) -> dict[str, Any]:
    return dict(work.request.parameters)


@dataclass(frozen=True, kw_only=True)
class _Ended:
    """What an operation came to; `defect` is what was never to be raised."""

    state: State
    result: Any = None
    error: Mapping[str, str] = field(default_factory=dict)
    code: int = 0
    defect: BaseException | None = None


def _end(work: Work, act: Callable[[], Any]) -> _Ended:
    """Do it to its end, whatever that is."""
    try:
        with _cancellable(work):
            return _Ended(state=State.SUCCEEDED, result=_patiently(work, act))
    except KeyboardInterrupt:
        return _failed(work, Interrupted("it was told to end; what was done is kept"))
    except PhaselineError as fault:
        return _failed(work, fault)
    except BaseException as defect:  # raised again, when it is written down
        return _Ended(state=State.FAILED, error=_DEFECT, code=1, defect=defect)


def _failed(work: Work, error: PhaselineError) -> _Ended:
    state = State.CANCELLED if work.cancelled else State.FAILED
    return _Ended(state=state, error=_plain(error), code=error.exit_code)


def _plain(error: PhaselineError) -> dict[str, str]:
    return {"code": error.code, "what": error.what, "why": error.why, "fix": error.fix}


def _patiently(work: Work, act: Callable[[], Any]) -> Any:
    """Do it; where others are at work, when they have ended."""
    deadline, waits = time.monotonic() + PATIENCE, False
    while True:
        try:
            return act()
        except LockHeld as held:
            if time.monotonic() > deadline:
                raise
            if not waits:
                work.tell("progress", text=f"waits: {held.what}")
            waits = True
            time.sleep(_LOOKS_EVERY)


@contextmanager
def _cancellable(work: Work) -> Iterator[None]:
    """Have Ctrl-C pressed, as it were, when the operation is told to end."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOKS_EVERY):
            if work.cancelled:
                os.kill(os.getpid(), signal.SIGTERM)
                return

    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()
        watch.join()


def _keep(
    context: Context, work: Work, step: Step, log: StepLog, error: Mapping[str, str], began: float
) -> None:
    """Write it into the evidence: who asked for what, and what became of it."""
    request, root = work.request, context.workspace.root
    told = {"id": request.id, "by": request.by, "parameters": shown(request.parameters)}
    execution = Execution(
        run=request.id,
        step=step.id,
        phase=PHASE,
        title=step.title,
        kind=step.kind.value,
        ending=Ending.FAILED.value if error else Ending.DONE.value,
        reason="it was asked for over HTTP",
        summary=error.get("what", "done"),
        key="",
        parts={"request": told},
        outputs={},
        identity={},
        lines=(),
        calls=tuple(log.calls),
        log=str(log.path.relative_to(root)) if log.path else "",
        error=dict(error),
        started=began,
        ended=time.time(),
    )
    Evidence(context.state, root).add([execution])
