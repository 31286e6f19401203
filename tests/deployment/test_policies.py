"""Network policies are in force: what the chart does not allow is refused, by address and Service.

The connections are tried in the networks of the application's own pods, and in that of a stranger.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from phaseline.operators.clusters.embedded.layout import PAUSE, POLICIES
from phaseline.operators.clusters.embedded.running import pod_processes
from tests.deployment import application, node
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

ELSEWHERE = "default"
STRANGER = "e2e-stranger"
PORTS = {"frontend": 8080, "backend": 8000, "database": 5432}
_REFUSED = 113  # EHOSTUNREACH: an ICMP answer that says "administratively prohibited"
_CONNECT = """
import socket, sys
with socket.socket() as one:
    one.settimeout(3)
    print(one.connect_ex((sys.argv[1], int(sys.argv[2]))))
"""
_HOLD = """
import socket, sys
one = socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
print(flush=True)
sys.stdin.readline()
one.sendall(bytes.fromhex("0000000804d2162f"))  # SSLRequest of PostgreSQL
print(one.recv(1).decode())
"""
_POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": STRANGER, "namespace": ELSEWHERE},
    "spec": {
        "terminationGracePeriodSeconds": 0,
        "containers": [{"name": "wait", "image": PAUSE, "imagePullPolicy": "Never"}],
    },
}


@dataclass(frozen=True)
class Inside:
    """The network of a pod."""

    pod: dict[str, Any]

    @property
    def address(self) -> str:
        """The pod's address."""
        return str(self.pod["status"]["podIP"])

    def argv(self, program: str, address: str, port: int) -> tuple[str, ...]:
        """A call of Python in this network."""
        process = pod_processes()[self.pod["metadata"]["uid"]]
        network = f"--net=/proc/{process}/ns/net"
        return ("nsenter", network, sys.executable, "-c", program, address, str(port))

    def connects(self, address: str, port: int) -> int:
        """0, or the number of the error (EAGAIN when nothing answers)."""
        argv = self.argv(_CONNECT, address, port)
        return int(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)


@pytest.fixture
def own(deployed: Deployed) -> dict[str, Inside]:
    """The application's pods by component."""
    label = "app.kubernetes.io/component"
    found = {
        pod["metadata"]["labels"][label]: Inside(pod)
        for pod in application.pods(deployed.workspace)
    }
    return {name: found[name] for name in PORTS}  # without the migration, which has ended


@pytest.fixture
def stranger(deployed: Deployed) -> Iterator[Inside]:
    """A pod of another namespace."""
    workspace, named = deployed.workspace, ("-n", ELSEWHERE, f"pod/{STRANGER}")
    _apply(workspace, _POD)
    try:
        application.kubectl(workspace, "wait", "--for=condition=Ready", "--timeout=30s", *named)
        yield Inside(json.loads(application.kubectl(workspace, "get", "-o", "json", *named)))
    finally:
        application.kubectl(workspace, "delete", "--now", *named)


def _service(workspace: Workspace, name: str) -> str:
    words = ("-n", application.NAMESPACE, "get", "service", name, "-o")
    return application.kubectl(workspace, *words, "jsonpath={.spec.clusterIP}")


def test_a_stranger_reaches_the_page_and_nothing_else(
    deployed: Deployed, own: dict[str, Inside], stranger: Inside
) -> None:
    tried = {name: stranger.connects(own[name].address, port) for name, port in PORTS.items()}
    assert tried == {"frontend": 0, "backend": _REFUSED, "database": _REFUSED}
    service = _service(deployed.workspace, "todo-app-backend")
    assert stranger.connects(service, PORTS["backend"]) == _REFUSED


def test_each_part_reaches_what_it_needs_and_nothing_else(
    deployed: Deployed, own: dict[str, Inside], stranger: Inside
) -> None:
    tried = {
        (one, other): own[one].connects(own[other].address, port)
        for one in PORTS
        for other, port in PORTS.items()
        if one != other
    }
    needed = {("frontend", "backend"), ("backend", "database")}
    assert tried == {pair: 0 if pair in needed else _REFUSED for pair in tried}
    kubernetes = application.kubectl(
        deployed.workspace, "get", "service", "kubernetes", "-o", "jsonpath={.spec.clusterIP}"
    )
    assert {one: inside.connects(kubernetes, 443) for one, inside in own.items()} == dict.fromkeys(
        own, _REFUSED
    )
    assert stranger.connects(kubernetes, 443) == 0


def test_a_policy_acts_at_once_and_leaves_open_connections_alone(
    deployed: Deployed, own: dict[str, Inside], stranger: Inside
) -> None:
    place = (own["database"].address, PORTS["database"])
    _apply(deployed.workspace, _opening())
    _await(stranger, place, 0)
    argv = stranger.argv(_HOLD, *place)
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdout
        held.stdout.readline()
        words = ("-n", application.NAMESPACE, "delete", "networkpolicy", "e2e-opening")
        application.kubectl(deployed.workspace, *words)
        _await(stranger, place, _REFUSED)
        answer, _ = held.communicate("go\n", timeout=10)
    assert answer.strip() in ("N", "S")


def test_a_controller_that_is_killed_opens_nothing(
    deployed: Deployed, own: dict[str, Inside], stranger: Inside
) -> None:
    controller = node.process(deployed.workspace, POLICIES)
    controller.kill()
    controller.wait(5)
    assert stranger.connects(own["database"].address, PORTS["database"]) == _REFUSED
    node.await_well(deployed.workspace, deployed.address, limit=10.0)
    assert stranger.connects(own["database"].address, PORTS["database"]) == _REFUSED


def _opening() -> dict[str, Any]:
    """A policy that lets the stranger at the database."""
    selector = {"matchLabels": {"app.kubernetes.io/component": "database"}}
    peer = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": ELSEWHERE}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "e2e-opening", "namespace": application.NAMESPACE},
        "spec": {"podSelector": selector, "ingress": [{"from": [peer]}]},
    }


def _apply(workspace: Workspace, manifest: dict[str, Any]) -> None:
    application.kubectl(workspace, "apply", "-f", "-", stdin=json.dumps(manifest))


def _await(inside: Inside, place: tuple[str, int], wanted: int, limit: float = 2.0) -> None:
    deadline = time.monotonic() + limit
    while (found := inside.connects(*place)) != wanted:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
