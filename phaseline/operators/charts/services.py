"""T016: each Service leads to pods that listen, and each address of the pipeline to a Service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phaseline.core.settings import Address
from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, Workload, of_kind, workloads


def judge_services(objects: tuple[Object, ...]) -> list[Finding]:
    """Faults of the Services: a selector without pods, a target port that nobody opens."""
    every = workloads(objects)
    findings: list[Finding] = []
    for name, service in of_kind(objects, "Service").items():
        findings += _judge(f"Service/{name}", service.get("spec") or {}, every)
    return findings


def judge_addresses(objects: tuple[Object, ...], addresses: Sequence[Address]) -> list[Finding]:
    """Addresses of `pipeline.yaml` that name no Service, or no port of it."""
    services = of_kind(objects, "Service")
    findings = []
    for index, address in enumerate(addresses):
        field = f"pipeline.yaml: addresses[{index}]"
        service = services.get(address.service)
        if service is None:
            known = ", ".join(sorted(services)) or "none at all"
            problem = f"there is no Service {address.service}"
            findings.append(Finding(f"{field}.service", problem, f"name one of: {known}"))
        elif address.port not in (ports := _port_names(service)):
            problem = f"Service {address.service} has no port {address.port}"
            findings.append(
                Finding(f"{field}.port", problem, f"name one of: {', '.join(ports) or 'none'}")
            )
    return findings


def _port_names(service: Object) -> list[str]:
    return [
        port["name"] for port in (service.get("spec") or {}).get("ports") or () if "name" in port
    ]


def _judge(subject: str, spec: Object, every: tuple[Workload, ...]) -> Iterator[Finding]:
    selector = spec.get("selector")
    if spec.get("type") == "ExternalName" or not selector:
        return  # it leads elsewhere by design, or to endpoints that somebody writes
    chosen = [w for w in every if selector.items() <= w.labels.items()]
    if not chosen:
        wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
        yield Finding(subject, f"no workload has the labels {wanted}", "align selector and labels")
    elif ending := [w for w in chosen if w.ends]:
        yield Finding(subject, f"its selector takes in {ending[0]}", "give that labels of its own")
    for port in spec.get("ports") or ():
        target = port.get("targetPort", port.get("port"))
        for workload in chosen:
            if target not in (opened := workload.ports):
                known = ", ".join(map(str, opened)) or "none"
                problem = f"{workload} opens no port {target}"
                yield Finding(subject, problem, f"target one of: {known}")
