"""SIGTERM: what is in flight is finished, what hangs is left, and the process is gone in time."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, create_engine, text
from todo.schema import migrate

from tests.api.service import Service, serving

EXIT_WITHIN_S = 2.0


@pytest.fixture
def url(new_database: Callable[[], URL]) -> URL:
    """A migrated database of the test's own."""
    made = new_database()
    migrate(made, wait_s=60.0)
    return made


@pytest.fixture
def own_service(url: URL, log: Path) -> Iterator[Service]:
    """A service that the test ends."""
    with serving(url, log) as running:
        yield running


@contextmanager
def locked(url: URL) -> Iterator[None]:
    """Meanwhile every change of a todo waits."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            if url.get_backend_name() == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(text("LOCK TABLE todos IN EXCLUSIVE MODE"))
            yield
            connection.rollback()
    finally:
        engine.dispose()


def test_idle_it_ends_at_once(own_service: Service) -> None:
    assert own_service.client.get("/healthz").status_code == 200
    assert own_service.terminate() < EXIT_WITHIN_S
    assert own_service.process.returncode == 0


def test_a_request_in_flight_is_finished(own_service: Service, url: URL) -> None:
    with ThreadPoolExecutor() as pool:
        with locked(url):
            answer = pool.submit(own_service.client.post, "/api/todos", json={"title": "Late"})
            time.sleep(0.3)
            own_service.process.terminate()
            time.sleep(0.3)
            assert not answer.done()
        released = time.monotonic()
        assert answer.result(timeout=5).status_code == 201
        own_service.process.wait(timeout=5)
        assert time.monotonic() - released < EXIT_WITHIN_S
    assert own_service.process.returncode == 0


def test_more_grace_finishes_what_takes_longer(url: URL, log: Path) -> None:
    with (
        serving(url, log, {"TODO_GRACE": "8"}) as service,
        ThreadPoolExecutor() as pool,
    ):
        with locked(url):
            answer = pool.submit(service.client.post, "/api/todos", json={"title": "Later"})
            time.sleep(0.3)
            service.process.terminate()
            time.sleep(EXIT_WITHIN_S)
            assert not answer.done()
        assert answer.result(timeout=5).status_code == 201
        service.process.wait(timeout=5)
    assert service.process.returncode == 0


def test_a_request_that_hangs_does_not_hold_it_up(own_service: Service, url: URL) -> None:
    with ThreadPoolExecutor() as pool, locked(url):
        answer = pool.submit(own_service.client.post, "/api/todos", json={"title": "Never"})
        time.sleep(0.3)
        assert own_service.terminate() < EXIT_WITHIN_S
        failed = answer.exception(timeout=5)
        assert isinstance(failed, httpx.TransportError) or answer.result().is_server_error
    assert own_service.process.returncode == 0
