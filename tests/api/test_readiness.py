"""Alive and ready are two things: the first is the process, the second the database as well."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import URL, create_engine, text
from todo.schema import migrate

from tests.api.postgres import PostgresServer
from tests.api.service import Service, serving


@pytest.fixture(scope="module")
def outage(
    own_postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """A service whose database the tests may take away."""
    url = own_postgres.new_database()
    migrate(url, wait_s=60.0)
    with serving(url, tmp_path_factory.mktemp("outage") / "log") as running:
        yield running


def refusal(response: httpx.Response) -> dict[str, Any]:
    assert response.status_code == 503, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.headers["Retry-After"]
    body: dict[str, Any] = response.json()
    return body


def test_ready_once_the_schema_is_there(new_database: Callable[[], URL], log: Path) -> None:
    url = new_database()
    with serving(url, log) as service:
        assert service.client.get("/healthz").json() == {"status": "alive"}
        problem = refusal(service.client.get("/readyz"))
        assert problem["type"] == "urn:todo:problem:schema-not-current"
        assert "python -m todo migrate" in problem["detail"]

        migrate(url, wait_s=60.0)
        assert service.client.get("/readyz").json() == {"status": "ready"}

        _stamp(url, "from_elsewhere")
        problem = refusal(service.client.get("/readyz"))
        assert "from_elsewhere" in problem["detail"]


def test_goes_on_when_a_later_release_has_migrated(
    new_database: Callable[[], URL], log: Path
) -> None:
    url = new_database()
    migrate(url, wait_s=60.0)
    _stamp(url, "9000")
    with serving(url, log) as service:
        assert service.client.get("/readyz").json() == {"status": "ready"}


def _stamp(url: URL, revision: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        statement = text("UPDATE alembic_version SET version_num = :revision")
        connection.execute(statement, {"revision": revision})
    engine.dispose()


def test_an_outage_ends_without_a_restart(outage: Service, own_postgres: PostgresServer) -> None:
    client = outage.client
    created = client.post("/api/todos", json={"title": "Survives"}).json()
    assert client.get("/readyz").status_code == 200

    own_postgres.stop()
    problem = refusal(client.get("/readyz"))
    assert problem["type"] == "urn:todo:problem:database-unavailable"
    refusal(client.get("/api/todos"))
    refusal(client.post("/api/todos", json={"title": "Lost"}))
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 200

    own_postgres.start()
    assert client.get("/readyz").status_code == 200
    assert client.get("/api/todos").json()["items"] == [created]


def test_a_restart_between_two_requests_is_not_noticed(
    outage: Service, own_postgres: PostgresServer
) -> None:
    assert outage.client.get("/api/todos").status_code == 200
    own_postgres.stop()
    own_postgres.start()
    assert outage.client.get("/api/todos").status_code == 200


def test_a_database_that_hangs_is_given_up_after_a_second(
    outage: Service, own_postgres: PostgresServer
) -> None:
    with own_postgres.frozen():
        started = time.monotonic()
        problem = refusal(outage.client.get("/readyz"))
        assert 0.9 < time.monotonic() - started < 1.8
        assert "within 1 s" in problem["detail"]
        assert outage.client.get("/healthz").status_code == 200
    assert outage.client.get("/readyz").status_code == 200
