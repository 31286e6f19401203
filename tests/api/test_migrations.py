"""`python -m todo migrate`: again, at once, without a database, and with one from the future."""

import subprocess
import time
from collections.abc import Callable

import pytest
from alembic import command as alembic
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Engine, create_engine, inspect, text
from todo.__main__ import main
from todo.database import migration_engine, writing_connection
from todo.models import Base
from todo.schema import alembic_config, current_revision, head_revision, migrate

from tests.api.postgres import PASSWORD, PostgresServer
from tests.api.service import command, environment, run


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []


def test_the_second_time_nothing_is_left_to_do(new_database: Callable[[], URL]) -> None:
    url = new_database()
    migrate(url, wait_s=60.0)
    again = run("migrate", url=url)
    assert again.returncode == 0
    assert f'"before": "{head_revision()}", "after": "{head_revision()}"' in again.stdout


def test_several_at_once_queue_up(new_database: Callable[[], URL]) -> None:
    url = new_database()
    runs = [
        subprocess.Popen(
            command("migrate"),
            env=environment(url),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    outputs = [each.communicate(timeout=30)[0] for each in runs]
    assert [each.returncode for each in runs] == [0] * 3, outputs
    assert sum('"before": null' in output for output in outputs) == 1


def test_what_goes_up_comes_down(new_database: Callable[[], URL]) -> None:
    url = new_database()
    migrate(url, wait_s=60.0)
    engine = migration_engine(url, lock_timeout_s=5)
    with writing_connection(engine) as connection:
        alembic.downgrade(alembic_config(connection), "base")
    assert inspect(engine).get_table_names() == ["alembic_version"]


def _stamped(url: URL, revision: str) -> URL:
    migrate(url, wait_s=60.0)
    engine = create_engine(url)
    with engine.begin() as connection:
        statement = text("UPDATE alembic_version SET version_num = :revision")
        connection.execute(statement, {"revision": revision})
    engine.dispose()
    return url


def test_the_schema_of_a_later_release_is_left_alone(new_database: Callable[[], URL]) -> None:
    url = _stamped(new_database(), "9000")
    result = run("migrate", url=url)
    assert result.returncode == 0
    assert '"schema of a later release, left as it is"' in result.stdout
    engine = create_engine(url)
    with engine.connect() as connection:
        assert current_revision(connection) == "9000"
    engine.dispose()


def test_a_schema_of_no_release_is_refused(new_database: Callable[[], URL]) -> None:
    result = run("migrate", url=_stamped(new_database(), "from_elsewhere"))
    assert result.returncode == 1
    assert "revision from_elsewhere" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_revisions_are_numbered() -> None:
    revisions = list(ScriptDirectory.from_config(alembic_config()).walk_revisions())
    numbers = [int(one.revision) for one in revisions]
    assert numbers == sorted(numbers, reverse=True)


@pytest.mark.parametrize("wait", ["0", "-1", "soon", "nan", "1e9"])
def test_a_bad_wait_is_refused(wait: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["migrate", f"--wait={wait}"])
    assert "--wait" in capsys.readouterr().err


def test_a_database_that_never_comes_is_given_up(postgres: PostgresServer) -> None:
    url = postgres.url("nothing_here")
    result = run("migrate", "--wait", "1", url=url)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "did not answer within 1 s" in result.stderr
    assert "TODO_DATABASE_URL" in result.stderr
    assert "waiting for the database" in result.stdout
    assert PASSWORD not in result.stdout + result.stderr


def test_a_database_that_comes_late_is_waited_for(own_postgres: PostgresServer) -> None:
    url = own_postgres.new_database()
    own_postgres.stop()
    with subprocess.Popen(
        command("migrate", "--wait", "20"), env=environment(url), stdout=subprocess.PIPE, text=True
    ) as migration:
        assert migration.stdout is not None
        assert "waiting for the database" in migration.stdout.readline()
        time.sleep(0.2)
        own_postgres.start()
        assert "schema migrated" in migration.stdout.read()
    assert migration.returncode == 0
