"""New pods of the same template."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Reading
from phaseline.operators.ai_operations.planner.targets import targets
from phaseline.operators.ai_operations.plans.model import Restart, RolledOut


def _read(clause: Clause) -> Reading:
    found = targets(clause)
    return Reading(
        f"restart {', '.join(map(str, found))}",
        tuple(Restart(target=one) for one in found),
        tuple(RolledOut(target=one) for one in found),
        about=found[0],
    )


INTENT = Intent(
    name="restart a workload",
    cues={"restart": 3.5, "trouble": -1, "why": -4},
    all_of=(("restart",),),
    none_of=("why",),
    read=_read,
    examples=("restart web", "bounce the api pods"),
)
