"""Services that lead nowhere: selectors that take no pod, ports on which nothing listens."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import open_ports, running
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule, change
from phaseline.operators.ai_operations.snapshot.likeness import likeness
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, labels, matches, ports, ref

_LEAST, _LEAD = 0.5, 0.1


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Services whose selector or ports do not fit the pods that they are for."""
    workloads = [
        one for one in snapshot.workloads(namespace) if one.ref.kind not in ("Job", "CronJob")
    ]
    for service in snapshot.all("Service", namespace):
        selector = service["spec"].get("selector")
        if not selector:
            continue
        chosen = [one for one in workloads if matches(selector, labels(one.object))]
        if chosen:
            yield from _ports(snapshot, service, chosen)
        else:
            yield _nobody(snapshot, service, workloads)


def _nobody(snapshot: Snapshot, service: Object, workloads: list[Workload]) -> Cause:
    selector = service["spec"]["selector"]
    found = _meant(snapshot, service, workloads)
    edits = (_selector(service, found),) if found else ()
    evidence = [f"{ref(service)} selects {_written(selector)}: no workload's pods have that"]
    if found:
        evidence.append(f"{found.ref} has pods with {_written(labels(found.object))}")
    return Cause(
        rule="service-selector",
        subject=ref(service),
        what=f"{ref(service)} selects no pod",
        evidence=tuple(evidence),
        edits=edits,
        about=(found.ref,) if found else (),
        confidence=0.9 if edits else 0.6,
        advice="" if edits else "correct the selector, or deploy what it is to select",
    )


def _meant(snapshot: Snapshot, service: Object, workloads: list[Workload]) -> Workload | None:
    """The workload that a selector was meant for."""
    ranked = sorted(((_fit(snapshot, service, one), one) for one in workloads), key=lambda p: -p[0])
    if not ranked or ranked[0][0] < _LEAST:
        return None
    if len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _LEAD:
        return None
    return ranked[0][1]


def _fit(snapshot: Snapshot, service: Object, one: Workload) -> float:
    """How well a workload fits a Service: by labels, then name, then ports."""
    selector, found = service["spec"]["selector"], labels(one.object)
    if not found:
        return 0.0
    near = [_near(key, value, found) for key, value in selector.items()]
    name = likeness(service["metadata"]["name"], one.ref.name)
    declared = {number for _, number in ports(one.spec)} | {n for n, _ in ports(one.spec) if n}
    asked = {port.get("targetPort", port["port"]) for port in service["spec"].get("ports") or ()}
    taken = any(
        matches(other["spec"].get("selector"), found)
        for other in snapshot.all("Service", one.ref.namespace)
    )
    alike = sum(near) / len(near)
    fit = 0.5 * alike + 0.35 * name + (0.15 if declared & asked else 0.0)
    fit = max(fit, 0.75 * alike)
    return fit - (0.15 if taken else 0.0)


def _near(key: str, value: str, found: Mapping[str, str]) -> float:
    if key in found:
        return likeness(value, found[key])
    return max((0.9 * likeness(value, other) for other in found.values()), default=0.0)


def _selector(service: Object, one: Workload) -> Edit:
    found = labels(one.object)
    kept = {key: found[key] for key in service["spec"]["selector"] if key in found}
    chosen = kept or _identity(one)

    def by(made: Any) -> None:
        made["spec"]["selector"] = chosen

    return change(service, f"selector {_written(chosen)}", by)


def _identity(one: Workload) -> dict[str, str]:
    """The labels by which a workload knows its own pods."""
    selector = (one.object["spec"].get("selector") or {}).get("matchLabels")
    return dict(selector or labels(one.object))


def _written(found: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in sorted(found.items()))


def _ports(snapshot: Snapshot, service: Object, chosen: list[Workload]) -> Iterator[Cause]:
    for number, port in enumerate(service["spec"].get("ports") or ()):
        if port.get("protocol", "TCP") != "TCP":
            continue
        target = port.get("targetPort", port["port"])
        wrong = [one for one in chosen if _is_wrong(snapshot, one, target)]
        if len(wrong) == len(chosen):
            yield _port(snapshot, service, number, target, wrong[0])


def _listens(snapshot: Snapshot, one: Workload) -> set[int]:
    """Where a workload's ready containers listen; empty where that is not known."""
    return {
        number
        for each in running(one)
        if each.status.get("ready")
        for number in open_ports(snapshot, each)
    }


def _is_wrong(snapshot: Snapshot, one: Workload, target: str | int) -> bool:
    declared = list(ports(one.spec))
    if isinstance(target, str):
        return target not in {name for name, _ in declared}
    if heard := _listens(snapshot, one):
        return target not in heard
    if any(0 < snapshot.answers(pod, target, "/") < 500 for pod in one.pods[:1]):
        return False
    return bool(declared) and target not in {number for _, number in declared}


def _port(
    snapshot: Snapshot, service: Object, number: int, target: str | int, one: Workload
) -> Cause:
    port = service["spec"]["ports"][number]
    right = _right(snapshot, one, port)
    heard = _listens(snapshot, one)
    declared = ", ".join(f"{name}:{n}" if name else str(n) for name, n in ports(one.spec)) or "none"
    evidence = [f"targetPort is {target}", f"{one.ref} declares {declared}"]
    evidence += [f"its pods listen on {', '.join(map(str, sorted(heard)))}"] if heard else []

    def by(made: Any) -> None:
        made["spec"]["ports"][number]["targetPort"] = right

    edits = (change(service, f"targetPort {right} instead of {target}", by),) if right else ()
    return Cause(
        rule="service-port",
        subject=ref(service),
        what=f"{ref(service)} leads to port {target}, where {one.ref} does not listen",
        evidence=tuple(evidence),
        edits=edits,
        about=(one.ref,),
        confidence=0.9 if heard or isinstance(target, str) else 0.7,
        advice="" if edits else "set targetPort to the port on which the program listens",
    )


def _right(snapshot: Snapshot, one: Workload, port: Object) -> str | int:
    """The port that was meant; 0 where that cannot be told."""
    heard = _listens(snapshot, one)
    declared = [(n, p) for n, p in ports(one.spec) if not heard or p in heard]
    named = [name for name, _ in declared if name and name == port.get("name")]
    target = port.get("targetPort", port["port"])
    if named:
        return named[0]
    if len(declared) == 1:
        return declared[0][0] if isinstance(target, str) and declared[0][0] else declared[0][1]
    numbers = {p for _, p in declared} or heard
    if port["port"] in numbers:
        return int(port["port"])
    return next(iter(numbers)) if len(numbers) == 1 else 0


RULE = Rule("service", ("Service", "Pod"), find)
