"""Whether a step must run, and why: the same answer for a run and for `invoke plan`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from phaseline.core.errors import PhaselineError
from phaseline.core.report import Standing
from phaseline.core.workspace import Context
from phaseline.engine import key, paths, record
from phaseline.engine.graph import Graph, Step


class Verdict(NamedTuple):
    """A step's state.

    Attributes:
        fresh: its effect stands, nothing it depends on has changed.
        reason: what was found changed or missing; what was checked, when fresh.
        parts: the parts of its key now.
    """

    fresh: bool
    reason: str
    parts: key.Parts
    record: record.Record | None = None


def context_of(step: Step, context: Context) -> Context:
    """The context that `step` is given: the workspace and the components of its role."""
    return context.of_role(step.role)


def upstream(step: Step, graph: Graph, context: Context) -> Mapping[str, str]:
    """What the steps that `step` needs have left behind."""
    effects = {}
    for name in sorted(step.needs):
        kept = record.load(context.state, name)
        effects[name] = kept.effect(graph.steps[name]) if kept else "never made"
    return effects


def judge(
    step: Step, graph: Graph, context: Context, *, probe: bool = True, keyed: bool = True
) -> Verdict:
    """Compare the key, the outputs, and (with `probe`) the live world with the record.

    Args:
        keyed: False leaves `parts` out where there is no record to compare them with.
    """
    own = context_of(step, context)
    kept = record.load(context.state, step.id)
    if kept is None and not keyed:
        return Verdict(False, "never made", {})
    parts = key.parts(step, own, upstream(step, graph, context))
    if kept is None:
        return Verdict(False, "never made", parts)
    if kept.parts != parts:
        return Verdict(False, key.changed(kept.parts, parts), parts, kept)
    if spoilt := _spoilt(step, own, kept):
        return Verdict(False, spoilt, parts, kept)
    if probe and (standing := ask(step, own)):
        altered = _altered(kept.identity, standing.identity)
        return Verdict(standing.stands and not altered, altered or standing.seen, parts, kept)
    return Verdict(True, "nothing it depends on has changed", parts, kept)


def glance(step: Step, graph: Graph, context: Context) -> Verdict | None:
    """`judge` for a step without a probe; None for a fault: it is met again in the step's turn."""
    try:
        return judge(step, graph, context)
    except Exception:
        return None


def _spoilt(step: Step, own: Context, kept: record.Record) -> str:
    now = paths.digests(step.outputs, own)
    if now == kept.outputs:
        return ""
    for name in sorted(now.keys() | kept.outputs.keys()):
        found, made = now.get(name, paths.ABSENT), kept.outputs.get(name)
        if found != made:
            return f"its output {name} {'is gone' if found == paths.ABSENT else 'was altered'}"
    return ""


def _altered(left: Mapping[str, str], now: Mapping[str, str]) -> str:
    """What is not as the step left it; empty when all is."""
    names = [name for name in sorted(now) if left.get(name) != now[name]]
    return f"{', '.join(names[:3])}: altered since" if names else ""


def ask(step: Step, own: Context) -> Standing | None:
    """What the live world says of `step`, given its own context; None if it has no probe."""
    try:
        return step.probe(own) if step.probe else None
    except PhaselineError as error:
        return Standing(False, error.what)
