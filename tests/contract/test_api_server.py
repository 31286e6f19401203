"""The API server's interface, against a server that wants our certificate and answers as it does.

Paths and answers: https://kubernetes.io/docs/reference/using-api/api-concepts/.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from phaseline.core.errors import CommandFailed, InvalidConfiguration, Unreachable
from phaseline.core.files import digest_text
from phaseline.tools.api_server import connected
from phaseline.tools.api_watch import watched

PAGE = {"kind": "Service", "metadata": {"name": "page"}, "spec": {"port": 1}}
ANSWERS: dict[str, tuple[int, Any]] = {
    "/readyz": (200, "ok"),
    "/api/v1": (
        200,
        {
            "resources": [
                {"name": "services", "kind": "Service", "namespaced": True},
                {"name": "services/proxy", "kind": "ServiceProxyOptions", "namespaced": True},
                {"name": "namespaces", "kind": "Namespace", "namespaced": False},
                {"name": "secrets", "kind": "Secret", "namespaced": True},
            ]
        },
    ),
    "/api/v1/namespaces/todo": (200, {"kind": "Namespace"}),
    "/api/v1/namespaces/todo/services": (
        200,
        {"kind": "ServiceList", "items": [{"metadata": {"name": "page"}}]},
    ),
    "/api/v1/namespaces/todo/services/page": (200, PAGE),
    "/api/v1/namespaces/todo/secrets/key": (200, {"metadata": {"resourceVersion": "7"}}),
    "/api/v1/secrets": (403, {"kind": "Status", "message": "secrets is forbidden"}),
}


@dataclass(frozen=True)
class Pair:
    """A certificate with its key, as PEM."""

    certificate: bytes
    key: bytes


def pair() -> Pair:
    """A certificate that vouches for itself, for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return Pair(made.public_bytes(serialization.Encoding.PEM), private)


class Handler(BaseHTTPRequestHandler):
    """Answers from ANSWERS, and notes what was asked for."""

    protocol_version = "HTTP/1.1"
    accepted: list[str]

    def do_GET(self) -> None:
        if self.path.endswith("?watch=1") and "secrets" not in self.path:
            self.watch()
            return
        status, content = ANSWERS.get(self.path, (404, {"kind": "Status"}))
        self.accepted.append(f"{self.path} {self.headers['Accept']}")
        body = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def watch(self) -> None:
        """Tell one change, then say nothing until the client goes, or end where so asked."""
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        line = json.dumps({"type": "MODIFIED", "object": {"metadata": {"name": "page"}}}).encode()
        self.wfile.write(b"%x\r\n%s\n\r\n" % (len(line) + 1, line))
        if "ends" in self.path:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.rfile.read(1)  # until the client goes
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Nothing: the test's output is its own."""


@dataclass(frozen=True)
class Served:
    """A running server and the access to it."""

    kubeconfig: Path
    accepted: list[str]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("server")
    own, client = pair(), pair()
    for name, content in (("own", own.certificate + own.key), ("client", client.certificate)):
        (folder / f"{name}.pem").write_bytes(content)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "own.pem")
    context.load_verify_locations(folder / "client.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    accepted: list[str] = []
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Noted", (Handler,), {"accepted": accepted})
    )
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    user = {
        "client-certificate-data": base64.b64encode(client.certificate).decode(),
        "client-key-data": base64.b64encode(client.key).decode(),
    }
    (folder / "authority.pem").write_bytes(own.certificate)
    cluster = {
        "server": f"https://127.0.0.1:{server.server_port}",
        "certificate-authority": str(folder / "authority.pem"),
    }
    yield Served(kubeconfig(folder / "kubeconfig", cluster, user), accepted)
    server.shutdown()
    server.server_close()
    thread.join()


def kubeconfig(path: Path, cluster: dict[str, str], user: dict[str, str]) -> Path:
    """A kubeconfig whose current context is the second of two."""
    told = {
        "current-context": "mine",
        "contexts": [
            {"name": "other", "context": {"cluster": "none", "user": "none"}},
            {"name": "mine", "context": {"cluster": "c", "user": "u"}},
        ],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(told))
    return path


def test_lists_are_read_with_their_items_kinds(served: Served) -> None:
    with connected(served.kubeconfig) as api:
        assert api.ready()
        assert api.items("/api/v1/namespaces/todo/services", "/apis/none/v1/things") == [
            {"kind": "Service", "metadata": {"name": "page"}}
        ]


def test_objects_are_told_by_what_they_hold(served: Served) -> None:
    objects = [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "page"}},
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "page", "namespace": "b"}},
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "todo"}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}},
        {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "one"}},
    ]
    served.accepted.clear()
    with connected(served.kubeconfig) as api:
        first, *_ = states = [api.states(objects[:1], "todo"), api.states(objects, "todo")]
    assert sum(line.startswith("/api/v1 ") for line in served.accepted) == len(states)
    assert len(first["Service/page"]) == 64
    assert states[1] == {
        "Service/page": "",
        "Namespace/todo": digest_text("{}"),
        "Secret/key": "7",
        "Thing/one": "",
    }


def test_several_of_a_kind_are_asked_for_at_once(served: Served) -> None:
    folder = "/api/v1/namespaces/todo/services"
    other = PAGE | {"metadata": {"name": "other"}, "spec": {"port": 2}}
    ANSWERS[folder] = (200, {"kind": "ServiceList", "items": [PAGE, other]})
    names = ("page", "gone", "other")
    objects = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": n}} for n in names]
    served.accepted.clear()
    with connected(served.kubeconfig) as api:
        together = api.states(objects, "todo")
        asked = [line.split()[0] for line in served.accepted]
        apart = [api.states([one], "todo") for one in objects[:1]]
    assert asked == ["/api/v1", folder]
    assert together == {
        **apart[0],
        "Service/gone": "",
        "Service/other": digest_text('{"spec": {"port": 2}}'),
    }


def test_status_and_metadata_are_no_part_of_what_an_object_holds(served: Served) -> None:
    objects = [{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "page"}}]
    path = "/api/v1/namespaces/todo/services/page"
    found = []
    for change in ({}, {"status": "up"}, {"metadata": {"a": "b"}}, {"spec": {"port": 2}}):
        ANSWERS[path] = (200, PAGE | change)
        with connected(served.kubeconfig) as api:
            found.append(api.states(objects, "todo")["Service/page"])
    ANSWERS[path] = (200, PAGE)
    assert found[0] == found[1] == found[2] != found[3]


@pytest.mark.parametrize(("asked", "same"), [({}, True), ({"replicas": 1}, False)])
def test_replicas_count_where_the_manifest_asks_for_a_number(
    served: Served, asked: dict[str, int], same: bool
) -> None:
    one = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "page"}, "spec": asked}
    path = "/api/v1/namespaces/todo/services/page"
    found = []
    for replicas in (1, 2):
        ANSWERS[path] = (200, PAGE | {"spec": {"port": 1, "replicas": replicas}})
        with connected(served.kubeconfig) as api:
            found.append(api.states([one], "todo")["Service/page"])
    ANSWERS[path] = (200, PAGE)
    assert (found[0] == found[1]) is same


def test_what_a_secret_holds_is_not_asked_for(served: Served) -> None:
    served.accepted.clear()
    with connected(served.kubeconfig) as api:
        api.states([{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "key"}}], "todo")
    asked = [line for line in served.accepted if "secrets/key" in line]
    assert asked
    assert all("PartialObjectMetadata" in line for line in asked)


def test_a_refusal_is_told_in_the_servers_words(served: Served) -> None:
    with (
        connected(served.kubeconfig) as api,
        pytest.raises(CommandFailed, match="refused /api/v1/secrets") as caught,
    ):
        api.get("/api/v1/secrets")
    assert "secrets is forbidden" in caught.value.why


def test_a_stranger_is_not_answered(served: Served, tmp_path: Path) -> None:
    told = yaml.safe_load(served.kubeconfig.read_text())
    stranger = pair()
    user = {
        "client-certificate-data": base64.b64encode(stranger.certificate).decode(),
        "client-key-data": base64.b64encode(stranger.key).decode(),
    }
    path = kubeconfig(tmp_path / "kubeconfig", told["clusters"][0]["cluster"], user)
    with connected(path) as api:
        assert not api.ready()
        with pytest.raises(Unreachable):
            api.get("/api/v1")


def test_another_server_is_not_believed(served: Served, tmp_path: Path) -> None:
    told = yaml.safe_load(served.kubeconfig.read_text())
    (tmp_path / "authority.pem").write_bytes(pair().certificate)
    cluster = told["clusters"][0]["cluster"] | {
        "certificate-authority": str(tmp_path / "authority.pem")
    }
    path = kubeconfig(tmp_path / "kubeconfig", cluster, told["users"][0]["user"])
    with connected(path) as api, pytest.raises(Unreachable, match="does not answer"):
        api.get("/api/v1")


def test_access_without_a_certificate_is_named(served: Served, tmp_path: Path) -> None:
    told = yaml.safe_load(served.kubeconfig.read_text())
    path = kubeconfig(tmp_path / "kubeconfig", told["clusters"][0]["cluster"], {})
    with pytest.raises(InvalidConfiguration, match="client-certificate"), connected(path):
        pass


def test_a_change_is_heard_of_and_watching_ends_at_once(served: Served) -> None:
    threads = threading.active_count()
    with connected(served.kubeconfig) as api, watched(api, "/api/v1/pods", "/api/v1/ends") as heard:
        assert heard.wait(10)
        time.sleep(0.5)
        heard.clear()
        assert not heard.wait(0.2)  # one says nothing more, one has ended
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert threading.active_count() <= threads + 1  # the server's own, which is about to end


def test_what_cannot_be_watched_is_left_out(served: Served) -> None:
    with connected(served.kubeconfig) as api, watched(api, "/api/v1/secrets") as heard:
        assert not heard.wait(0.2)
