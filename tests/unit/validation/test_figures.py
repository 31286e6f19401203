from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.etree import ElementTree

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.core.settings import Budgets, PodBudget
from phaseline.operators.validation import figures, load, performance, plot
from phaseline.operators.validation.figures import Figure, Use
from phaseline.operators.validation.load import Request, percentile

NAMES = {"shop/web:1": "web", "shop/data:1": "data"}


def request(at: float, milliseconds: float, status: int = 200) -> Request:
    return Request(at=at, seconds=milliseconds / 1000, status=status)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        ([], 50, 0.0),
        ([7.0], 99, 7.0),
        ([3.0, 1.0, 2.0, 4.0], 50, 2.0),
        ([float(n) for n in range(1, 101)], 95, 95.0),
        ([float(n) for n in range(1, 201)], 99, 198.0),
    ],
)
def test_percentiles_by_the_nearest_rank(
    values: list[float], percent: float, expected: float
) -> None:
    assert percentile(values, percent) == expected


def test_a_load_is_told_in_percentiles_throughput_and_losses() -> None:
    answered = [request(n / 100, 10 + n) for n in range(100)]
    lost = [request(0.5, 5000, 0), request(0.6, 1, 503)]
    found = {one.case: one for one in figures.of_load([*answered, *lost], Budgets())}
    assert found["latency, 50 %"].figure == pytest.approx(59)
    assert found["latency, 99 %"].figure == pytest.approx(108)
    assert found["throughput"].figure == pytest.approx(100 / 5.5)
    assert found["requests without an answer"].figure == 2
    assert [one.case for one in found.values() if not one.ok] == [
        "throughput",
        "requests without an answer",
    ]


def pod(image: str, *, ready: str = "True", restarts: int = 0, uid: str = "u") -> dict[str, Any]:
    condition = {"type": "Ready", "status": ready, "lastTransitionTime": "2026-01-01T00:00:07Z"}
    return {
        "metadata": {"uid": uid, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"containers": [{"image": image}]},
        "status": {"conditions": [condition], "containerStatuses": [{"restartCount": restarts}]},
    }


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        ([pod("shop/web:1")], {"start of web": 7.0}),
        ([pod("shop/web:1", ready="False")], {}),
        ([pod("shop/web:1", restarts=1)], {}),
        ([pod("other:1")], {}),
    ],
)
def test_the_start_of_a_pod_is_until_it_was_first_ready(
    pods: list[dict[str, Any]], expected: dict[str, float]
) -> None:
    found = list(figures.of_starts(pods, NAMES, 5.0))
    assert {one.case: one.figure for one in found} == expected
    assert not any(one.ok for one in found)


def test_the_largest_pod_counts() -> None:
    def told(uid: str, memory: int) -> dict[str, Any]:
        return {
            "podRef": {"uid": uid},
            "cpu": {"usageNanoCores": 5 * 10**7},
            "memory": {"workingSetBytes": memory},
        }

    pods = [pod("shop/web:1", uid="a"), pod("shop/web:1", uid="b")]
    summary = {"pods": [told("a", 10**7), told("b", 3 * 10**7), told("stranger", 10**9)]}
    found = figures.of_summaries([summary, {}], pods, NAMES)
    assert found == {"web": Use(cpu=0.05, memory=3 * 10**7)}
    budgets = Budgets(pods={"web": PodBudget(memory_mb=20, idle_cpu_percent=10)})
    memory, idle = figures.of_use(found, found, budgets)
    assert (memory.ok, idle.ok) == (False, True)
    assert str(memory) == "memory of web: 30 MB, at most 20"
    assert str(idle) == "idle processor use of web: 5 % of a core, at most 10"


def test_what_is_beyond_its_budget_is_named() -> None:
    good = Figure(case="memory of web", figure=9, unit="MB", at_most=10)
    slow = Figure(case="throughput", figure=9, unit="requests/s", at_least=10)
    performance.require([good])
    with pytest.raises(CheckFailed, match="beyond its budgets") as caught:
        performance.require([good, slow])
    assert caught.value.why == "throughput: 9 requests/s, at least 10"


def test_a_plot_is_an_image_that_needs_nothing() -> None:
    requests = [request(n / 500, n % 90) for n in range(4000)] + [request(1, 1, 500)]
    drawn = plot.svg(requests, "answers & <more>")
    tree = ElementTree.fromstring(drawn)  # noqa: S314 - we have just made it
    name = "{http://www.w3.org/2000/svg}"
    dots = tree.findall(f"{name}circle")
    assert 500 < len(dots) <= 1500
    for dot in dots:
        assert plot.LEFT <= float(dot.attrib["cx"]) <= plot.WIDTH
        assert 0 <= float(dot.attrib["cy"]) <= plot.HEIGHT
    assert tree.findtext(f"{name}title") == "answers & <more>"
    assert "href" not in drawn


def test_nothing_answered_is_drawn_too() -> None:
    ElementTree.fromstring(plot.svg([request(0, 1, 0)], "none"))  # noqa: S314 - as above


@pytest.fixture
def server() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        count = 0

        def do_GET(self) -> None:
            type(self).count += 1
            self.send_response(503 if self.count == 3 else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}/"
        serving.shutdown()


def test_each_request_of_a_load_is_told(server: str) -> None:
    found = load.put(server, clients=2, seconds=0.3)
    assert [one.status for one in found].count(503) == 1
    assert {one.status for one in found} == {200, 503}
    assert found == sorted(found, key=lambda one: one.at)


def test_where_nothing_answers_every_request_is_lost() -> None:
    found = load.put("http://127.0.0.1:9/", clients=1, seconds=0.2)
    assert found
    assert {one.status for one in found} == {0}
