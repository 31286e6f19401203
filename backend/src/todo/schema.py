"""The schema's revision: what it is, what it should be, and how it gets there."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import URL, Connection, Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from tenacity import RetryCallState, Retrying, retry_if_exception_type
from tenacity.stop import stop_after_delay
from tenacity.wait import wait_exponential

from todo.database import migration_engine, probe_engine, translated_failures, writing_connection
from todo.errors import DatabaseUnavailable, SchemaNotCurrent
from todo.logs import get_logger

# Any number will do, as long as every release uses the same one.
ADVISORY_LOCK = 7_110_631_020_482_471_681

_log = get_logger(__name__)


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's settings; the migrations come from inside this package."""
    config = Config()
    config.set_main_option("script_location", "todo:migrations")
    config.attributes["connection"] = connection
    return config


def head_revision() -> str:
    """The revision that this release was written for."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migrations")
    return head


def current_revision(connection: Connection) -> str | None:
    """The revision that the database is at; None when it was never migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def is_later(current: str | None, expected: str) -> bool:
    """Whether `current` is of a later release: revisions are numbered.

    Each migration leaves a schema with which the release before it goes on working, so that an
    old pod beside a new one serves, and a release can be taken back without its migration.
    """
    return current is not None and current.isdecimal() and int(current) > int(expected)


class Readiness:
    """Tells whether requests can be served."""

    def __init__(self, url: URL) -> None:
        self._engine = probe_engine(url)
        self._expected = head_revision()

    def check(self) -> None:
        """Ask the database; raises DatabaseUnavailable, or SchemaNotCurrent if it is behind."""
        with translated_failures(), self._engine.connect() as connection:
            current = current_revision(connection)
        if current != self._expected and not is_later(current, self._expected):
            raise SchemaNotCurrent(current, self._expected)


def migrate(url: URL, wait_s: float) -> None:
    """Bring the schema to the head. Runs that overlap queue up; the later ones find it done.

    The schema of a later release is left as it is. Waits up to `wait_s` seconds for the database,
    and as long again for another run's lock. Raises DatabaseUnavailable when that is not enough,
    SchemaNotCurrent when the database is at a revision that is no release's.
    """
    engine = migration_engine(url, lock_timeout_s=wait_s)
    _wait_for(engine, wait_s)
    try:
        with writing_connection(engine) as connection:
            _upgrade(connection)
    except OperationalError as error:
        raise DatabaseUnavailable(f"The migration was not finished: {_reason(error)}") from error


def _upgrade(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # Held until the transaction ends, and freed by the server when this process dies.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})
    before, head = current_revision(connection), head_revision()
    if is_later(before, head):
        _log.info("schema of a later release, left as it is", before=before, head=head)
        return
    try:
        command.upgrade(alembic_config(connection), "head")
    except CommandError as error:
        raise SchemaNotCurrent(before, head) from error
    _log.info("schema migrated", before=before, after=current_revision(connection))


def _wait_for(engine: Engine, wait_s: float) -> None:
    retrying = Retrying(
        retry=retry_if_exception_type(OperationalError),
        stop=stop_after_delay(wait_s),
        wait=wait_exponential(multiplier=0.2, max=2),
        before_sleep=_report_wait,
        reraise=True,
    )
    try:
        retrying(_touch, engine)
    except OperationalError as error:
        raise DatabaseUnavailable(
            f"The database did not answer within {wait_s:g} s: {_reason(error)}. "
            "Check that it runs and that TODO_DATABASE_URL points to it."
        ) from error


def _touch(engine: Engine) -> None:
    with engine.connect():
        pass


def _report_wait(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    reason = _reason(error) if isinstance(error, DBAPIError) else None
    _log.info("waiting for the database", attempt=state.attempt_number, reason=reason)


def _reason(error: DBAPIError) -> str:
    """The driver's first line; drivers name host and user there, never the password."""
    lines = str(error.orig).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error.orig).__name__
