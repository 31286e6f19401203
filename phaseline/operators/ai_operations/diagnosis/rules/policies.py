"""NetworkPolicies that keep a workload from a Service that it is told to use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.addresses import named
from phaseline.operators.ai_operations.diagnosis.common import lines_with, quoted, running
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule, change
from phaseline.operators.ai_operations.snapshot.likeness import likeness
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import (
    Object,
    healthy,
    labels,
    matches,
    ref,
    selects,
)

_FAILS = re.compile(
    r"refused|timed? ?out|unreachable|(?:cannot|can't|could not|failed to|unable to) connect"
    r"|connection (?:error|failed|reset|lost)",
    re.I,
)


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """What unwell workloads are told to reach, and a policy forbids."""
    policies = snapshot.all("NetworkPolicy", namespace)
    if not policies:
        return
    for client in snapshot.workloads(namespace):
        if healthy(client.object) and not client.troubled:
            continue
        log = "\n".join(one.logs(snapshot) for one in running(client))
        lines = lines_with(log, _FAILS)
        for server, port in _servers(snapshot, client):
            yield from _between(snapshot, client, server, port, quoted(lines))


def _servers(snapshot: Snapshot, client: Workload) -> Iterator[tuple[Workload, int | str]]:
    namespace = client.ref.namespace
    for address in named(snapshot, client):
        place, name = address.service(namespace)
        service = snapshot.get("Service", place, name) if place == namespace else None
        if not service:
            continue
        targets = {
            p["port"]: p.get("targetPort", p["port"]) for p in service["spec"].get("ports") or ()
        }
        port = targets.get(address.port) or next(iter(targets.values()), 0)
        for one in snapshot.workloads(namespace):
            if (
                matches(service["spec"].get("selector"), labels(one.object))
                and one.ref != client.ref
            ):
                yield one, port


def _between(
    snapshot: Snapshot, client: Workload, server: Workload, port: int | str, said: tuple[str, ...]
) -> Iterator[Cause]:
    listed = snapshot.all("NetworkPolicy", client.ref.namespace)
    for side, own, other in (("Ingress", server, client), ("Egress", client, server)):
        mine = [
            one
            for one in listed
            if side in types(one) and selects(one["spec"].get("podSelector"), labels(own.object))
        ]
        if mine and not any(allows(one, side, labels(other.object), port) for one in mine):
            yield _cause(mine, side, client, server, port, said)


def types(policy: Object) -> list[str]:
    """The directions that a policy is about; ones not named follow from its rules."""
    spec = policy["spec"]
    return spec.get("policyTypes") or ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def allows(policy: Object, side: str, other: Any, port: int | str) -> bool:
    """Whether a policy lets through pods with labels `other` of its namespace at a port."""
    peers = "from" if side == "Ingress" else "to"
    return any(
        _peer(rule.get(peers), other) and _port(rule.get("ports"), port)
        for rule in policy["spec"].get(side.lower()) or ()
    )


def _peer(peers: Any, other: Any) -> bool:
    if not peers:
        return True
    return any(
        "ipBlock" in one
        or (
            selects(one.get("podSelector", {}), other)
            and (not one.get("namespaceSelector") or "podSelector" not in one)
        )
        for one in peers
    )


def _port(listed: Any, port: int | str) -> bool:
    if not listed:
        return True
    return any(
        "port" not in one
        or one["port"] == port
        or (isinstance(one["port"], str) != isinstance(port, str))
        for one in listed
        if one.get("protocol", "TCP") == "TCP"
    )


def _cause(
    mine: list[Object],
    side: str,
    client: Workload,
    server: Workload,
    port: int | str,
    said: tuple[str, ...],
) -> Cause:
    policy = max(mine, key=lambda one: len(one["spec"].get(side.lower()) or ()))
    return Cause(
        rule="network-policy",
        subject=ref(policy),
        what=f"{ref(policy)} does not let {client.ref} reach {server.ref} at port {port}",
        evidence=(
            f"it selects {server.ref if side == 'Ingress' else client.ref} for {side}",
            *said,
        ),
        edits=(_edit(policy, side, client if side == "Ingress" else server, port),),
        about=(client.ref, server.ref),
        confidence=0.75 if said else 0.65,
    )


def _edit(policy: Object, side: str, other: Workload, port: int | str) -> Edit:
    """A selector that is nearly the other's corrected, else a rule for it and this port."""
    peers, found = "from" if side == "Ingress" else "to", labels(other.object)
    rules = policy["spec"].get(side.lower()) or []
    near = [
        (n, m)
        for n, rule in enumerate(rules)
        for m, one in enumerate(rule.get(peers) or ())
        if _near(one, found)
    ]

    def by(made: Any) -> None:
        listed = made["spec"].setdefault(side.lower(), [])
        if near:
            rule = listed[near[0][0]]
            selector = rule[peers][near[0][1]]["podSelector"]
            selector["matchLabels"] = {
                k: found.get(k, v) for k, v in selector["matchLabels"].items()
            }
            if not _port(rule.get("ports"), port):
                rule["ports"] = [*rule["ports"], {"port": port, "protocol": "TCP"}]
            return
        chosen = dict((other.object["spec"].get("selector") or {}).get("matchLabels") or found)
        peer = {"podSelector": {"matchLabels": chosen}}
        listed.append({peers: [peer], "ports": [{"port": port, "protocol": "TCP"}]})

    return change(policy, f"{side}: {other.ref} at port {port}", by)


def _near(peer: Object, found: Any) -> bool:
    """Whether a peer's labels are meant for a workload: its keys, with similar values."""
    asked = (peer.get("podSelector") or {}).get("matchLabels") or {}
    return bool(asked) and all(k in found and likeness(v, found[k]) > 0.7 for k, v in asked.items())


RULE = Rule("network-policy", ("NetworkPolicy", "Service", "Pod"), find)
