"""What is wrong, and putting it right: handed to the diagnosis."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from phaseline.operators.ai_operations.causes import SURE, Cause, Diagnose
from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.targets import ALIASES, mentioned, target
from phaseline.operators.ai_operations.planner.world import ALIKE, WORKLOADS
from phaseline.operators.ai_operations.plans.collision import collide
from phaseline.operators.ai_operations.plans.model import ObjectReference

_KINDS = (
    *WORKLOADS, "Pod", "Service", "Job", "CronJob", "PersistentVolumeClaim", "Ingress",
    "HorizontalPodAutoscaler",
)  # fmt: skip
_DIAGNOSIS = "phaseline.operators.ai_operations.diagnosis"
_ASKING = ("why", "what", "how", "which", "is", "explain", "diagnose")


def _read(clause: Clause) -> Reading:
    sure = _meant(clause)
    if len(sure) > 1:  # one that cannot reach another, or has a Service of its own name
        return diagnosed(clause, sure, repair=wants_repair(clause))
    try:
        return diagnosed(clause, [target(clause, _KINDS)], repair=wants_repair(clause))
    except Missing:
        return diagnosed(clause, [], repair=wants_repair(clause))


def _meant(clause: Clause) -> list[ObjectReference]:
    """What is named for certain; of a name that several objects have, the kind that was said."""
    said = {ALIASES[one.low] for one in clause.sentence.tokens if one.low in ALIASES}
    places: dict[int, list[ObjectReference]] = {}
    for one in mentioned(clause, _KINDS):
        if one.sure >= ALIKE:
            places.setdefault(one.place, []).append(one.target)
    found: list[ObjectReference] = []
    for _, listed in sorted(places.items()):
        found += [one for one in listed if one.kind in said] or listed
    return list(dict.fromkeys(found))


def wants_repair(clause: Clause) -> bool:
    """Whether it is to be put right: it is asked for, or the words complain and ask nothing."""
    if clause.sentence.has("fix"):
        return True
    first = clause.sentence.tokens[0].low if clause.sentence.tokens else ""
    return not clause.sentence.has("why", "explain") and first not in _ASKING


def diagnosed(clause: Clause, targets: Sequence[ObjectReference], *, repair: bool) -> Reading:
    """The causes by rank; with `repair`, the fixes of those that are certain enough.

    Raises:
        NotUnderstood: there is something to repair, and no cause is known for sure.
    """
    diagnose: Diagnose = import_module(_DIAGNOSIS).diagnose
    one = targets[0] if targets else None
    space = one.namespace if one else clause.namespace
    asked: list[ObjectReference | None] = [*targets] or [None]
    found = [cause for t in asked for cause in diagnose(clause.world.view, space, t)]
    causes = list({(str(cause.target), cause.what): cause for cause in found}.values())
    about = ", ".join(map(str, targets)) or f"the namespace {space}"
    told = tuple(line for number, cause in enumerate(causes, 1) for line in _lines(number, cause))
    if not causes:
        return Reading(f"{about}: nothing is wrong", explanation=("no cause was found",), about=one)
    fixes = _fixes(causes) if repair else []
    if repair and not fixes:
        advice = "; ".join(cause.advice for cause in causes if cause.advice)
        raise NotUnderstood(
            f"{about}: {causes[0].what}, and how it was meant to be is not known",
            why="\n".join(told),
            fix=advice,
        )
    says = f"{about}: {causes[0].what}" + ("; put it right" if fixes else "")
    return Reading(
        says,
        tuple(operation for cause in fixes for operation in cause.operations),
        tuple(wish for cause in fixes for wish in cause.wishes),
        told,
        about=one,
    )


def _fixes(causes: list[Cause]) -> list[Cause]:
    """The certain ones; of two that change the same field, the one of higher rank."""
    chosen: list[Cause] = []
    for cause in causes:
        if cause.operations and cause.confidence >= SURE:
            taken = [o for other in chosen for o in other.operations]
            if not any(collide(one, other) for one in cause.operations for other in taken):
                chosen.append(cause)
    return chosen


def _lines(number: int, cause: Cause) -> list[str]:
    lines = [f"{number}. {cause.target}: {cause.what} ({cause.confidence:.0%}, {cause.code})"]
    lines += [f"   {line}" for line in cause.evidence]
    return lines + ([f"   advice: {cause.advice}"] if cause.advice else [])


INTENT = Intent(
    name="find what is wrong, and put it right",
    cues={"why": 3.5, "fix": 3, "trouble": 2.5, "create": -0.5, "delete": -0.5},
    all_of=(("why", "fix", "trouble"),),
    none_of=(),
    read=_read,
    examples=("why is web failing?", "checkout is down, fix it"),
)
