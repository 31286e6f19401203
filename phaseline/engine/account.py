"""An outcome in full, as events, evidence and reports tell it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from phaseline.core.errors import PhaselineError
from phaseline.engine import freshness, key
from phaseline.engine.execution import Execution
from phaseline.engine.log import StepLog
from phaseline.engine.outcome import Outcome

_NOTHING: Mapping[str, Any] = {
    "key": "",
    "parts": {},
    "outputs": {},
    "identity": {},
    "calls": (),
    "log": "",
}


def execution_of(outcome: Outcome, *, run: str, phase: str, **known: Any) -> Execution:
    """`outcome` as an execution; `known` are the fields that the outcome itself does not tell."""
    now, step = time.time(), outcome.step
    told = {"reason": outcome.reason, "started": now, **_NOTHING, **known}
    return Execution(
        run=run,
        step=step.id,
        phase=phase,
        title=step.title,
        kind=step.kind.value,
        ending=outcome.ending.value,
        summary=outcome.summary,
        lines=outcome.lines,
        error=_told(outcome.error) if outcome.error else {},
        ended=now,
        **told,
    )


def judged(verdict: freshness.Verdict) -> dict[str, Any]:
    """The fields that the verdict on a step gives: why it ran, and what its key was made of."""
    kept = verdict.record if verdict.fresh else None
    digest = kept.key if kept else key.digest(verdict.parts)
    return {"reason": verdict.reason, "key": digest, "parts": verdict.parts}


def logged(log: StepLog, root: Path) -> dict[str, Any]:
    """The fields that a step's log gives."""
    return {"calls": tuple(log.calls), "log": str(log.path.relative_to(root))}


def _told(error: PhaselineError) -> dict[str, str]:
    return {"code": error.code, "what": error.what, "why": error.why, "fix": error.fix}
