"""Who is answered at all: by a real server on this machine's loopback."""

from __future__ import annotations

import socket
import stat
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from api.management.runtime import Limits

from phaseline.cli.serving import Wanted, check, is_loopback
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.tokens import Role, ensure, place
from tests.management import world
from tests.management.conftest import World, application, served


def problem(answer: httpx.Response, status: int) -> dict[str, str]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    told: dict[str, str] = answer.json()
    assert told["type"].startswith("urn:phaseline:problem:")
    assert told["fix"]
    return told


def test_only_health_is_told_without_a_token(empty: World) -> None:
    with httpx.Client(base_url=empty.address) as nobody:
        assert nobody.get("/healthz").json()["status"] == "alive"
        for path in ("/api/v1/phases", "/api/v1/openapi.json", "/nowhere", "/"):
            answer = nobody.get(path)
            problem(answer, 401)
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        for wrong in ("Bearer", "Bearer x", "Basic eDp5", f"Bearer {'x' * 5000}"):
            problem(nobody.get("/api/v1/phases", headers={"Authorization": wrong}), 401)


def test_tokens_are_for_their_owner_only_and_stay(empty: World) -> None:
    made = ensure(empty.context.state)
    assert made == ensure(empty.context.state)
    assert len(set(made.values())) == 2
    for role in Role:
        path = place(empty.context.state) / f"{role}.token"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o644)
    with pytest.raises(InvalidConfiguration, match="can be read by others"):
        ensure(empty.context.state)


CHANGES = (
    ("POST", "/runs"),
    ("POST", "/clusters"),
    ("DELETE", "/clusters/x"),
    ("PATCH", "/deployments/backend"),
    ("POST", "/ai/plans"),
    ("POST", "/operations/20270101T120000-0123abcd/cancel"),
)


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_a_reader_changes_nothing(empty: World, method: str, path: str) -> None:
    reader = empty.client(Role.READER)
    told = problem(reader.request(method, path, json={}), 403)
    assert "operator" in told["fix"]
    assert empty.launched == []
    assert reader.get("/phases").status_code == 200


@pytest.mark.parametrize("host", ["attacker.example", "127.0.0.1.attacker.example", "", "[::2]"])
def test_another_name_is_not_answered(empty: World, host: str) -> None:
    # a page of another server whose name was made to lead here
    problem(empty.client().get("/phases", headers={"Host": host}), 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:8765"])
def test_this_machines_names_are_answered(empty: World, host: str) -> None:
    assert empty.client().get("/phases", headers={"Host": host}).status_code == 200


def test_pages_of_others_may_not_ask(empty: World) -> None:
    client, own = empty.client(), empty.address
    for headers in (
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
    ):
        problem(client.post("/runs", json={}, headers=headers), 403)
    preflight = {"Origin": "http://attacker.example", "Access-Control-Request-Method": "POST"}
    answer = client.options("/runs", headers=preflight)
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert client.get("/phases", headers={"Origin": own}).status_code == 200
    assert empty.launched == []


def test_a_body_is_as_long_as_it_may_be(empty: World) -> None:
    client = empty.client()
    long = b" " * (64 * 1024 + 1)
    problem(client.post("/runs", content=long), 413)
    problem(client.post("/runs", content=(long[:1000] for _ in range(70))), 413)
    problem(client.post("/runs", content=b"{", headers={"Content-Type": "application/json"}), 422)


def test_a_flood_is_told_to_wait(tmp_path: Path) -> None:
    context = world.workspace(tmp_path)
    narrow = Limits(rate=0.001, burst=5)
    with served(application(context, lambda _: None, narrow)) as address:
        made = World(context, address)
        reader = made.client(Role.READER)
        codes = [reader.get("/phases").status_code for _ in range(8)]
        assert codes == [200] * 5 + [429] * 3
        answer = reader.get("/phases")
        problem(answer, 429)
        assert answer.headers["Retry-After"]
        # nobody is kept out by what others do
        assert made.client(Role.OPERATOR).get("/phases").status_code == 200
        made.close()


def test_more_operations_than_can_be_done_are_not_taken(tmp_path: Path) -> None:
    context = world.workspace(tmp_path)
    with served(application(context, lambda _: None, Limits(unfinished=2))) as address:
        made = World(context, address)
        client = made.client()
        codes = [client.post("/application/checks", json={}).status_code for _ in range(3)]
        assert codes == [202, 202, 429]
        made.close()


def test_what_is_no_http_is_no_crash(empty: World) -> None:
    address = urlsplit(empty.address)
    for nonsense in (
        b"\x16\x03\x01\x00\x00",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    ):
        with socket.create_connection((address.hostname, address.port or 0), timeout=5) as raw:
            raw.sendall(nonsense)
            raw.shutdown(socket.SHUT_WR)
            assert b"200 OK" not in raw.recv(1000)
    assert empty.client().get("/phases").status_code == 200


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - what is refused
        ("::", False),
        ("192.0.2.1", False),
        ("example.org", False),
        ("localhost.example.org", False),
    ],
)
def test_who_else_could_reach_it(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback
    if loopback:
        check(Wanted(host=host, port=0))
        return
    with pytest.raises(InvalidConfiguration, match="other machines") as caught:
        check(Wanted(host=host, port=0))
    assert "--cert" in caught.value.fix


def test_a_certificate_is_given_with_its_key_and_both_are_there(tmp_path: Path) -> None:
    (tmp_path / "cert.pem").write_text("")
    with pytest.raises(InvalidConfiguration, match="--cert and --key"):
        check(Wanted(host="::1", port=0, cert=str(tmp_path / "cert.pem")))
    with pytest.raises(InvalidConfiguration, match=r"--key .*no such file"):
        check(Wanted(host="::1", port=0, cert=str(tmp_path / "cert.pem"), key="nowhere.pem"))
    with pytest.raises(InvalidConfiguration, match="--port 70000"):
        check(Wanted(host="::1", port=70000))
