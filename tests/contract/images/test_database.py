"""The database's image: its first start survives kill -9, and it refuses what cannot work."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.models.containers import Container

from phaseline.core.errors import TimedOut
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.base import base_image
from phaseline.operators.images.build import build
from phaseline.operators.images.checks.image import check_image
from phaseline.operators.images.daemon import connected
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.model import load_images
from phaseline.operators.images.remove import remove_images
from phaseline.operators.images.trial import check_runs

ROOT = Path(__file__).parents[3]
PASSWORD = "it's $a\" pass word"
ASK = "select current_user, rolsuper from pg_roles where rolname = current_user"


@pytest.fixture(scope="module")
def context(daemon: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Context]:
    """The todo application's own database, built in a folder of the tests'."""
    root = tmp_path_factory.mktemp("todo")
    for name in ("pipeline.yaml", "dockerfiles", "database", "charts"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, root / name)
    for name in ("backend/requirements.lock", "frontend/package.json"):
        (root / name).parent.mkdir()
        (root / name).touch()
    workspace = Workspace(root)
    context = Context(workspace, workspace.pipeline.of_role("database"))
    base_image(context)
    render_dockerfile(context)
    build(context)
    yield context
    remove_images(context)


@pytest.fixture
def volume(context: Context) -> Iterator[str]:
    name = f"{context.workspace.id}-trial-data"
    with connected() as client:
        volume = client.volumes.create(name)
        yield name
        for container in client.containers.list(all=True, filters={"volume": name}):
            container.remove(force=True)
        volume.remove(force=True)


def start(context: Context, volume: str, **environment: str) -> Container:
    told = {"POSTGRES_USER": "todo", "POSTGRES_PASSWORD": PASSWORD, **environment}
    with connected() as client:
        return client.containers.run(
            load_images(context)["database"].reference,
            detach=True,
            environment=told,
            read_only=True,
            cap_drop=["ALL"],
            network_mode="none",
            tmpfs={"/var/run/postgresql": "uid=10001,gid=10001,mode=0700"},
            volumes={volume: {"bind": "/var/lib/postgresql", "mode": "rw"}},
        )


def await_words(container: Container, words: str) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        log = container.logs().decode()
        if words in log:
            return log
        time.sleep(0.02)
    raise TimedOut(f"no {words!r}", why=log)


def ask(container: Container, statement: str, password: str) -> tuple[int, str]:
    argv = ["psql", "-h127.0.0.1", "-Utodo", "-dtodo", "-Atc", statement]
    code, output = container.exec_run(argv, environment={"PGPASSWORD": password})
    assert isinstance(code, int)
    assert isinstance(output, bytes)
    return code, output.decode().strip()


def test_the_owner_gets_in_with_the_password_only_and_is_no_superuser(
    context: Context, volume: str
) -> None:
    container = start(context, volume)
    log = await_words(container, "ready to accept connections")
    assert ask(container, ASK, PASSWORD) == (0, "todo|f")
    code, output = ask(container, ASK, "wrong")
    assert code == 2
    assert "password authentication failed" in output
    assert PASSWORD not in log


@pytest.mark.parametrize(
    "moment",
    ["creating subdirectories", "running bootstrap script", "post-bootstrap", "syncing data"],
)
def test_killed_during_its_first_start_it_begins_anew(
    context: Context, volume: str, moment: str
) -> None:
    first = start(context, volume)
    await_words(first, moment)
    first.kill("SIGKILL")
    first.remove(force=True)

    second = start(context, volume)
    await_words(second, "ready to accept connections")
    assert ask(second, ASK, PASSWORD) == (0, "todo|f")
    assert second.exec_run(["sh", "-c", "echo /var/lib/postgresql/*"])[1] == (
        b"/var/lib/postgresql/pgdata\n"
    )


def test_data_survives_kill_and_a_new_container(context: Context, volume: str) -> None:
    first = start(context, volume)
    await_words(first, "ready to accept connections")
    assert ask(first, "create table kept as select 42 as answer", PASSWORD)[0] == 0
    first.kill("SIGKILL")
    first.remove(force=True)
    second = start(context, volume, POSTGRES_PASSWORD="")
    await_words(second, "ready to accept connections")
    assert ask(second, "select answer from kept", PASSWORD) == (0, "42")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"POSTGRES_USER": 'a";drop'}, "POSTGRES_USER must be a name"),
        ({"POSTGRES_DB": "1st"}, "POSTGRES_DB must be a name"),
        ({"POSTGRES_PASSWORD": ""}, "neither POSTGRES_PASSWORD_FILE nor POSTGRES_PASSWORD"),
        ({"POSTGRES_PASSWORD": "a\nb"}, "the password holds what it must not"),
        ({"POSTGRES_PASSWORD": "$phaseline$"}, "the password holds what it must not"),
        ({"POSTGRES_PASSWORD_FILE": "/absent"}, "/absent cannot be read"),
        ({"PGDATA": "/var/lib/postgresql"}, "is itself a volume"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_made(
    context: Context, volume: str, environment: dict[str, str], message: str
) -> None:
    container = start(context, volume, **environment)
    assert container.wait(timeout=20)["StatusCode"] == 64
    assert message in container.logs().decode()


def test_it_is_small_safe_and_runs(context: Context) -> None:
    assert check_image(context).summary == "the image: no findings, 2 allowed"
    assert "with code 0" in check_runs(context).summary
