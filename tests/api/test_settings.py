"""The environment is checked before anything starts, and the password is never shown."""

import socket
from pathlib import Path

import pytest
from todo.__main__ import main
from todo.errors import ConfigurationError
from todo.settings import Settings

from tests.api.service import run

SECRET = "hunter2"

BAD_URLS = [
    (None, "is not set"),
    ("", "is not set"),
    ("changeme", "placeholder"),
    (f"postgresql+psycopg://todo:{SECRET}@CHANGE_ME/todo", "placeholder"),
    (f"postgresql+psycopg://todo:{SECRET}@<host>:5432/todo", "placeholder"),
    (f"postgresql+psycopg://todo:{SECRET}@${{HOST}}/todo", "placeholder"),
    (SECRET, "is not a database address"),
    (f"postgresql+psycopg://todo:{SECRET}@db:port/todo", "is not a database address"),
    (f"postgresql://todo:{SECRET}@db/todo", "must begin with postgresql+psycopg://"),
    (f"postgres://todo:{SECRET}@db/todo", "must begin with postgresql+psycopg://"),
    (f"mysql://todo:{SECRET}@db/todo", "must begin with postgresql+psycopg://"),
    (f"postgresql+psycopg://todo:{SECRET}@db", "names no database"),
    (f"postgresql+psycopg://todo:{SECRET}@db/", "names no database"),
    (f"postgresql+psycopg://todo:{SECRET}@db:70000/todo", "port"),
    ("postgresql+psycopg:///todo", "names no host"),
    ("sqlite://", "names no file"),
    ("sqlite:///", "names no file"),
    ("sqlite:///:memory:", "names no file"),
    ("sqlite://todo.db", "names no file"),
    ("sqlite:////no/such/folder/todo.db", "folder that does not exist"),
    ("sqlite:////tmp", "names a folder"),
]


@pytest.mark.parametrize(("url", "reason"), BAD_URLS)
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_bad_addresses_end_the_start_with_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    url: str | None,
    reason: str,
) -> None:
    if url is None:
        monkeypatch.delenv("TODO_DATABASE_URL", raising=False)
    else:
        monkeypatch.setenv("TODO_DATABASE_URL", url)
    assert main([command]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("todo: TODO_DATABASE_URL ")
    assert reason in printed.err
    assert printed.err.count("\n") == 1
    assert SECRET not in printed.err


def test_the_process_says_so_too() -> None:
    result = run("serve", url=f"postgres://todo:{SECRET}@db/todo")
    assert (result.returncode, result.stdout) == (2, "")
    assert "TODO_DATABASE_URL must begin with" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert SECRET not in result.stderr


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://todo:p%40ss%2Fword@db:5432/todo",
        "postgresql+psycopg://todo@db/todo?sslmode=require",
        "postgresql+psycopg:///todo?host=%2Frun%2Fpostgresql",
        "sqlite:///todo.db",
    ],
)
def test_good_addresses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TODO_DATABASE_URL", url)
    settings = Settings.load()
    assert settings.database.render_as_string(hide_password=False) == url
    assert "p%40ss" not in repr(settings)
    assert "p%40ss" not in str(settings.database)


@pytest.mark.parametrize(
    ("name", "value"), [("TODO_LOG_LEVEL", "loud"), ("TODO_LOG_FORMAT", "xml")]
)
def test_other_variables_are_checked_as_well(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv("TODO_DATABASE_URL", "sqlite:////tmp/todo.db")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=name):
        Settings.load()


def test_all_wrong_variables_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TODO_DATABASE_URL", raising=False)
    monkeypatch.setenv("TODO_LOG_LEVEL", "loud")
    with pytest.raises(ConfigurationError, match=r"TODO_DATABASE_URL .*; TODO_LOG_LEVEL "):
        Settings.load()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = run("serve", "--port", port, url=f"sqlite:///{tmp_path / 'todo.db'}")
    assert result.returncode == 2
    assert result.stderr.startswith(f"todo: cannot listen on 127.0.0.1 port {port}: ")


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_bad_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["serve", f"--port={port}"])
    assert "--port" in capsys.readouterr().err
