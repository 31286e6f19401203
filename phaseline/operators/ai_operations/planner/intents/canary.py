"""A few pods of a new version beside the old ones, behind the same Service."""

from __future__ import annotations

from copy import deepcopy
from math import ceil
from typing import Any

from phaseline.operators.ai_operations.planner.amounts import count, percent
from phaseline.operators.ai_operations.planner.containers import container_of, workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.names import images
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.plans.model import (
    Create,
    ObjectReference,
    Operation,
    Replicas,
    Wish,
)
from phaseline.operators.ai_operations.view import Object

_TRACK = "track"
_SETTINGS = ("strategy", "minReadySeconds", "progressDeadlineSeconds", "revisionHistoryLimit")


def _read(clause: Clause) -> Reading:
    one = target(clause, ("Deployment",))
    workload = workload_of(clause, one)
    found = images(clause)
    if not found:
        raise Missing("which image the canary has")
    image = clause.world.image(found[-1][1])
    name = _name(clause, one)
    number = _number(clause, int(workload["spec"].get("replicas", 1)))
    made = _beside(clause, workload, name, image, number)
    there = ObjectReference.to(made)
    operations: list[Operation] = [Create(manifest=made)]
    wishes: list[Wish] = [Replicas(target=there, count=number)]
    return Reading(
        f"run {number} pods of {image} as {there} beside {one}, behind the same Services",
        tuple(operations),
        tuple(wishes),
        about=there,
    )


def _name(clause: Clause, one: ObjectReference) -> str:
    said = [text for _, text in clause.sentence.called if text != one.name]
    return said[0] if said else f"{one.name}-canary"


def _number(clause: Clause, now: int) -> int:
    """As many as were said; else the share of all pods that comes nearest from above."""
    share, said = percent(clause.sentence), count(clause.sentence)
    if said is not None:
        return said
    if share is None or share >= 1:
        return 1
    return max(1, ceil(now * share / (1 - share)))


def _beside(clause: Clause, workload: Object, name: str, image: str, number: int) -> dict[str, Any]:
    """The workload again, under labels of its own besides those that Services select by."""
    spec = deepcopy({k: v for k, v in workload["spec"].items() if k not in _SETTINGS})
    labels = {**spec["template"]["metadata"].get("labels", {}), _TRACK: "canary"}
    spec["template"]["metadata"] = {"labels": labels}
    spec["selector"] = {
        "matchLabels": {**spec["selector"].get("matchLabels", {}), _TRACK: "canary"}
    }
    spec["replicas"] = number
    changed = container_of(clause, workload, image)["name"]
    for one in spec["template"]["spec"]["containers"]:
        if one["name"] == changed:
            one["image"] = image
            if clause.world.ready(image):
                one["imagePullPolicy"] = "IfNotPresent"
    made = manifest("Deployment", name, workload["metadata"]["namespace"], spec=spec)
    made["metadata"]["labels"] = {**workload["metadata"].get("labels", {}), _TRACK: "canary"}
    return made


INTENT = Intent(
    name="run a canary",
    cues={"canary": 4, "image": 1, "share": 0.5, "create": 0.5, "promote": -3, "delete": -4},
    all_of=(("canary",),),
    none_of=("why", "delete", "promote", "scaling", "undo"),
    read=_read,
    examples=("start a canary of web with image nginx:1.28 on 20% of the pods",),
)
