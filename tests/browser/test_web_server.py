"""The image's nginx.conf in a real nginx, before backends that die."""

import json
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.browser.stack import Server, free_port, web_server
from tests.browser.upstream import Upstream, running_upstream

INDEX = "<!doctype html><title>t</title>" + "<p>text</p>" * 100


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    """A backend that a test tells how to fail."""
    with running_upstream() as upstream:
        yield upstream


@pytest.fixture
def page_folder(tmp_path: Path) -> Path:
    """A built page in small."""
    (tmp_path / "page" / "assets").mkdir(parents=True)
    (tmp_path / "page" / "index.html").write_text(INDEX)
    (tmp_path / "page" / "assets" / "todo-abc123.js").write_text("0;" * 1000)
    return tmp_path / "page"


@pytest.fixture
def web(tmp_path: Path, page_folder: Path, upstream: Upstream) -> Iterator[Server]:
    """nginx before the failing backend."""
    server = web_server(tmp_path, page_folder, upstream.url)
    server.start("/healthz")
    yield server
    server.stop()


@pytest.fixture
def client(web: Server) -> Iterator[httpx.Client]:
    """A client of that nginx."""
    with httpx.Client(base_url=web.url, trust_env=False, timeout=10) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "status", "caching"),
    [
        ("/", 200, "no-cache"),
        ("/index.html", 200, "no-cache"),
        ("/assets/todo-abc123.js", 200, "public, max-age=31536000, immutable"),
        ("/healthz", 200, "no-cache"),
        ("/readyz", 200, "no-cache"),
        ("/nowhere", 404, "no-cache"),
        ("/api/todos", 200, None),
    ],
)
def test_each_answer_says_how_long_it_may_be_kept_and_what_it_may_load(
    client: httpx.Client, path: str, status: int, caching: str | None
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert answer.headers.get("Cache-Control") == caching
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self';")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "/" not in answer.headers["Server"]


def test_text_is_compressed(client: httpx.Client) -> None:
    for path in ("/", "/assets/todo-abc123.js"):
        assert client.get(path).headers["Content-Encoding"] == "gzip"


def test_the_health_of_nginx_does_not_hang_on_the_backend(
    tmp_path: Path, page_folder: Path
) -> None:
    web = web_server(tmp_path, page_folder, f"http://127.0.0.1:{free_port()}")
    try:
        web.start("/healthz")
        answer = httpx.get(web.url + "/api/todos", trust_env=False)
    finally:
        web.stop()
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert answer.json()["detail"] == "The todo service is not answering; try again shortly."
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Retry-After"] == "2"


def test_without_its_page_it_lives_and_is_not_ready(
    client: httpx.Client, page_folder: Path
) -> None:
    (page_folder / "index.html").unlink()
    assert client.get("/readyz").status_code == 503
    assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_repeatable_request_outlives_a_broken_connection(
    client: httpx.Client, upstream: Upstream, method: str
) -> None:
    upstream.behaviours[:] = ["break"]
    answer = client.request(method, "/api/todos", content=b"kept")
    assert (answer.status_code, answer.content) == (200, b"kept")
    assert upstream.asked == [method, method]


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_any_other_request_is_never_sent_twice(
    client: httpx.Client, upstream: Upstream, method: str
) -> None:
    upstream.behaviours[:] = ["break"]
    answer = client.request(method, "/api/todos", content=b"once")
    assert answer.status_code == 502
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert upstream.asked == [method]


def test_a_repeatable_request_goes_on_to_the_next_backend(
    tmp_path: Path, page_folder: Path, upstream: Upstream
) -> None:
    web = web_server(tmp_path, page_folder, f"http://127.0.0.1:{free_port()}", upstream.url)
    try:
        web.start("/healthz")
        with httpx.Client(base_url=web.url, trust_env=False) as client:
            statuses = [client.get("/api/todos").status_code for _ in range(10)]
    finally:
        web.stop()
    assert statuses == [200] * 10


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_any_request_that_was_refused_goes_on_to_the_next_backend(
    tmp_path: Path, page_folder: Path, upstream: Upstream, method: str
) -> None:
    """Nothing was sent yet: that it may not be sent twice does not matter."""
    gone = [f"http://127.0.0.1:{free_port()}" for _ in range(3)]
    web = web_server(tmp_path, page_folder, *gone, upstream.url)
    try:
        web.start("/healthz")
        with httpx.Client(base_url=web.url, trust_env=False) as client:
            statuses = [client.request(method, "/api/todos").status_code for _ in range(10)]
    finally:
        web.stop()
    assert statuses == [200] * 10
    assert upstream.asked == [method] * 10


def test_the_backend_s_own_refusal_is_handed_on_once(
    client: httpx.Client, upstream: Upstream
) -> None:
    upstream.behaviours[:] = ["refuse"]
    answer = client.get("/api/todos")
    assert (answer.status_code, answer.headers.get_list("Retry-After")) == (503, ["7"])
    assert upstream.asked == ["GET"]


def test_an_old_connection_ends_with_an_answer_that_says_so(client: httpx.Client) -> None:
    """So that none is in use when a pod that has been leaving for longer ends."""
    assert client.get("/").headers["Connection"] == "keep-alive"
    time.sleep(4.1)
    assert client.get("/").headers["Connection"] == "close"
    assert client.get("/").headers["Connection"] == "keep-alive"


def test_a_request_under_way_is_finished_before_nginx_ends(web: Server, upstream: Upstream) -> None:
    upstream.behaviours[:] = ["wait"]
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(httpx.get, web.url + "/api/todos", trust_env=False, timeout=10)
        while not upstream.asked:
            pass
        assert web.stop(signal.SIGQUIT) == 0
        assert under_way.result().status_code == 200


def test_every_request_is_one_json_object_in_the_log(web: Server, client: httpx.Client) -> None:
    client.get('/nowhere?q="quoted"', headers={"User-Agent": 'a "strange" \\ agent'})
    client.get("/api/todos")
    client.get("/healthz")
    web.stop(signal.SIGQUIT)
    lines = [json.loads(line) for line in web.log.splitlines() if line.startswith("{")]
    assert [(line["method"], line["status"]) for line in lines] == [("GET", 404), ("GET", 200)]
    assert lines[0]["agent"] == 'a "strange" \\ agent'
    assert lines[1]["upstream_status"] == "200"
