"""T016: network policies select pods that are there, and ports that these open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, Workload, of_kind, workloads
from phaseline.operators.charts.selection import chosen, told


def judge_policies(objects: tuple[Object, ...]) -> list[Finding]:
    """Faults of NetworkPolicies: selectors without a workload, ports that no selected pod opens.

    Peers of other namespaces and address blocks are not in the manifest, and not judged.
    """
    every = workloads(objects)
    findings: list[Finding] = []
    for name, policy in of_kind(objects, "NetworkPolicy").items():
        findings += _policy(f"NetworkPolicy/{name}", policy.get("spec") or {}, every)
    return findings


def _policy(subject: str, spec: Object, every: tuple[Workload, ...]) -> Iterator[Finding]:
    selected = chosen(spec.get("podSelector"), every)
    if not selected:
        yield _nobody(subject, spec.get("podSelector"))
        return
    for rule in spec.get("ingress") or ():
        yield from _peers(subject, rule.get("from") or (), every)
        yield from _ports(subject, rule, selected)
    for rule in spec.get("egress") or ():
        yield from _peers(subject, rule.get("to") or (), every)
        for peer in _local(rule.get("to") or ()):
            yield from _ports(subject, rule, chosen(peer["podSelector"], every))


def _peers(subject: str, peers: Sequence[Object], every: tuple[Workload, ...]) -> Iterator[Finding]:
    for peer in _local(peers):
        if not chosen(peer["podSelector"], every):
            yield _nobody(subject, peer["podSelector"])


def _local(peers: Sequence[Object]) -> list[Object]:
    return [one for one in peers if "podSelector" in one and "namespaceSelector" not in one]


def _ports(subject: str, rule: Object, opening: Sequence[Workload]) -> Iterator[Finding]:
    opened = {port for workload in opening for port in workload.ports}
    for port in rule.get("ports") or ():
        wanted = port.get("port")
        if opening and wanted is not None and "endPort" not in port and wanted not in opened:
            names = ", ".join(str(one) for one in opening)
            known = ", ".join(map(str, sorted(opened, key=str))) or "none"
            yield Finding(subject, f"{names}: no port {wanted} is open", f"name one of: {known}")


def _nobody(subject: str, selector: Object | None) -> Finding:
    return Finding(
        subject, f"no workload has the labels {told(selector)}", "align selector and labels"
    )
