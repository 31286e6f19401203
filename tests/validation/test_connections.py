"""T045: connections between the application's pods, tried from inside: policies are in force."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.diagnosis.rules.policies import allows, types
from phaseline.operators.ai_operations.snapshot.objects import selects
from phaseline.operators.clusters import access, policies

Object = Mapping[str, Any]
_CONNECT = """
import socket, sys
with socket.socket() as one:
    one.settimeout(3)
    sys.exit(one.connect_ex((sys.argv[1], int(sys.argv[2]))) != 0)
"""


@pytest.mark.phase(6)
def test_the_connections_that_policies_forbid_fail_and_no_others(
    context: Context, objects: tuple[Object, ...], pods: list[Object]
) -> None:
    """By the release's own policies: one that somebody has added opens nothing unnoticed."""
    if reason := policies.obstacle(context):
        pytest.skip(f"forbidden connections were not tried: {reason}")
    known = [one for one in objects if one["kind"] == "NetworkPolicy"]
    networks = access.pod_processes(context)
    wanted, seen = {}, {}
    for one, other, port in _pairs(pods):
        pair = f"{_name(one)} to {_name(other)}:{port}"
        wanted[pair] = _may(known, one, other, port)
        process = networks[one["metadata"]["uid"]]
        seen[pair] = _connects(process, other["status"]["podIP"], port)
    assert set(wanted.values()) == {True, False}, "nothing is forbidden, or everything"
    assert seen == wanted


def _pairs(pods: list[Object]) -> Iterator[tuple[Object, Object, int]]:
    """Each pod with each port of each other."""
    for one in pods:
        for other in pods:
            if one is not other:
                for container in other["spec"]["containers"]:
                    for port in container.get("ports", ()):
                        yield one, other, port["containerPort"]


def _may(known: list[Object], one: Object, other: Object, port: int) -> bool:
    """Whether both sides' policies let a connection through; where none selects a pod, all may."""
    sides = (("Ingress", other, one), ("Egress", one, other))
    return all(_lets(known, side, own, peer, port) for side, own, peer in sides)


def _lets(known: list[Object], side: str, own: Object, peer: Object, port: int) -> bool:
    about = [
        policy
        for policy in known
        if side in types(policy) and selects(policy["spec"].get("podSelector"), _labels(own))
    ]
    return not about or any(allows(policy, side, _labels(peer), port) for policy in about)


def _connects(process: int, address: str, port: int) -> bool:
    network = f"--net=/proc/{process}/ns/net"
    argv = ("nsenter", network, sys.executable, "-c", _CONNECT, address, str(port))
    return subprocess.run(argv, check=False, timeout=10).returncode == 0


def _labels(pod: Object) -> Mapping[str, str]:
    found: Mapping[str, str] = pod["metadata"].get("labels", {})
    return found


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])
