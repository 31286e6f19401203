"""The todo service as a process of its own, spoken to over HTTP."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from sqlalchemy import URL

SOURCE = Path(__file__).parents[2] / "backend" / "src"
START_WITHIN_S = 20


def environment(url: URL | str | None, **variables: str) -> dict[str, str]:
    """All that the service gets to see."""
    text = url.render_as_string(hide_password=False) if isinstance(url, URL) else url
    given = {} if text is None else {"TODO_DATABASE_URL": text}
    base = {"PATH": os.environ["PATH"], "PYTHONPATH": str(SOURCE), "PYTHONDONTWRITEBYTECODE": "1"}
    return base | given | variables


def command(*arguments: str) -> list[str]:
    """How the service is called; its warnings are errors here too."""
    return [sys.executable, "-W", "error", "-m", "todo", *arguments]


def run(
    *arguments: str, url: URL | str | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        command(*arguments),
        env=environment(url, **variables),
        capture_output=True,
        text=True,
        timeout=30,
    )


class Service:
    """A running `python -m todo serve`."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log
        port = self._await_event("listening")["port"]
        self.base_url = f"http://127.0.0.1:{port}"
        self.client = httpx.Client(base_url=self.base_url, timeout=10, trust_env=False)
        self._await_event("Application startup complete.")

    def lines(self) -> list[dict[str, Any]]:
        """Every complete line of the log; fails for a line that is no JSON object."""
        text = self._log.read_text()
        events = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        assert all(isinstance(event, dict) for event in events)
        return events

    def request_lines(self, request_id: str) -> list[dict[str, Any]]:
        """What the log says of one request, once a request after it was logged too."""
        last = uuid4().hex
        self.client.get("/api/version", headers={"X-Request-ID": last})
        # A request is logged after its answer, so the answer may be here before the line is.
        self._await(lambda line: line.get("request_id") == last)
        return [line for line in self.lines() if line.get("request_id") == request_id]

    def terminate(self) -> float:
        """Send SIGTERM and wait for the end; returns how long that took, in seconds."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=10)
        return time.monotonic() - started

    def _await_event(self, name: str) -> dict[str, Any]:
        return self._await(lambda line: line["event"] == name)

    def _await(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline and self.process.poll() is None:
            for line in self.lines():
                if wanted(line):
                    return line
            time.sleep(0.02)
        raise AssertionError(f"the service did not say what was awaited: {self._log.read_text()}")


@contextmanager
def serving(url: URL, log: Path, variables: Mapping[str, str] | None = None) -> Iterator[Service]:
    """A service over a database; ended afterwards, whatever the test did to it."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command("serve", "--port", "0"),
            env=environment(url, **(variables or {})),
            stdout=stream,
            stderr=stream,
        )
    try:
        service = Service(process, log)
        with service.client:
            yield service
    finally:
        process.kill()
        process.wait(timeout=10)
