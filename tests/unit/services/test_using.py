from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed, Unreachable
from phaseline.core.settings import Journey
from phaseline.operators.services.journey import differing, travel
from phaseline.operators.services.live import Live, route_of, url_of

PAGE = {"name": "page", "service": "web", "port": "http", "path": "/start"}


def service(name: str, *ports: dict[str, Any]) -> Live:
    return Live({"metadata": {"name": name}, "spec": {"ports": list(ports)}}, ())


def at(service: str, node_port: int) -> str:
    return f"172.31.0.2:{node_port}"


HTTP = {"name": "http", "port": 80, "nodePort": 31234}


def test_where_an_address_answers() -> None:
    metrics = {"name": "metrics", "port": 9090, "nodePort": 30000}
    services = (service("other", HTTP), service("web", metrics, HTTP))
    assert url_of(PAGE, services, at) == "http://172.31.0.2:31234/start"


@pytest.mark.parametrize(
    "services",
    [
        (),
        (service("other", HTTP),),
        (service("web"),),
        (service("web", {"name": "http", "port": 80}),),
        (service("web", {"port": 80, "nodePort": 31234}),),
    ],
)
def test_an_address_that_cannot_be_opened_is_named(services: tuple[Live, ...]) -> None:
    with pytest.raises(CheckFailed, match="the address 'page' cannot be opened"):
        url_of(PAGE, services, at)


def ingress(
    port: str = "http", host: str = "", tls: bool = False, served: bool = True
) -> dict[str, Any]:
    backend = {"service": {"name": "web", "port": {"name": port}}}
    rule: dict[str, Any] = {"http": {"paths": [{"path": "/", "backend": backend}]}}
    if host:
        rule["host"] = host
    spec: dict[str, Any] = {"rules": [{"host": "no.http"}, rule]}
    if tls:
        spec["tls"] = [{"secretName": "own"}]
    return {"spec": spec, "status": {"loadBalancer": _LED if served else {}}}


_LED = {"ingress": [{"ip": "172.31.0.2"}]}


@pytest.mark.parametrize(
    ("one", "wanted"),
    [
        (ingress(), "http://172.31.0.2/start"),
        (ingress(host="shop.example"), "http://shop.example/start"),
        (ingress(host="shop.example", tls=True), "https://shop.example/start"),
    ],
)
def test_where_an_address_answers_by_an_ingress(one: dict[str, Any], wanted: str) -> None:
    assert route_of(PAGE, [ingress(port="metrics"), one]) == wanted


@pytest.mark.parametrize("rules", [[], [ingress(port="metrics")], [ingress(served=False)]])
def test_an_address_that_no_ingress_serves_is_named(rules: list[dict[str, Any]]) -> None:
    with pytest.raises(CheckFailed, match="no Ingress that is served leads to the port http"):
        route_of(PAGE, rules)


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        ({}, None, ""),
        ({}, [1], ""),
        ({"a": 1}, {"a": 1, "b": 2}, ""),
        ({"a": {"b": [1]}}, {"a": {"b": [1]}}, ""),
        ({"a": 1}, {"a": 2}, "'a' is 2, expected 1"),
        ({"a": 1}, {"a": "1"}, "'a' is '1', expected 1"),
        ({"a": None}, {}, "no field 'a'"),
        ({"a": 1}, None, "no field 'a'"),
        ({"a": 1}, [1], "no field 'a'"),
    ],
)
def test_the_first_difference(expected: dict[str, Any], found: Any, said: str) -> None:
    assert differing(expected, found) == said


class Notes(BaseHTTPRequestHandler):
    """Notes: POST /notes, GET and DELETE /notes/1; /page is no JSON, /late is not up."""

    kept: dict[str, Any]

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        note = json.loads(self.rfile.read(length))
        self.kept[str(len(self.kept) + 1)] = note
        self.answer(201, {"id": len(self.kept), **note})

    def do_GET(self) -> None:
        key = self.path.rpartition("/")[2]
        if self.path == "/page":
            self.answer(200, "hello")
        elif self.path == "/late":
            self.answer(503, "not yet")
        elif key in self.kept:
            self.answer(200, {"id": int(key), **self.kept[key]})
        else:
            self.answer(404, {"detail": f"no {key}"})

    def do_DELETE(self) -> None:
        del self.kept[self.path.rpartition("/")[2]]
        self.answer(204, None)

    def answer(self, status: int, body: Any) -> None:
        self.send_response(status)
        self.end_headers()
        if body is not None:
            self.wfile.write(body.encode() if isinstance(body, str) else json.dumps(body).encode())

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # it must not be asked
    handler = type("Fresh", (Notes,), {"kept": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/start"
        server.shutdown()


def journey(*requests: dict[str, Any]) -> Journey:
    return Journey.model_validate({"name": "notes", "address": "page", "requests": requests})


POST = {
    "method": "POST",
    "path": "/notes",
    "json": {"text": "a {brace} and more", "tags": ["x"]},
    "status": 201,
    "keep": {"note": "id"},
}
GET = {
    "method": "GET",
    "path": "/notes/{note}",
    "status": 200,
    "expect": {"id": "{note}", "text": "a {brace} and more", "tags": ["x"]},
}
DELETE = {"method": "DELETE", "path": "/notes/{note}", "status": 204}


def test_a_journey_keeps_what_it_was_told_and_uses_it(place: str) -> None:
    gone = {"method": "GET", "path": "/notes/{note}", "status": 404}
    assert travel(journey(POST, GET, DELETE, gone), place) == {"note": 1}


def test_what_was_kept_goes_into_what_is_sent(place: str) -> None:
    second = {**POST, "json": {"of": "{note}", "text": "after {note}"}, "keep": {}}
    seen = {"method": "GET", "path": "/notes/2", "status": 200}
    travel(journey(POST, second, {**seen, "expect": {"of": 1, "text": "after 1"}}), place)


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        ([{"method": "GET", "path": "/notes/7", "status": 200}], "answered 404, expected 200"),
        ([{**POST, "status": 200}], "request 1, POST /notes, went wrong"),
        ([{**POST, "expect": {"text": "else"}}], "'text' is 'a {brace} and more'"),
        ([POST, {**GET, "expect": {"done": False}}], "request 2, GET /notes/1"),
        ([{**POST, "keep": {"note": "uuid"}}], "no field 'uuid' to keep"),
        (
            [{"method": "GET", "path": "/page", "status": 200, "keep": {"x": "id"}}],
            "no field 'id' to keep in hello",
        ),
    ],
)
def test_what_goes_wrong_is_named(requests: list[dict[str, Any]], said: str, place: str) -> None:
    with pytest.raises(CheckFailed) as caught:
        travel(journey(*requests), place)
    assert said in str(caught.value)


def test_nobody_there_is_told_apart() -> None:
    with pytest.raises(Unreachable, match="does not answer"):
        travel(journey(POST), "http://127.0.0.1:9/")


def test_what_a_gateway_says_of_what_is_behind_it(place: str) -> None:
    late = {"method": "GET", "path": "/late", "status": 200}
    with pytest.raises(Unreachable, match="does not serve yet"):
        travel(journey(late), place)
    with pytest.raises(CheckFailed, match="request 2"):  # what was done is not done twice
        travel(journey(POST, late), place)
    travel(journey({**late, "status": 503}), place)
