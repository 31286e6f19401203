"""What a diagnosis answers: causes by rank, each with its evidence and a fix that repairs it.

The diagnosis is `phaseline.operators.ai_operations.diagnosis.diagnose(view, namespace, target)`:
it looks through `view` only, changes nothing, and gives the most likely cause first; none where
all is well. `target` is a workload, Pod, Service or other object that the words named; None means
whatever is unwell in the namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from phaseline.operators.ai_operations.plans.model import ObjectReference, Operation, Wish
from phaseline.operators.ai_operations.view import ClusterView


class Cause(BaseModel):
    """One root cause.

    Attributes:
        code: short and stable, such as `probe-port`.
        target: the object to repair; what: one sentence; evidence: what shows it, quoted as data.
        confidence: 0 to 1; a fix is applied unasked-for only from `SURE` up.
        operations, wishes: the repair of the cause, not of its symptom; none where nobody can know
            what was meant, and then `advice` says what to decide.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    code: str
    target: ObjectReference
    what: str
    evidence: tuple[str, ...] = ()
    confidence: Annotated[float, Field(ge=0, le=1)]
    operations: tuple[Operation, ...] = ()
    wishes: tuple[Wish, ...] = ()
    advice: str = ""


SURE = 0.6
Diagnose = Callable[[ClusterView, str, ObjectReference | None], Sequence[Cause]]
