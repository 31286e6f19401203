"""A private PostgreSQL for the tests: real server, temporary folder, loopback only."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import URL

BINARIES = Path("/usr/lib/postgresql/15/bin")
PASSWORD = "s3cret-of-the-tests"
START_WITHIN_S = 20


class PostgresServer:
    """One server process; can be stopped, frozen and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._account = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        self._databases = 0

    def create(self) -> None:
        """Make the data folder; needs the server's programs."""
        if not (BINARIES / "initdb").exists():
            pytest.fail(f"no PostgreSQL server in {BINARIES}: apt-get install postgresql-15")
        password = self._folder / "password"
        password.write_text(PASSWORD)
        if self._account is not None:
            for path in (self._folder, password):
                shutil.chown(path, self._account)
        options = ["--no-sync", "--auth=scram-sha-256", f"--pwfile={password}", "--locale=C.UTF-8"]
        command = [str(BINARIES / "initdb"), "-U", "todo", *options, "-D", str(self._data)]
        subprocess.run(
            command, check=True, user=self._account, cwd=self._folder, capture_output=True
        )

    def start(self) -> None:
        """Start, and wait until it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self._folder),
            "fsync": "off",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [BINARIES / "postgres", "-D", self._data, "-p", str(self._port), *options],
                user=self._account,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        self._await_answer()

    def stop(self) -> None:
        """End it like an administrator in a hurry would: sessions are cut off."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=10)
            self._process = None

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile the server takes connections, and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def new_database(self) -> URL:
        """The address of a database with nothing in it."""
        self._databases += 1
        name = f"todo_{self._databases}"
        with self.connect("postgres") as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.url(name)

    def url(self, database: str) -> URL:
        """Address of a database of this server."""
        return URL.create("postgresql+psycopg", "todo", PASSWORD, "127.0.0.1", self._port, database)

    def connect(self, database: str) -> psycopg.Connection:
        """A connection outside the service, without a transaction around it."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self._port,
            user="todo",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        )

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_WITHIN_S
        while True:
            try:
                self.connect("postgres").close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)


@contextmanager
def running_postgres() -> Iterator[PostgresServer]:
    """A started server; nothing of it is left afterwards."""
    # Not pytest's folder: that one is closed to the account that the server runs as.
    folder = Path(tempfile.mkdtemp(prefix="todo-postgres-"))
    server = PostgresServer(folder)
    try:
        server.create()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _unprivileged() -> str | None:
    """PostgreSQL refuses to run as root; its package brings an account."""
    return "postgres" if os.geteuid() == 0 else None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
