"""What Prometheus gets to read."""

import time
from collections.abc import Callable

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import URL
from todo.database import Database, service_engine
from todo.errors import DatabaseUnavailable
from todo.metrics import TALLY_TTL_S, Metrics
from todo.service import TodoService
from todo.store import Tally

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found.get((name, frozenset(labels.items())), 0.0)


@pytest.mark.parametrize(
    ("method", "path", "labels"),
    [
        ("GET", "/api/todos", {"method": "GET", "route": "/api/todos", "status": "200"}),
        (
            "GET",
            "/api/todos/7",
            {"method": "GET", "route": "/api/todos/{todo_id}", "status": "422"},
        ),
        ("GET", "/secret/7", {"method": "GET", "route": "(unmatched)", "status": "404"}),
        ("BREW", "/api/todos", {"method": "OTHER", "route": "/api/todos", "status": "405"}),
    ],
)
def test_requests_are_counted_and_timed_by_template(
    api: httpx.Client, method: str, path: str, labels: dict[str, str]
) -> None:
    before = samples(api.get("/metrics").text)
    api.request(method, path)
    # A request is counted after its answer; the next one may overtake that by a moment.
    time.sleep(0.05)
    after = samples(api.get("/metrics").text)
    for name in ("http_requests_total", "http_request_duration_seconds_count"):
        assert value(after, name, **labels) == value(before, name, **labels) + 1
    assert value(after, "http_request_duration_seconds_sum", **labels) > 0


def test_the_build_is_told(api: httpx.Client) -> None:
    found = samples(api.get("/metrics").text)
    assert value(found, "todo_build_info", version="0.1.0", revision="unknown") == 1


def test_a_scrape_tells_the_tally(migrated: URL, api: httpx.Client) -> None:
    for number in range(3):
        todo = api.post("/api/todos", json={"title": "x"}).json()
        api.patch(f"/api/todos/{todo['id']}", json={"done": number == 0})
    database = Database(service_engine(migrated))
    found = samples(Metrics(TodoService(database).tally, "r").render().decode())
    database.close()
    assert value(found, "todo_items", status="open") == 2
    assert value(found, "todo_items", status="done") == 1


class _Counting:
    def __init__(self, count: Callable[[int], Tally]) -> None:
        self.calls = 0
        self._count = count

    def __call__(self) -> Tally:
        self.calls += 1
        return self._count(self.calls)


def test_frequent_scrapes_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    count = _Counting(lambda calls: Tally(open=calls, done=0))
    figures = Metrics(count, "r")
    assert count.calls == 0
    for _ in range(3):
        found = samples(figures.render().decode())
        assert value(found, "todo_items", status="open") == 1

    later = time.monotonic() + TALLY_TTL_S
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert value(samples(figures.render().decode()), "todo_items", status="open") == 2


def test_without_a_database_the_rest_is_told() -> None:
    def away(_calls: int) -> Tally:
        raise DatabaseUnavailable

    count = _Counting(away)
    figures = Metrics(count, "r")
    for _ in range(2):
        text = figures.render().decode()
        assert "todo_items" not in text
        assert "todo_build_info" in text
    assert count.calls == 1
