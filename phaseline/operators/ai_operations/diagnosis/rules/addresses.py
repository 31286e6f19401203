"""Workloads that are told to talk to a Service that is not there, or to a port that it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.addresses import Address, named
from phaseline.operators.ai_operations.diagnosis.common import (
    edit_container,
    lines_with,
    quoted,
    running,
)
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule, change
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, healthy

_UNKNOWN = re.compile(
    r"name or service not known|could not translate host|no such host|getaddrinfo|nxdomain|"
    r"temporary failure in name resolution|host not found|unknown host|could not resolve|"
    r"nodename nor servname|bad address|name does not resolve",
    re.I,
)
FAILS = re.compile(r"refused|timed? ?out|unreachable|connection|connect", re.I)


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Addresses that lead nowhere, of workloads that are unwell or complain of it."""
    for workload in snapshot.workloads(namespace):
        seen = set()
        for address in named(snapshot, workload):
            wrong = _wrong(snapshot, workload, address)
            key = (address.host, address.port, address.variable)
            if wrong and key not in seen:
                seen.add(key)
                log = "\n".join(one.logs(snapshot) for one in running(workload))
                lines = _complaints(log, address)
                if lines or not healthy(workload.object):
                    yield _cause(snapshot, workload, address, lines)


def _complaints(log: str, address: Address) -> list[str]:
    both = lines_with(log, _UNKNOWN) + lines_with(log, FAILS)
    about = [line for line in both if address.host in line or str(address.port) in line]
    return about or lines_with(log, _UNKNOWN)


def _wrong(snapshot: Snapshot, workload: Workload, address: Address) -> bool:
    place, name = address.service(workload.ref.namespace)
    if place not in snapshot.namespaces and place != workload.ref.namespace:
        return name in snapshot.names("Service", workload.ref.namespace)
    service = snapshot.get("Service", place, name)
    if service is None:
        return place == workload.ref.namespace
    numbers = {port["port"] for port in service["spec"].get("ports") or ()}
    return bool(address.port) and address.port not in numbers


def _cause(snapshot: Snapshot, workload: Workload, address: Address, lines: list[str]) -> Cause:
    place, name = address.service(workload.ref.namespace)
    service = snapshot.get("Service", place, name)
    host, port = address.host, address.port
    if service is None:
        host = _meant(snapshot, workload, name)
        target = snapshot.get("Service", workload.ref.namespace, host) if host else None
        port = _port(target, address.port) if target else address.port
        what = f"{address.variable} names the host {address.host}, and there is no such Service"
    else:
        port = _port(service, address.port)
        what = f"{address.variable}: Service/{name} has no port {address.port}"
    possible = bool(host and (port or not address.port))
    edits = (_edit(snapshot, workload, address, host, port),) if possible else ()
    services = ", ".join(snapshot.names("Service", workload.ref.namespace)) or "none"
    return Cause(
        rule="address",
        subject=workload.ref,
        what=what,
        evidence=(f"Services here: {services}", *quoted(lines)),
        edits=edits,
        about=(Ref("Service", workload.ref.namespace, host or name),),
        confidence=(0.9 if lines else 0.75) if edits else 0.6,
        advice="" if edits else f"correct {address.variable}, or make the Service",
    )


def _meant(snapshot: Snapshot, workload: Workload, name: str) -> str:
    known = snapshot.names("Service", workload.ref.namespace)
    return meant(name, known, least=0.7)


def _port(service: Object, now: int) -> int:
    numbers = [int(port["port"]) for port in service["spec"].get("ports") or ()]
    if not now or now in numbers:
        return now
    return numbers[0] if len(numbers) == 1 else 0


def _edit(snapshot: Snapshot, workload: Workload, address: Address, host: str, port: int) -> Edit:
    """The value with another host and port, where it stands."""
    new_host = host if address.service("")[1] != host else address.host
    words = f"{address.variable}: {new_host}{f':{port}' if port else ''} instead of "
    words += f"{address.host}{f':{address.port}' if address.port else ''}"
    if address.in_port and new_host == address.host:
        return _port_edit(workload, address, port, words)

    def put(value: str) -> str:
        old = (
            f"{address.host}:{address.port}"
            if address.port and not address.in_port
            else address.host
        )
        new = f"{new_host}:{port}" if address.port and not address.in_port else new_host
        # after the user of a URL, who may have the host's name
        pattern = rf"(^|//|@)((?:[^/@\s]*@)?){re.escape(old)}(?=$|[/?:\s,;])"
        return re.sub(pattern, lambda found: f"{found[1]}{found[2]}{new}", value, count=1)

    if address.holder:
        holder = snapshot.get("ConfigMap", workload.ref.namespace, address.holder)
        assert holder is not None

        def in_holder(made: Any) -> None:
            made["data"][address.key] = put(made["data"][address.key])

        return change(holder, words, in_holder)

    def by(container: Any) -> None:
        for one in container["env"]:
            if one["name"] == address.variable:
                one["value"] = put(one["value"])

    return edit_container(workload, address.container, words, by)


def _port_edit(workload: Workload, address: Address, port: int, words: str) -> Edit:
    def by(container: Any) -> None:
        for one in container["env"]:
            if one["name"] == address.in_port:
                one["value"] = str(port)

    return edit_container(workload, address.container, words, by)


RULE = Rule("address", ("Pod", "Service", "ConfigMap", "Log"), find)
