"""Back to a template of before."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Reading
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.plans.model import Rollback, RolledOut


def _read(clause: Clause) -> Reading:
    one, revision = target(clause), 0
    marks = clause.sentence.behind("revision", "rev", "number")
    for _, text in clause.sentence.after(marks, str.isdigit):
        revision = int(text)
    to = f"revision {revision}" if revision else "what ran before"
    return Reading(
        f"roll {one} back to {to}",
        (Rollback(target=one, revision=revision),),
        (RolledOut(target=one),),
        about=one,
    )


INTENT = Intent(
    name="roll back a workload",
    cues={"undo": 4, "revision": 2, "why": -4},
    all_of=(("undo", "revision"),),
    read=_read,
    examples=("roll payments back to what ran before", "undo the last rollout of web"),
)
