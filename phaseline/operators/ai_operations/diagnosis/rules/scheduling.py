"""Pods for which there is no node: selectors, taints, resources, host ports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import edit_spec, quoted
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, condition, finished
from phaseline.operators.ai_operations.snapshot.quantity import amount, cores, memory, written

_TAINT = re.compile(r"untolerated taint(?:\(s\))? ?\{(?P<key>[^:}]+): ?(?P<value>[^}]*)\}")
_USUAL = {"cpu": 0.1, "memory": 256 * 2**20}


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Why pods are not placed."""
    for workload in snapshot.workloads(namespace):
        for pod in workload.pods[:1] if len(workload.pods) == 1 else workload.pods:
            placed = condition(pod, "PodScheduled")
            if placed.get("reason") == "Unschedulable" and not finished(pod):
                yield from _causes(snapshot, workload, placed.get("message", ""))
                break


def _causes(snapshot: Snapshot, workload: Workload, said: str) -> Iterator[Cause]:
    if "didn't match Pod's node affinity/selector" in said and (
        wrong := _wrong(snapshot, workload)
    ):
        yield _selector(snapshot, workload, wrong, said)
    for taint in _TAINT.finditer(said):
        if not taint["key"].startswith("node.kubernetes.io/"):
            yield _taint(snapshot, workload, taint["key"], said)
    if "unschedulable" in said and "were unschedulable" in said:
        advice = "let pods on the node again: `kubectl uncordon`"
        yield _told(workload, "cordoned", "nodes are closed for new pods", said, advice)
    for resource in ("cpu", "memory"):
        if f"Insufficient {resource}" in said:
            yield _resources(snapshot, workload, resource, said)
    if "free ports for the requested pod ports" in said:
        yield _host_port(workload, said)
    if "anti-affinity rules" in said:
        yield _apart(workload, said)


def _told(workload: Workload, rule: str, what: str, said: str, advice: str) -> Cause:
    evidence = quoted([said])
    return Cause(rule=rule, subject=workload.ref, what=what, evidence=evidence, advice=advice)


def _wrong(snapshot: Snapshot, workload: Workload) -> dict[str, str]:
    """What of a node selector no node has."""
    asked = workload.spec.get("nodeSelector") or {}
    return {key: value for key, value in asked.items() if value not in _values(snapshot, key)}


def _values(snapshot: Snapshot, key: str) -> set[str]:
    nodes = (one["metadata"].get("labels") or {} for one in snapshot.all("Node"))
    return {labels[key] for labels in nodes if key in labels}


def _selector(snapshot: Snapshot, workload: Workload, wrong: dict[str, str], said: str) -> Cause:
    right = _meant(snapshot, workload, wrong)

    def by(spec: Any) -> None:
        spec["nodeSelector"] = right
        if not right:
            del spec["nodeSelector"]

    known = {key for one in snapshot.all("Node") for key in one["metadata"].get("labels") or {}}
    removed = [key for key in wrong if key not in right and not meant(key, known)]
    words = ", ".join(f"{k}={v}" for k, v in right.items()) or "none"
    written = ", ".join(f"{k}={v}" for k, v in wrong.items())
    return Cause(
        rule="node-selector",
        subject=workload.ref,
        what=f"no node has the label {written} that {workload.ref} asks for",
        evidence=quoted([said]),
        edits=(edit_spec(workload, f"node selector: {words}", by),),
        confidence=0.65 if removed else 0.9,
        advice=f"or give a node the label {written}",
    )


def _meant(snapshot: Snapshot, workload: Workload, wrong: dict[str, str]) -> dict[str, str]:
    """The selector that was meant: the one before, else with labels that nodes have."""
    for template in workload.earlier:
        before = (template.get("spec") or {}).get("nodeSelector") or {}
        if all(value in _values(snapshot, key) for key, value in before.items()):
            return dict(before)
    right = {k: v for k, v in (workload.spec.get("nodeSelector") or {}).items() if k not in wrong}
    known = {key for one in snapshot.all("Node") for key in one["metadata"].get("labels") or {}}
    for key, value in wrong.items():
        name = key if key in known else meant(key, known, least=0.8)
        found = _values(snapshot, name) if name else set()
        if value in found:
            right[name] = value
        elif close := meant(value, found, least=0.6):
            right[name] = close
    return right


def _taint(snapshot: Snapshot, workload: Workload, key: str, said: str) -> Cause:
    taints = [
        taint
        for node in snapshot.all("Node")
        for taint in node["spec"].get("taints") or ()
        if taint["key"] == key
    ]
    added = [_toleration(taint) for taint in taints[:1]]

    def by(spec: Any) -> None:
        spec["tolerations"] = [*(spec.get("tolerations") or ()), *added]

    return Cause(
        rule="taint",
        subject=workload.ref,
        what=f"nodes have the taint {key}, which {workload.ref} does not tolerate",
        evidence=quoted([said]),
        edits=(edit_spec(workload, f"a toleration of {key}", by),) if added else (),
        confidence=0.7,
        advice=f"or take the taint {key} from a node",
    )


def _toleration(taint: Object) -> dict[str, str]:
    made = {"key": taint["key"], "effect": taint["effect"]}
    if taint.get("value"):
        return {**made, "operator": "Equal", "value": taint["value"]}
    return {**made, "operator": "Exists"}


def requested(spec: Object, resource: str) -> float:
    """What a pod's containers ask for of a resource."""
    return sum(
        amount(((one.get("resources") or {}).get("requests") or {}).get(resource))
        for one in spec.get("containers") or ()
    )


def free(snapshot: Snapshot, resource: str) -> float:
    """The most that is left of a resource on one node."""
    used: dict[str, float] = {}
    for pod in snapshot.all("Pod"):
        if not finished(pod) and (name := pod["spec"].get("nodeName")):
            used[name] = used.get(name, 0.0) + requested(pod["spec"], resource)
    return max(
        (
            amount((one["status"].get("allocatable") or {}).get(resource))
            - used.get(one["metadata"]["name"], 0.0)
            for one in snapshot.all("Node")
        ),
        default=0.0,
    )


def _resources(snapshot: Snapshot, workload: Workload, resource: str, said: str) -> Cause:
    asked = requested(workload.spec, resource)
    largest = max(
        (
            amount((n["status"].get("allocatable") or {}).get(resource))
            for n in snapshot.all("Node")
        ),
        default=0.0,
    )
    show = cores if resource == "cpu" else memory
    evidence = (
        f"asks for {show(asked)} of {resource}; the largest node has {show(largest)}",
        *quoted([said]),
    )
    count = max(1, len(workload.spec["containers"]))
    before = [requested(t.get("spec") or {}, resource) for t in workload.earlier]
    fitting = [value for value in before if 0 < value <= largest and value < asked]
    target = fitting[0] if fitting else _USUAL[resource]
    if asked <= largest and not fitting:
        advice = "lower requests, scale something down, or add a node"
        return Cause(
            rule=f"insufficient-{resource}",
            subject=workload.ref,
            what=f"no node has {show(asked)} of {resource} left",
            evidence=evidence,
            advice=advice,
        )

    def by(spec: Any) -> None:
        for one in spec["containers"]:
            asks = (one.get("resources") or {}).get("requests") or {}
            if amount(asks.get(resource)) > target / count:
                asks[resource] = written(resource, target / count)
                limits = one["resources"].get("limits") or {}
                if amount(limits.get(resource)) > largest:
                    limits[resource] = written(resource, min(largest / 2, target * 4))

    return Cause(
        rule=f"insufficient-{resource}",
        subject=workload.ref,
        what=f"{workload.ref} asks for {show(asked)} of {resource}, more than any node has",
        evidence=evidence,
        edits=(edit_spec(workload, f"requests.{resource} {show(target)}", by),),
        confidence=0.9 if fitting else 0.75,
    )


def _host_port(workload: Workload, said: str) -> Cause:
    def by(spec: Any) -> None:
        for one in spec["containers"]:
            for port in one.get("ports") or ():
                port.pop("hostPort", None)

    return Cause(
        rule="host-port",
        subject=workload.ref,
        what=f"{workload.ref} asks for a port of its node that is taken",
        evidence=quoted([said]),
        edits=(edit_spec(workload, "no port of the node: a Service leads to its pods", by),),
        confidence=0.75,
    )


def _apart(workload: Workload, said: str) -> Cause:
    def by(spec: Any) -> None:
        rules = spec["affinity"]["podAntiAffinity"]
        terms = rules.pop("requiredDuringSchedulingIgnoredDuringExecution", [])
        preferred = [{"weight": 100, "podAffinityTerm": term} for term in terms]
        name = "preferredDuringSchedulingIgnoredDuringExecution"
        rules[name] = [*rules.get(name, ()), *preferred]

    own = (workload.spec.get("affinity") or {}).get("podAntiAffinity") or {}
    mine = "requiredDuringSchedulingIgnoredDuringExecution" in own
    words = "anti-affinity as a preference"
    return Cause(
        rule="anti-affinity",
        subject=workload.ref,
        what=f"{workload.ref} has to be apart from pods that are on every node",
        evidence=quoted([said]),
        edits=(edit_spec(workload, words, by),) if mine else (),
        confidence=0.75,
        advice="or add a node",
    )


RULE = Rule("scheduling", ("Pod", "Node"), find)
