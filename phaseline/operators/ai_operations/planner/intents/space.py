"""Namespaces, with their quota and the defaults of their containers."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.amounts import storage
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.names import new_name
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.targets import mentioned
from phaseline.operators.ai_operations.planner.world import ALIKE, WORKLOADS
from phaseline.operators.ai_operations.plans.model import (
    Create,
    Exists,
    ObjectReference,
    Operation,
)

_COUNTED = {
    "pods": ("pod", "pods"),
    "services": ("service", "services"),
    "configmaps": ("configmap", "configmaps"),
    "secrets": ("secret", "secrets"),
    "persistentvolumeclaims": ("pvc", "pvcs", "claim", "claims"),
    "count/deployments.apps": ("deployment", "deployments"),
    "count/jobs.batch": ("job", "jobs"),
}


def _read_namespace(clause: Clause) -> Reading:
    name = new_name(clause, ("namespace", "ns"))
    inside = (
        clause.sentence.phrase("in", "the", "namespace"),
        clause.sentence.phrase("in", "namespace"),
    )
    if name in clause.world.namespaces or max(inside) >= 0:
        raise Missing(f"a name that is free: there is {name}")
    made: list[dict[str, Any]] = [manifest("Namespace", name, "")]
    if clause.sentence.has("label") and clause.sentence.pairs:
        made[0]["metadata"]["labels"] = dict(clause.sentence.pairs)
    if clause.sentence.has("quota") and (hard := _hard(clause.sentence)):
        made.append(_quota(f"{name}-quota", name, hard))
    if clause.sentence.has("limitrange"):
        made.append(_range(f"{name}-limits", name, _defaults(clause.sentence)))
    operations: tuple[Operation, ...] = tuple(Create(manifest=one) for one in made)
    return Reading(
        f"make {', '.join(str(ObjectReference.to(one)) for one in made)}",
        operations,
        tuple(Exists(target=ObjectReference.to(one)) for one in made),
        about=ObjectReference.to(made[0]),
    )


def _read_quota(clause: Clause) -> Reading:
    if _of_workload(clause):
        raise Missing("that it is the namespace which is limited")
    hard = _hard(clause.sentence)
    if not hard:
        raise Missing("what the quota allows")
    name = new_name(clause, ("quota", "resourcequota"), "quota")
    return _one(_quota(name, clause.namespace, hard))


def _of_workload(clause: Clause) -> bool:
    """Whether the amounts are of one workload, and no quota was named."""
    named = clause.sentence.word("quota", "quotas", "resourcequota", "namespace", "together")
    return not named and any(one.sure >= ALIKE for one in mentioned(clause, WORKLOADS))


def _read_range(clause: Clause) -> Reading:
    name = new_name(clause, ("limitrange", "range"), "limits")
    return _one(_range(name, clause.namespace, _defaults(clause.sentence)))


def _one(made: dict[str, Any]) -> Reading:
    target = ObjectReference.to(made)
    content = made["spec"].get("hard") or made["spec"].get("limits")
    says = f"make {target}: {content}"
    return Reading(says, (Create(manifest=made),), (Exists(target=target),), about=target)


def _quota(name: str, namespace: str, hard: dict[str, str]) -> dict[str, Any]:
    return manifest("ResourceQuota", name, namespace, spec={"hard": hard})


def _hard(sentence: Sentence) -> dict[str, str]:
    """What a quota allows: counts of objects, and amounts, which count as requests and limits."""
    found: dict[str, str] = {}
    for one in sentence.numbers:
        following = [
            sentence.tokens[i].low for i in range(one.stop, min(one.stop + 2, len(sentence.tokens)))
        ]
        before = [sentence.tokens[i].low for i in range(max(0, one.start - 2), one.start)]
        for field, words in _COUNTED.items():
            if (
                (following[:1] and following[0] in words)
                or (before and before[-1] in words)
                or (before[-1:] in (["="], ["to"], ["of"]) and before[0] in words)
            ):
                found[field] = str(int(one.value))
    disk = storage(sentence) if sentence.word("storage", "disk") else ""
    defaults = min((s.start for s in sentence.concepts.get("limitrange", ())), default=10**6)
    for amount in sentence.quantities:
        if amount.start > defaults:
            continue
        if amount.text == disk and amount.of == "memory":
            found["requests.storage"] = disk
            continue
        for mode in _modes(sentence, amount.start):
            found[f"{mode}.{amount.of}"] = amount.text
    return found


def _modes(sentence: Sentence, place: int) -> tuple[str, ...]:
    lows = [
        sentence.tokens[i].low
        for i in range(max(0, place - 6), min(place + 4, len(sentence.tokens)))
    ]
    if any(low.startswith("request") for low in lows):
        return ("requests",)
    return (
        ("limits",) if any(low in ("limits", "limit") for low in lows) else ("requests", "limits")
    )


def _defaults(sentence: Sentence) -> dict[str, Any]:
    """What a container has that asks for nothing.

    Raises:
        Missing: no amount is told.
    """
    start = min((s.start for s in sentence.concepts.get("limitrange", ())), default=0)
    behind = [one for one in sentence.quantities if one.start > start] or sentence.quantities
    found: dict[str, Any] = {"type": "Container"}
    fields = {"requests": "defaultRequest", "limits": "default"}
    last = ""
    for one in behind:
        window = range(max(0, one.start - 5), min(one.stop + 2, len(sentence.tokens)))
        lows = [sentence.tokens[i].low for i in window]
        is_request = any(low.startswith("request") for low in lows)
        is_limit = any(low in ("limit", "limits") for low in lows)
        if is_request and is_limit:
            nearest = max(
                (
                    i
                    for i in range(max(0, one.start - 5), one.start)
                    if sentence.tokens[i].low.startswith(("request", "limit"))
                ),
                default=-1,
            )
            is_request = nearest >= 0 and sentence.tokens[nearest].low.startswith("request")
            is_limit = not is_request
        last = "requests" if is_request else "limits" if is_limit else last
        word = sentence.word("max", "maximum") and not sentence.word("default", "defaults")
        for mode in (last,) if last else ("requests", "limits"):
            field = "max" if word and mode == "limits" else fields[mode]
            found.setdefault(field, {})[one.of] = one.text
    if len(found) == 1:
        raise Missing("which amounts")
    return found


def _range(name: str, namespace: str, limits: dict[str, Any]) -> dict[str, Any]:
    return manifest("LimitRange", name, namespace, spec={"limits": [limits]})


NAMESPACE = Intent(
    name="make a namespace",
    cues={"create": 2, "namespace": 3, "quota": 2, "limitrange": 2, "image": -4, "deployment": -3,
          "service": -1.5, "claim": -2, "configmap": -3, "secret": -3, "role": -1.5, "policy": -2,
          "job": -3, "account": -2, "pod": -1},
    all_of=(("namespace",), ("create",)),
    none_of=("why", "delete", "network", "list"),
    read=_read_namespace,
    examples=("create a namespace team-red with a quota of 10 pods, 2 cpu and 4Gi memory",),
)  # fmt: skip
QUOTA = Intent(
    name="limit a namespace",
    cues={"quota": 4, "create": 1, "namespace": -0.5, "set": 1, "image": -3, "autoscale": -3,
          "claim": -0.3, "allowed": 0.3, "replicas": -0.2},
    all_of=(("quota",),),
    none_of=("why", "delete", "autoscale", "image", "#image", "scaling", "list"),
    read=_read_quota,
    examples=("set a quota of 5 pods and 1Gi memory in the namespace team-blue",),
)  # fmt: skip
RANGE = Intent(
    name="set default amounts of containers",
    cues={"limitrange": 4, "create": 1, "namespace": 0.5, "set": 1, "quota": -2, "image": -2},
    all_of=(("limitrange",),),
    none_of=("why", "delete", "autoscale", "list"),
    read=_read_range,
    examples=("create a limit range with default limits of 500m cpu and 256Mi memory",),
)
