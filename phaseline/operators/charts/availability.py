"""T015: what keeps workloads available has a workload to keep: disruption budgets, autoscalers."""

from __future__ import annotations

from collections.abc import Iterator

from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, Workload, of_kind, title, workloads
from phaseline.operators.charts.selection import chosen, told


def judge_availability(objects: tuple[Object, ...]) -> list[Finding]:
    """Faults of PodDisruptionBudgets and HorizontalPodAutoscalers."""
    every = workloads(objects)
    findings: list[Finding] = []
    for budget in of_kind(objects, "PodDisruptionBudget").values():
        findings += _budget(title(budget), budget.get("spec") or {}, objects)
    for scaler in of_kind(objects, "HorizontalPodAutoscaler").values():
        findings += _scaler(title(scaler), scaler.get("spec") or {}, objects, every)
    return findings


def _budget(subject: str, spec: Object, objects: tuple[Object, ...]) -> Iterator[Finding]:
    every = [one for one in workloads(objects) if one.serves]
    kept = chosen(spec.get("selector"), every)
    if not kept:
        problem = f"no workload has the labels {told(spec.get('selector'))}"
        yield Finding(subject, problem, "align selector and labels")
    if spec.get("maxUnavailable") in (0, "0%") or spec.get("minAvailable") == "100%":
        yield Finding(subject, "no pod may ever be sent away", "set maxUnavailable: 1")
    for workload in kept:
        least, pods = spec.get("minAvailable"), _replicas(workload, objects)
        if isinstance(least, int) and pods is not None and 0 < pods <= least:
            problem = f"none of the {pods} of {workload} may ever be sent away"
            yield Finding(subject, problem, "set maxUnavailable: 1")


def _scaler(
    subject: str, spec: Object, objects: tuple[Object, ...], every: tuple[Workload, ...]
) -> Iterator[Finding]:
    target = spec.get("scaleTargetRef") or {}
    name = f"{target.get('kind')}/{target.get('name')}"
    scaled = next((one for one in every if str(one) == name), None)
    if scaled is None:
        known = ", ".join(str(one) for one in every if one.serves) or "none"
        yield Finding(subject, f"there is no {name} to scale", f"name one of: {known}")
        return
    if _replicas(scaled, objects) is not None:
        problem = f"{name} has a number of replicas, to which each upgrade goes back"
        yield Finding(subject, problem, "leave spec.replicas out")
    for resource in sorted(_by_use(spec)):
        for container in scaled.containers:
            if resource not in ((container.get("resources") or {}).get("requests") or {}):
                problem = f"{name}: {container.get('name')} requests no {resource} to compare with"
                yield Finding(subject, problem, f"set resources.requests.{resource}")


def _by_use(spec: Object) -> set[str]:
    """The resources whose use is compared with what is requested."""
    metrics = [one.get("resource") or {} for one in spec.get("metrics") or ()]
    return {
        str(one.get("name"))
        for one in metrics
        if (one.get("target") or {}).get("type") == "Utilization"
    }


def _replicas(workload: Workload, objects: tuple[Object, ...]) -> int | None:
    one = of_kind(objects, workload.kind)[workload.name]
    replicas = (one.get("spec") or {}).get("replicas")
    return replicas if isinstance(replicas, int) else None
