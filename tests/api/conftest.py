"""Each test that asks for `api` or `new_database` runs twice: over SQLite and over PostgreSQL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import URL, Engine, create_engine, delete
from todo.models import Todo
from todo.schema import migrate

from tests.api.postgres import PostgresServer, running_postgres
from tests.api.service import Service, serving


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server that most tests share; they leave it running."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def new_database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], URL]:
    """Makes databases without tables."""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        return server.new_database

    def new_file() -> URL:
        return URL.create("sqlite", database=str(tmp_path_factory.mktemp("sqlite") / "todo.db"))

    return new_file


@pytest.fixture(scope="session")
def migrated(new_database: Callable[[], URL]) -> URL:
    """The database of the shared service."""
    url = new_database()
    migrate(url, wait_s=60.0)
    return url


@pytest.fixture(scope="session")
def service(migrated: URL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service that most tests share."""
    with serving(migrated, tmp_path_factory.mktemp("service") / "log") as running:
        yield running


@pytest.fixture(scope="session")
def engine(migrated: URL) -> Iterator[Engine]:
    """A way to the shared database around the service."""
    made = create_engine(migrated)
    yield made
    made.dispose()


@pytest.fixture
def api(service: Service, engine: Engine) -> httpx.Client:
    """A client of the shared service, which holds no todos yet."""
    with engine.begin() as connection:
        connection.execute(delete(Todo))
    return service.client


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where a service of the test's own writes its log."""
    return tmp_path / "log"
