"""What is seen of a workspace's cluster beside its objects, without changing anything.

The keys of Secrets, from who manages which field, so that no value is ever asked for; the ports on
which pods listen, from the kernel; and what a pod answers, through the API server's proxy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.tools.api_server import ApiServer

Keys = Callable[[str], dict[str, tuple[str, ...]]]
Listening = Callable[[Any], frozenset[int] | None]
Answers = Callable[[Any, int, str], int]
_LISTEN = "0A"  # of include/net/tcp_states.h
_PROC = Path("/proc")


def of(context: Context, admin: ApiServer) -> tuple[Keys, Listening, Answers]:
    """The three, for as long as `admin` is connected."""
    return _keys(admin), _listening(context), _answers(admin)


def _keys(admin: ApiServer) -> Keys:
    def keys(namespace: str) -> dict[str, tuple[str, ...]]:
        listed = admin.metadata(f"/api/v1/namespaces/{namespace}/secrets")
        return {one["name"]: tuple(dict.fromkeys(held(one))) for one in listed}

    return keys


def held(metadata: Any) -> Iterator[str]:
    """The keys of an object's data, from its managed fields (FieldsV1)."""
    for manager in metadata.get("managedFields") or ():
        for field in (manager.get("fieldsV1") or {}).get("f:data") or ():
            if field.startswith("f:"):
                yield field.removeprefix("f:")


def _listening(context: Context) -> Listening:
    @cache
    def processes() -> dict[str, int]:
        try:
            return access.pod_processes(context)
        except CheckFailed:  # not a cluster of this machine
            return {}

    def listening(pod: Any) -> frozenset[int] | None:
        process = processes().get(pod["metadata"].get("uid", ""))
        if process is None or pod["spec"].get("hostNetwork"):
            return None
        return ports(process)

    return listening


def ports(process: int, proc: Path = _PROC) -> frozenset[int] | None:
    """The TCP ports on which the network of a process is listened to, on any but loopback.

    Format of /proc/PID/net/tcp: proc_net_tcp.rst of the kernel's documentation.
    """
    try:
        tables = [(proc / str(process) / "net" / name).read_text() for name in ("tcp", "tcp6")]
    except OSError:
        return None
    rows = [line.split() for table in tables for line in table.splitlines()[1:]]
    found = (row[1].split(":") for row in rows if row[3] == _LISTEN)
    return frozenset(int(port, 16) for address, port in found if not _loopback(address))


def _loopback(address: str) -> bool:
    return (address.endswith("7F") and len(address) == 8) or address == "0" * 24 + "01000000"


def _answers(admin: ApiServer) -> Answers:
    def answers(pod: Any, port: int, path: str) -> int:
        metadata = pod["metadata"]
        place = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}:{port}/proxy"
        return admin.status(f"{place}{quote(path, safe='/?=&')}")

    return answers
