"""Connections: pools, limits, transactions, and the translation of a database's failures."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy import exc as sa_exc
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry

from todo.errors import DatabaseUnavailable

POOL_SIZE = 5
POOL_OVERFLOW = 5
POOL_TIMEOUT_S = 3
POOL_RECYCLE_S = 1800
CONNECT_TIMEOUT_S = 3
STATEMENT_TIMEOUT_MS = 5000
LOCK_TIMEOUT_MS = 3000
IDLE_IN_TRANSACTION_MS = 10_000
SQLITE_BUSY_S = 3

_WRITES = "todo_writes"
_UNAVAILABLE = (sa_exc.OperationalError, sa_exc.InterfaceError, sa_exc.TimeoutError)


def service_engine(url: URL) -> Engine:
    """The engine that serves requests: pooled, every wait with a limit. Does not connect."""
    return _engine(
        url,
        pool_size=POOL_SIZE,
        max_overflow=POOL_OVERFLOW,
        pool_timeout=POOL_TIMEOUT_S,
        pool_recycle=POOL_RECYCLE_S,
        pool_pre_ping=True,
    )


def probe_engine(url: URL) -> Engine:
    """An engine that connects anew each time, so that a busy pool does not look like an outage."""
    return _engine(url, poolclass=NullPool)


def migration_engine(url: URL, lock_timeout_s: float) -> Engine:
    """An engine whose statements may take long; only the wait for locks has a limit."""
    return _engine(
        url,
        poolclass=NullPool,
        statement_timeout_ms=0,
        lock_timeout_ms=int(lock_timeout_s * 1000),
    )


def _engine(
    url: URL,
    *,
    statement_timeout_ms: int = STATEMENT_TIMEOUT_MS,
    lock_timeout_ms: int = LOCK_TIMEOUT_MS,
    **options: Any,
) -> Engine:
    # Parameters are what people typed: they stay out of error messages and logs.
    options["hide_parameters"] = True
    if url.get_backend_name() == "sqlite":
        busy_s = max(SQLITE_BUSY_S, lock_timeout_ms / 1000)
        return _prepared(create_engine(url, connect_args={"timeout": busy_s}, **options))
    arguments = _postgresql_arguments(statement_timeout_ms, lock_timeout_ms)
    return create_engine(url, connect_args=arguments, **options)


def _postgresql_arguments(statement_timeout_ms: int, lock_timeout_ms: int) -> dict[str, Any]:
    limits = {
        "statement_timeout": statement_timeout_ms,
        "lock_timeout": lock_timeout_ms,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_MS,
    }
    return {
        "application_name": "todo",
        "connect_timeout": CONNECT_TIMEOUT_S,
        # A peer that vanished without a word is noticed in seconds, not in the kernel's hours.
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": STATEMENT_TIMEOUT_MS,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
    }


def _prepared(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _on_connect(connection: SqliteConnection, _entry: ConnectionPoolEntry) -> None:
        # Python's sqlite3 would begin transactions on its own, too late and not for tables.
        connection.isolation_level = None
        connection.execute("PRAGMA journal_mode=WAL")
        # SQLite lowers ASCII only, and a search should find É by é.
        connection.create_function("lower", 1, str.lower, deterministic=True)

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A writer takes its lock before it reads: it then waits, instead of failing half-way.
        writes = connection.get_execution_options().get(_WRITES, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


@contextmanager
def translated_failures() -> Iterator[None]:
    """Turn a driver's failure to reach or use the database into DatabaseUnavailable."""
    try:
        yield
    except _UNAVAILABLE as error:
        raise DatabaseUnavailable() from error


class Database:
    """Transactions over one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._readers = sessionmaker(engine, expire_on_commit=False)
        self._writers = sessionmaker(
            engine.execution_options(**{_WRITES: True}), expire_on_commit=False
        )

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads; raises DatabaseUnavailable."""
        with translated_failures(), self._readers.begin() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that commits at its end, or undoes all; raises DatabaseUnavailable."""
        with translated_failures(), self._writers.begin() as session:
            yield session

    def close(self) -> None:
        """Close the idle connections."""
        self._engine.dispose()


@contextmanager
def writing_connection(engine: Engine) -> Iterator[Connection]:
    """A plain connection in one writing transaction, for migrations."""
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        yield connection
