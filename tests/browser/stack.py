"""The page on this machine: the real backend on SQLite behind the image's own nginx.conf."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"
START_WITHIN_S = 30
BUILD_WITHIN_S = 300


def required(program: str, package: str) -> str:
    """The program's path; fails the test, naming the package, where it is missing."""
    found = shutil.which(program)
    assert found, f"{program} is missing: apt-get install {package}"
    return found


def build_page() -> Path:
    """Build the page from the present source; returns the folder to serve."""
    npm = required("npm", "npm")
    if not _installed():
        _run([npm, "ci"], FRONTEND)
    _run([npm, "run", "build"], FRONTEND)
    return FRONTEND / "dist"


def _installed() -> bool:
    """Whether npm has installed what the lock file now says."""
    lock, installed = (FRONTEND / name for name in ("package-lock.json", "node_modules"))
    mark = installed / ".package-lock.json"
    return mark.is_file() and mark.stat().st_mtime >= lock.stat().st_mtime


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> None:
    result = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=BUILD_WITHIN_S
    )
    assert result.returncode == 0, result.stdout + result.stderr


def free_port() -> int:
    """A port of 127.0.0.1 that nothing listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert isinstance(port, int)
    return port


class Server:
    """A program that can be stopped and started again on the same port."""

    def __init__(
        self, command: Sequence[str], url: str, log: Path, environment: Mapping[str, str]
    ) -> None:
        self.url = url
        self._command = command
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, answers_at: str) -> None:
        """Start and wait until the path `answers_at` gives status 200."""
        with self._log.open("ab") as stream:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=stream, stderr=stream
            )
        deadline = time.monotonic() + START_WITHIN_S
        while not self._answers(answers_at):
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log
            time.sleep(0.05)

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End the program and wait for it; returns its exit code, 0 where it was not running."""
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(with_signal)
        try:
            return process.wait(timeout=15)
        finally:
            process.kill()

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    @property
    def log(self) -> str:
        """All that the program has printed."""
        return self._log.read_text()

    def _answers(self, path: str) -> bool:
        try:
            return httpx.get(self.url + path, timeout=2, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


class Stack:
    """Backend and web server, each to be stopped and started by a test."""

    def __init__(self, backend: Server, web: Server) -> None:
        self.backend = backend
        self.web = web

    @property
    def url(self) -> str:
        """Where the page is."""
        return self.web.url

    def start_backend(self) -> None:
        """Start the backend and wait until it is ready."""
        self.backend.start("/api/todos")

    def empty(self) -> None:
        """Delete every todo."""
        with httpx.Client(base_url=self.backend.url, trust_env=False) as client:
            while todos := client.get("/api/todos").json()["items"]:
                for todo in todos:
                    client.delete(f"/api/todos/{todo['id']}").raise_for_status()


@contextmanager
def running_stack(folder: Path) -> Iterator[Stack]:
    """Build the page, migrate a new database, start both servers; end them afterwards."""
    page = build_page()
    stack = Stack(backend := backend_server(folder), web_server(folder, page, backend.url))
    try:
        stack.start_backend()
        stack.web.start("/healthz")
        yield stack
    finally:
        stack.web.stop()
        stack.backend.stop()


def backend_server(folder: Path) -> Server:
    """The todo service on a new SQLite database in `folder`, not started yet."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "backend" / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TODO_DATABASE_URL": f"sqlite:///{folder / 'todo.db'}",
    }
    program = [sys.executable, "-m", "todo"]
    _run([*program, "migrate"], folder, environment)
    port = free_port()
    serve = [*program, "serve", "--port", str(port)]
    return Server(serve, f"http://127.0.0.1:{port}", folder / "backend.log", environment)


def web_server(folder: Path, page: Path, *upstreams: str) -> Server:
    """nginx with the image's settings, only its places and ports changed; not started yet."""
    port = free_port()
    servers = "".join(f"server {url.removeprefix('http://')}; " for url in upstreams)
    (folder / "upstream.conf").write_text(f"upstream backend {{ {servers}}}\n")
    settings = (FRONTEND / "nginx.conf").read_text()
    for image, here in {
        "/etc/todo/upstream.conf": str(folder / "upstream.conf"),
        "/usr/share/todo": str(page),
        "listen 8080;": f"listen 127.0.0.1:{port};",
        "/tmp/nginx": str(folder / "nginx"),  # noqa: S108  what is replaced, not where to write
    }.items():
        assert image in settings, f"nginx.conf does not say {image}"
        settings = settings.replace(image, here)
    (folder / "nginx.conf").write_text(settings)
    command = _nginx(folder / "nginx.conf")
    environment = {"PATH": os.environ["PATH"]}
    return Server(command, f"http://127.0.0.1:{port}", folder / "nginx.log", environment)


def _nginx(settings: Path) -> list[str]:
    program = required("nginx", "nginx-light")
    return [program, "-e", "stderr", "-c", str(settings), "-g", "daemon off; user root;"]
