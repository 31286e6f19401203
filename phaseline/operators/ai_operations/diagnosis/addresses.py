"""The hosts and ports that variables, arguments and ConfigMaps of a workload name. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, containers

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_URL = re.compile(
    rf"[a-z][a-z0-9+]*://(?:[^/@\s]*@)?(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>\d{{1,5}}))?(?=[/?\s,;]|$)"
)
_PLAIN = re.compile(rf"^(?P<host>{_LABEL}(?:\.{_LABEL})*)(?::(?P<port>\d{{1,5}}))?$")
_OF_HOST = re.compile(
    r"HOST|ADDR|URL|URI|ENDPOINT|SERVER|UPSTREAM|BACKEND|SERVICE|BROKER|DSN", re.I
)
_OF_PORT = re.compile(r"^(?P<stem>.+?)_?PORT$", re.I)


@dataclass(frozen=True)
class Address:
    """A host, with its port where one is named (else 0), and where it stands.

    Attributes:
        variable: of which variable it is the value; holder: the ConfigMap that has it, "" for the
            workload itself; key: its key there. in_port: the variable that has the port, if other.
    """

    container: str
    variable: str
    host: str
    port: int
    holder: str = ""
    key: str = ""
    in_port: str = ""

    def service(self, namespace: str) -> tuple[str, str]:
        """The namespace and name of the Service that it would be."""
        parts = self.host.split(".")
        return (parts[1] if len(parts) > 1 else namespace), parts[0]


def named(snapshot: Snapshot, workload: Workload) -> Iterator[Address]:
    """The addresses of a workload that may be Services: of one label, or ending as theirs do."""
    for container in containers(workload.spec):
        known = list(_values(snapshot, workload, container))
        by_name = {name: value for name, value, _, _ in known}
        for name, value, holder, key in known:
            for host, port in _hosts(name, value):
                other, number = _port_beside(name, by_name) if not port else ("", port)
                yield Address(container["name"], name, host, number, holder, key, other)


def _values(
    snapshot: Snapshot, workload: Workload, container: Object
) -> Iterator[tuple[str, str, str, str]]:
    """Each variable with its value, and the ConfigMap and key that it comes from."""
    place = workload.ref.namespace
    for one in container.get("env") or ():
        source = (one.get("valueFrom") or {}).get("configMapKeyRef")
        if "value" in one:
            yield one["name"], one["value"], "", ""
        elif source and (found := snapshot.get("ConfigMap", place, source["name"])):
            value = (found.get("data") or {}).get(source["key"], "")
            yield one["name"], value, source["name"], source["key"]
    for one in container.get("envFrom") or ():
        source = one.get("configMapRef")
        if source and (found := snapshot.get("ConfigMap", place, source["name"])):
            for key, value in (found.get("data") or {}).items():
                yield one.get("prefix", "") + key, value, source["name"], key


def _hosts(name: str, value: str) -> Iterator[tuple[str, int]]:
    found = list(_URL.finditer(value))
    if not found and _OF_HOST.search(name) and (plain := _PLAIN.match(value)):
        found = [plain]
    for one in found:
        if _is_service(one["host"]):
            yield one["host"], int(one["port"] or 0)


def _is_service(host: str) -> bool:
    if host in ("localhost", "true", "false") or host.replace(".", "").isdecimal():
        return False
    parts = host.split(".")
    return len(parts) == 1 or "svc" in parts[2:3] or (len(parts) == 2 and parts[1] not in _TOP)


_TOP = {
    "com",
    "org",
    "net",
    "io",
    "dev",
    "local",
    "example",
    "app",
    "internal",
    "test",
    "localhost",
}


def _port_beside(name: str, known: dict[str, str]) -> tuple[str, int]:
    """`DB_PORT` beside `DB_HOST`."""
    stem = re.sub(r"_?(HOST|ADDR(ESS)?|SERVER)$", "", name, flags=re.I)
    for other, value in known.items():
        match = _OF_PORT.match(other)
        if match and match["stem"] == stem and value.isdecimal():
            return other, int(value)
    return "", 0
