"""Only this machine reaches the node, and only who is known may ask it; pods may do little."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.deployment import application
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
_LISTEN = (
    "import socket; s = socket.create_server(('', 8080)); print(flush=True)\nwhile 1: s.accept()"
)


def _ip(*words: str) -> None:
    subprocess.run(("ip", *words), check=True, capture_output=True)


class Host:
    """A host in a network namespace of its own, with this machine as its router."""

    def __init__(self, name: str, number: int) -> None:
        self.name, self.link = f"e2e-{name}", f"e2e-{number}"
        self.address = f"198.51.100.{4 * number + 2}"
        self._router = f"198.51.100.{4 * number + 1}"

    def make(self) -> None:
        """Make the namespace and the link to this machine."""
        _ip("netns", "add", self.name)
        peer = ("peer", "name", "eth0", "netns", self.name)
        _ip("link", "add", self.link, "type", "veth", *peer)
        _ip("address", "add", f"{self._router}/30", "dev", self.link)
        _ip("link", "set", self.link, "up")
        _ip("-n", self.name, "address", "add", f"{self.address}/30", "dev", "eth0")
        _ip("-n", self.name, "link", "set", "eth0", "up")
        _ip("-n", self.name, "route", "add", "default", "via", self._router)

    def remove(self) -> None:
        """Remove both."""
        for words in (("link", "delete", self.link), ("netns", "delete", self.name)):
            with suppress(subprocess.CalledProcessError):
                _ip(*words)

    def argv(self, program: str, *words: str) -> tuple[str, ...]:
        """A call of Python that runs on this host."""
        return ("ip", "netns", "exec", self.name, sys.executable, "-c", program, *words)

    def reaches(self, address: str, port: int) -> bool:
        """Whether a connection from this host comes about."""
        argv = self.argv(_CONNECT, address, str(port))
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0


@pytest.fixture
def stranger() -> Iterator[Host]:
    """Another host, for which this machine forwards: it reaches a third one through it."""
    hosts = Host("stranger", 1), Host("third", 2)
    forwarding = _FORWARDING.read_text()
    try:
        for host in hosts:
            host.make()
        _FORWARDING.write_text("1")
        with subprocess.Popen(hosts[1].argv(_LISTEN), stdout=subprocess.PIPE) as server:
            assert server.stdout
            server.stdout.readline()
            reached = hosts[0].reaches(hosts[1].address, 8080)
            server.kill()
        assert reached, "this machine does not forward: the test would prove nothing"
        yield hosts[0]
    finally:
        _FORWARDING.write_text(forwarding)
        for host in hosts:
            host.remove()


def test_another_host_reaches_nothing_of_the_node(deployed: Deployed, stranger: Host) -> None:
    place = urlsplit(deployed.address)
    assert place.hostname
    assert place.port
    assert httpx.get(deployed.address, timeout=5).status_code == 200
    for port in (place.port, 6443, 10250, 53):
        assert not stranger.reaches(place.hostname, port)


def test_the_api_server_wants_to_know_who_asks(deployed: Deployed) -> None:
    server = f"https://{urlsplit(deployed.address).hostname}:6443"
    certificates = deployed.workspace.state / "cluster/pki/ca.crt"
    with httpx.Client(verify=_trusting(certificates)) as client:
        assert client.get(f"{server}/api").status_code in (401, 403)
        assert client.get(f"{server}/api/v1/secrets").status_code in (401, 403)


def test_who_else_is_on_this_machine_has_no_key(deployed: Deployed) -> None:
    cluster = deployed.workspace.state / "cluster"
    # containerd removes folders meanwhile: os.walk passes over what is gone
    files = [Path(folder, name) for folder, _, names in os.walk(cluster) for name in names]
    found = [path for path in files if path.suffix == ".key"]
    keys = [cluster / "kubeconfig", *found, *cluster.glob("config/*.conf")]
    open_to_others = [path for path in keys if _holds_key(path) and path.stat().st_mode & 0o077]
    assert len(keys) > 5
    assert open_to_others == []


def test_the_password_is_in_nothing_that_was_written_down(deployed: Deployed) -> None:
    words = ("-n", application.NAMESPACE, "get", "secret", "todo-app-database", "-o")
    secret = application.kubectl(deployed.workspace, *words, "jsonpath={.data.password}")
    forms = [secret.encode(), base64.b64decode(secret)]
    state = deployed.workspace.state
    written = [path for path in state.rglob("*") if path.is_file() and "cluster" not in path.parts]
    assert len([path for path in written if path.suffix == ".log"]) > 20
    assert [p for p in written if any(form in p.read_bytes() for form in forms)] == []


def test_every_pod_meets_the_restricted_standard(deployed: Deployed) -> None:
    enforced = "pod-security.kubernetes.io/enforce=restricted"
    words = ("label", "namespace", application.NAMESPACE, enforced, "--overwrite")
    said = application.kubectl(deployed.workspace, *words, "--dry-run=server", errors=True)
    assert "Warning" not in said


def test_a_pod_runs_without_privileges(deployed: Deployed) -> None:
    for pod in application.pods(deployed.workspace):
        for container in pod["spec"]["containers"]:
            context = {**pod["spec"].get("securityContext", {}), **container["securityContext"]}
            assert context["runAsNonRoot"] is True, pod["metadata"]["name"]
            assert context["readOnlyRootFilesystem"] is True
            assert context["allowPrivilegeEscalation"] is False
            assert context["capabilities"]["drop"] == ["ALL"]


def _trusting(certificates: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificates))


def _holds_key(path: Path) -> bool:
    content = path.read_text()
    return "PRIVATE KEY" in content or "client-key-data" in content
