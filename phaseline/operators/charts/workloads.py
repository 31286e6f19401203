"""T015: each component's image runs in a workload, restricted, probed, and within bounds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, Workload, workloads
from phaseline.operators.charts.restricted import unrestricted

_PROBES = {
    "readinessProbe": "requests reach it before it can answer",
    "livenessProbe": "it stays when it hangs",
}


def judge_workloads(objects: tuple[Object, ...], images: Mapping[str, str]) -> list[Finding]:
    """Faults of the workloads that run the components' images.

    Args:
        images: `repository:tag` by component.
    """
    every = workloads(objects)
    findings = list(_unused(every, images))
    for workload in every:
        if workload.ends:
            findings += [*_foreign(workload, images), *_endless(workload)]
        if any(container.get("image") in images.values() for container in workload.every_container):
            findings += [*unrestricted(workload), *_unprobed(workload), *_unbounded(workload)]
    return findings


def _unused(every: tuple[Workload, ...], images: Mapping[str, str]) -> Iterator[Finding]:
    used = {c.get("image") for workload in every for c in workload.every_container}
    for component, image in images.items():
        if image not in used:
            fix = "write the image from the component's value, as repository:tag"
            yield Finding(f"component {component}", f"no workload runs {image}", fix)


def _foreign(workload: Workload, images: Mapping[str, str]) -> Iterator[Finding]:
    """What runs to an end belongs to this version of the application, and so does its image."""
    for container in workload.every_container:
        if (image := container.get("image")) not in images.values():
            problem = f"{container.get('name')}: runs {image}, which no component makes"
            known = ", ".join(sorted(images.values()))
            yield Finding(f"{workload}", problem, f"use one of: {known}")


def _endless(workload: Workload) -> Iterator[Finding]:
    if workload.hook and workload.pod.get("restartPolicy", "Always") == "Always":
        problem = f"helm waits for the end of this {workload.hook} hook, and it is restarted"
        yield Finding(f"{workload}", problem, "set restartPolicy: Never")


def _unprobed(workload: Workload) -> Iterator[Finding]:
    for container in workload.containers if workload.serves else ():
        for probe, consequence in _PROBES.items():
            if not container.get(probe):
                problem = f"{container.get('name')}: no {probe}: {consequence}"
                yield Finding(f"{workload}", problem, f"give it a {probe}")


def _unbounded(workload: Workload) -> Iterator[Finding]:
    for container in workload.every_container:
        resources = container.get("resources") or {}
        for bound, amount in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
            if not (resources.get(bound) or {}).get(amount):
                problem = f"{container.get('name')}: no {bound}.{amount}"
                yield Finding(f"{workload}", problem, f"set resources.{bound}.{amount}")
