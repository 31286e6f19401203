"""How a step ended, in full, as events, evidence and reports tell it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from phaseline.core.errors import PhaselineError
from phaseline.engine import freshness, key
from phaseline.engine.execution import NOTHING, Execution
from phaseline.engine.graph import Step
from phaseline.engine.log import StepLog
from phaseline.engine.outcome import Ending, Outcome


def tell(
    step: Step,
    ending: Ending,
    *,
    run: str,
    phase: str,
    root: Path,
    reason: str = "",
    because: str = "",
    started: float | None = None,
    summary: str = "",
    lines: tuple[str, ...] = (),
    error: PhaselineError | None = None,
    verdict: freshness.Verdict | None = None,
    log: StepLog | None = None,
    outputs: Mapping[str, str] = NOTHING,
    identity: Mapping[str, str] = NOTHING,
    projection: Mapping[str, str] = NOTHING,
) -> Outcome:
    """An outcome with its execution; see both for what the arguments are.

    Args:
        root: the checkout; started: seconds since the epoch, by default now.
        verdict: on the step, if it was judged; log: what it has said, if it has worked.
    """
    ended = time.time()
    started = ended if started is None else started
    execution = Execution(
        run=run,
        step=step.id,
        phase=phase,
        title=step.title,
        kind=step.kind,
        ending=ending,
        reason=verdict.reason if verdict else reason,
        summary=summary,
        key=_key(verdict) if verdict else "",
        parts=verdict.parts if verdict else NOTHING,
        outputs=outputs,
        identity=identity,
        lines=lines,
        calls=tuple(log.calls) if log else (),
        log=str(log.path.relative_to(root)) if log and log.path else "",
        error=_told(error) if error else NOTHING,
        started=started,
        ended=ended,
        projection=projection,
    )
    return Outcome(
        step=step,
        ending=ending,
        reason=reason,
        summary=summary,
        seconds=ended - started,
        error=error,
        lines=lines,
        because=because,
        log=log.path if log else None,
        execution=execution,
    )


def _key(verdict: freshness.Verdict) -> str:
    kept = verdict.record if verdict.fresh else None
    return kept.key if kept else key.digest(verdict.parts)


def _told(error: PhaselineError) -> dict[str, str]:
    return {"code": error.code, "what": error.what, "why": error.why, "fix": error.fix}
