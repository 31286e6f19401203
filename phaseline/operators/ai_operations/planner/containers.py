"""The container of a workload that a clause is about."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.intent import Clause, Missing
from phaseline.operators.ai_operations.planner.names import base_name
from phaseline.operators.ai_operations.plans.model import ObjectReference
from phaseline.operators.ai_operations.view import Object


def workload_of(clause: Clause, target: ObjectReference) -> Object:
    """The object itself.

    Raises:
        Missing: it is not there.
    """
    found = clause.world.find(target.kind, target.name, target.namespace)
    if found is None:
        raise Missing(f"a {target.kind} that is there")
    return found


def container_of(clause: Clause, one: Object, image: str = "") -> dict[str, Any]:
    """The container that is named; else the only one; else the one whose image is alike.

    Raises:
        NotUnderstood: there are several, and none is named.
    """
    listed: list[dict[str, Any]] = one["spec"]["template"]["spec"]["containers"]
    if len(listed) == 1:
        return listed[0]
    lows = [token.text for token in clause.sentence.tokens]
    own = one["metadata"]["name"]
    named = [c for c in listed if c["name"] in lows and c["name"] != own]
    alike = [c for c in listed if image and base_name(c["image"]) == base_name(image)]
    same = [c for c in listed if c["name"] == own]
    for found in (named, alike, same):
        if len(found) == 1:
            return found[0]
    names = ", ".join(c["name"] for c in listed)
    raise NotUnderstood(f"which container of {own} is not clear", why=names, fix="name it")
