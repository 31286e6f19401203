"""How many pods may be missing when nodes are drained."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.containers import workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import made, manifest
from phaseline.operators.ai_operations.planner.targets import target


def _read(clause: Clause) -> Reading:
    one = target(clause)
    number = clause.sentence.numbers[0] if clause.sentence.numbers else None
    if number is None:
        raise Missing("how many pods stay available, or may be missing")
    value: Any = f"{int(number.value)}%" if number.percent else int(number.value)
    missing = clause.sentence.word(
        "unavailable", "missing", "down", "maxunavailable", "most", "max"
    )
    selector = workload_of(clause, one)["spec"]["selector"]
    spec = {"selector": selector, "maxUnavailable" if missing else "minAvailable": value}
    budget = manifest("PodDisruptionBudget", one.name, one.namespace, spec=spec)
    kept = f"at most {value} missing" if missing else f"{value} available"
    return made(budget, f"keep {kept} of {one} when nodes are drained")


INTENT = Intent(
    name="make a disruption budget",
    cues={"budget": 5, "create": 0.5},
    all_of=(("budget",),),
    none_of=("why", "delete", "image"),
    read=_read,
    examples=("create a pod disruption budget for web with at least 2 available",),
)
