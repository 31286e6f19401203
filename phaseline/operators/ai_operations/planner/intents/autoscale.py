"""Autoscalers: between two numbers of replicas, by the processor's or memory's use."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.plans.model import (
    Create,
    Exists,
    FieldEquals,
    ObjectReference,
    Patch,
)

_KIND = "HorizontalPodAutoscaler"
_LOW, _HIGH = ("min", "minimum", "least", "from", "between", "low"), (
    "max", "maximum", "most", "to", "up", "than", "ceiling", "beyond")  # fmt: skip
_USE = 80  # per cent of what is requested, as kubectl has it


def _read(clause: Clause) -> Reading:
    told = clause.sentence.word("between", "min", "max", "minimum", "maximum", "least")
    if not (clause.sentence.has("autoscale") or told):
        raise Missing("between which numbers")
    one = target(clause, ("Deployment", "StatefulSet"))
    least, most = bounds(clause.sentence)
    if most is None:
        raise Missing("up to how many replicas")
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": one.kind, "name": one.name},
        "minReplicas": least or 1,
        "maxReplicas": most,
        "metrics": [_metric(clause.sentence)],
    }
    there = [
        found
        for found in clause.world.inside(_KIND, one.namespace)
        if found["spec"]["scaleTargetRef"]["name"] == one.name
    ]
    says = f"scale {one} between {least or 1} and {most} replicas by itself"
    if there:
        return _changed(ObjectReference.to(there[0]), spec, says, one)
    made = manifest(_KIND, one.name, one.namespace, spec=spec)
    scaler = ObjectReference.to(made)
    return Reading(says, (Create(manifest=made),), (Exists(target=scaler),), about=one)


def _changed(
    scaler: ObjectReference, spec: dict[str, Any], says: str, about: ObjectReference
) -> Reading:
    patch = Patch(target=scaler, patch={"spec": spec}, strategy="merge", reason="other bounds")
    wish = FieldEquals(target=scaler, path=("spec", "maxReplicas"), value=spec["maxReplicas"])
    return Reading(says, (patch,), (wish,), about=about)


def _metric(sentence: Sentence) -> dict[str, Any]:
    share = next((int(one.value) for one in sentence.numbers if one.percent), _USE)
    name = "memory" if sentence.has("memory") and not sentence.has("cpu") else "cpu"
    use = {"type": "Utilization", "averageUtilization": share}
    return {"type": "Resource", "resource": {"name": name, "target": use}}


def bounds(sentence: Sentence) -> tuple[int | None, int | None]:
    """The least and the most: by the words before them, else by their order."""
    numbers = [one for one in sentence.numbers if not one.percent]
    least = most = None
    left: list[int] = []
    for one in numbers:
        before = [sentence.tokens[i].low for i in range(max(0, one.start - 3), one.start)]
        behind = sentence.tokens[one.stop].low if one.stop < len(sentence.tokens) else ""
        if behind in ("min", "minimum") or (set(before[-2:]) & set(_LOW[:3]) and least is None):
            least = int(one.value)
        elif behind in ("max", "maximum") or set(before[-2:]) & {"max", "maximum", "most", "than"}:
            most = int(one.value)
        else:
            left.append(int(one.value))
    left.sort()
    if least is None and len(left) > (most is None):
        least = left.pop(0)
    if most is None and left:
        most = left.pop()
    return least, most


INTENT = Intent(
    name="scale a workload by itself",
    cues={"autoscale": 4, "between": 1, "replicas": 0.5, "cpu": 1, "create": 0.3, "image": -3,
          "scaling": 1.5, "#percent": 1, "quota": -0.5, "#size": -2, "budget": -4, "canary": -4},
    all_of=(("autoscale", "between"),),
    none_of=("why", "delete", "image"),
    read=_read,
    examples=("autoscale web between 2 and 6 replicas at 70% cpu",),
)  # fmt: skip
