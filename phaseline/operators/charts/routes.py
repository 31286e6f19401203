"""T016: ways in lead to Services that are there: Ingresses, routes of the Gateway API, monitors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, of_kind, title
from phaseline.operators.charts.selection import matches, told

_ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute")


def judge_routes(objects: tuple[Object, ...]) -> list[Finding]:
    """Faults of Ingresses, routes and ServiceMonitors: no such Service, no such port of it."""
    services = of_kind(objects, "Service")
    findings: list[Finding] = []
    for one in objects:
        spec = one.get("spec") or {}
        if one["kind"] == "Ingress":
            for service in _backends(spec):
                port = service.get("port") or {}
                findings += _leads(
                    title(one), service, port.get("name", port.get("number")), services
                )
        elif one["kind"] in _ROUTES:
            for reference in _references(spec):
                findings += _leads(title(one), reference, reference.get("port"), services)
        elif one["kind"] == "ServiceMonitor" and "namespaceSelector" not in spec:
            findings += _monitor(title(one), spec, services)
    return findings


def _backends(spec: Object) -> Iterator[Object]:
    rules = [rule.get("http") or {} for rule in spec.get("rules") or ()]
    backends = [path["backend"] for rule in rules for path in rule.get("paths") or ()]
    for backend in (spec.get("defaultBackend") or {}, *backends):
        if "service" in backend:
            yield backend["service"]


def _references(spec: Object) -> Iterator[Object]:
    for rule in spec.get("rules") or ():
        for one in rule.get("backendRefs") or ():
            if one.get("kind", "Service") == "Service" and "namespace" not in one:
                yield one


def _leads(
    subject: str, wanted: Object, port: object, services: Mapping[str, Object]
) -> Iterator[Finding]:
    name = wanted.get("name")
    service = services.get(str(name))
    if service is None:
        known = ", ".join(sorted(services)) or "none at all"
        yield Finding(subject, f"there is no Service {name}", f"name one of: {known}")
    elif port not in (ports := _ports(service)):
        problem = f"Service {name} has no port {port}"
        yield Finding(subject, problem, f"name one of: {', '.join(map(str, ports)) or 'none'}")


def _monitor(subject: str, spec: Object, services: Mapping[str, Object]) -> Iterator[Finding]:
    selector = spec.get("selector") or {}
    found = [one for one in services.values() if matches(selector, _labels(one))]
    if not found:
        problem = f"no Service has the labels {told(selector)}"
        yield Finding(subject, problem, "align selector and labels")
    named = {port for service in found for port in _ports(service)}
    for endpoint in spec.get("endpoints") or ():
        if found and "port" in endpoint and endpoint["port"] not in named:
            known = ", ".join(map(str, sorted(named, key=str)))
            problem = f"no chosen Service has a port {endpoint['port']}"
            yield Finding(subject, problem, f"name one of: {known}")


def _ports(service: Object) -> list[str | int]:
    ports = (service.get("spec") or {}).get("ports") or ()
    return [value for port in ports for value in (port.get("name"), port.get("port")) if value]


def _labels(one: Object) -> Mapping[str, str]:
    return (one.get("metadata") or {}).get("labels") or {}
