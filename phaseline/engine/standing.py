"""How each step stands, by what records and runs tell: nothing is computed, nothing is asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from phaseline.engine import record, runs
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Graph, Kind, Step
from phaseline.engine.record import Record


@dataclass(frozen=True, kw_only=True)
class Stand:
    """One step's last result.

    Attributes:
        state: done, failed, interrupted, running, never, not built, or not applicable.
        when: of its end, or of its beginning while it runs; seconds since the epoch.
        seconds: how long it took.
        reason: why it ran.
    """

    step: Step
    state: str
    when: float | None = None
    seconds: float | None = None
    reason: str = ""
    summary: str = ""
    run: str = ""


def stands(graph: Graph, state: Path, lacks: Callable[[Step], bool]) -> list[Stand]:
    """How each step of `graph` stands, phase by phase.

    Args:
        lacks: whether the application has nothing that a step is about.
    """
    built = {step.id for step in graph.steps.values() if step.kind is not Kind.NOT_BUILT}
    records = record.load_all(state)
    turns, cut = runs.latest(state, built)
    found = []
    for phase in graph.phases.values():
        for step in phase.steps:
            if step.kind is Kind.NOT_BUILT:
                found.append(Stand(step=step, state="not built"))
            elif lacks(step):
                found.append(Stand(step=step, state="not applicable"))
            elif step.id in cut:
                found.append(_cut(step, cut[step.id], at_work(state)))
            else:
                found.append(_last(step, records.get(step.id), turns.get(step.id)))
    return found


def _cut(step: Step, begun: runs.Begun, working: bool) -> Stand:
    state = "running" if working else "interrupted"
    return Stand(step=step, state=state, when=begun.time, reason=begun.reason, run=begun.run)


def _last(step: Step, kept: Record | None, turn: Execution | None) -> Stand:
    """By the run that executed it last; by its record where that run's events are not kept."""
    if turn and not (kept and kept.started > turn.ended):
        return Stand(
            step=step,
            state=turn.ending,
            when=turn.ended,
            seconds=turn.ended - turn.started,
            reason=turn.reason,
            summary=turn.summary,
            run=turn.run,
        )
    if kept:
        return Stand(
            step=step,
            state="done",
            when=kept.started + kept.seconds,
            seconds=kept.seconds,
            summary=kept.summary,
            run=kept.run,
        )
    return Stand(step=step, state="never")


def at_work(state: Path) -> bool:
    """Whether a run holds the workspace; asked without touching the lock, which a run may want."""
    try:
        holder = json.loads((state / "lock").read_text())
        return Path("/proc", str(holder["pid"])).exists()
    except (OSError, ValueError, KeyError, TypeError):
        return False
