"""The log: one JSON object a line, each request with its id, probes in silence."""

import io
import json
import logging
import re
from collections.abc import Iterator

import httpx
import pytest
from todo.logs import configure_logging, get_logger
from todo.settings import LogFormat, LogLevel

from tests.api.service import Service


def test_a_request_is_one_line(api: httpx.Client, service: Service) -> None:
    todo = api.post("/api/todos", json={"title": "Private words"}).json()
    response = api.get(f"/api/todos/{todo['id']}", headers={"X-Request-ID": "read-1.a_b"})
    assert response.headers["X-Request-ID"] == "read-1.a_b"
    (line,) = service.request_lines("read-1.a_b")
    assert line.pop("duration_ms") > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", line.pop("time"))
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "api.requests",
        "method": "GET",
        "path": f"/api/todos/{todo['id']}",
        "request_id": "read-1.a_b",
        "route": "/api/todos/{todo_id}",
        "status": 200,
    }


def test_what_people_wrote_is_not_logged(api: httpx.Client, service: Service) -> None:
    api.post("/api/todos", json={"title": "Private words"})
    headers = {"X-Request-ID": "search"}
    api.get("/api/todos", params={"q": "Private words"}, headers=headers)
    assert service.request_lines("search")
    assert "Private" not in json.dumps(service.lines())


@pytest.mark.parametrize("given", ["", "-x", "has space", "a" * 65, 'quote"', "semi;colon"])
def test_an_odd_request_id_is_replaced(api: httpx.Client, given: str) -> None:
    made = api.get("/api/version", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert re.fullmatch(r"[0-9a-f]{32}", made)


@pytest.mark.parametrize("probe", ["/healthz", "/readyz", "/metrics"])
def test_probes_are_silent(api: httpx.Client, service: Service, probe: str) -> None:
    request_id = f"probe{probe.replace('/', '-')}"
    assert api.get(probe, headers={"X-Request-ID": request_id}).status_code == 200
    assert service.request_lines(request_id) == []


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Where the log goes meanwhile."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield io.StringIO()
    root.handlers, root.level = handlers, level


def test_errors_keep_their_trace_on_one_line(stream: io.StringIO) -> None:
    configure_logging(LogLevel.INFO, None, stream)
    try:
        raise KeyError("lost")
    except KeyError:
        logging.getLogger("uvicorn.error").exception("went wrong")
    (line,) = stream.getvalue().splitlines()
    assert "Traceback" in json.loads(line)["exception"]


@pytest.mark.parametrize(
    ("level", "heard"), [(LogLevel.DEBUG, ["quiet", "loud"]), (LogLevel.WARNING, ["loud"])]
)
def test_the_level_decides(stream: io.StringIO, level: LogLevel, heard: list[str]) -> None:
    configure_logging(level, LogFormat.JSON, stream)
    get_logger("test.levels").debug("quiet")
    get_logger("test.levels").error("loud")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == heard


def test_the_console_is_for_people(stream: io.StringIO) -> None:
    configure_logging(LogLevel.INFO, LogFormat.CONSOLE, stream)
    get_logger("test.console").info("hello", who="world")
    assert "hello" in stream.getvalue()
    with pytest.raises(json.JSONDecodeError):
        json.loads(stream.getvalue())
