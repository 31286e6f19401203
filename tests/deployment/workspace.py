"""A copy of the checkout as its own workspace, used through the command line as a user would."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
INVOKE = (sys.executable, "-m", "invoke")
# Longer than any run takes once tools are cached, also on a machine that is busy.
RUN_LIMIT = 240.0
# The first run on a machine builds the tools, too.
FIRST_LIMIT = 1200.0


@dataclass(frozen=True)
class Ran:
    """How a call of the command line ended.

    Attributes:
        lines: what it printed, each with the seconds since its start.
    """

    code: int
    lines: tuple[tuple[float, str], ...]
    seconds: float

    @property
    def text(self) -> str:
        """All that it printed."""
        return "\n".join(line for _, line in self.lines)

    @property
    def longest_silence(self) -> float:
        """Seconds of the longest pause between two lines, the start and the end included."""
        times = [0.0, *(at for at, _ in self.lines), self.seconds]
        return max(after - before for before, after in itertools.pairwise(times))

    @property
    def marks(self) -> dict[str, str]:
        """The mark of each step that ended: `✓` done, `=` unchanged, `✗` failed, `·`, `-`, `!`."""
        found = {}
        for _, line in self.lines:
            mark, _, rest = line.partition(" ")
            if mark in "✓=✗-!·" and mark and rest[:1].strip():
                found[rest.split()[0]] = mark
        return found

    def steps(self, mark: str) -> set[str]:
        """The steps that ended with `mark`."""
        return {step for step, one in self.marks.items() if one == mark}


@dataclass
class Running:
    """A call of the command line that goes on."""

    process: subprocess.Popen[str]
    started: float
    logs: Path
    known_logs: frozenset[Path]
    lines: list[tuple[float, str]] = field(default_factory=list)
    _reader: threading.Thread | None = None

    def read(self) -> None:
        """Collect its lines in the background."""

        def drain() -> None:
            assert self.process.stdout
            with self.process.stdout as stream:
                for line in stream:
                    self.lines.append((time.monotonic() - self.started, line.rstrip("\n")))

        self._reader = threading.Thread(target=drain, daemon=True)
        self._reader.start()

    def await_line(self, text: str, limit: float = RUN_LIMIT) -> None:
        """Wait until it prints a line that holds `text`."""
        self._await(lambda: text in self.text, repr(text), limit)

    def await_step(self, step: str, text: str = "", limit: float = RUN_LIMIT) -> None:
        """Wait until `step` works, and its log holds `text`: the screen leaves out much of it."""
        known = self.known_logs

        def reached() -> bool:
            logs = [one for one in self.logs.glob(f"*/{step}.log") if one.parent not in known]
            return any(text in log.read_text() for log in logs)

        self._await(reached, f"{step}: {text!r}", limit)

    def _await(self, reached: Callable[[], bool], what: str, limit: float) -> None:
        deadline = time.monotonic() + limit
        while not reached():
            assert self.process.poll() is None, f"it ended without {what}:\n{self.text}"
            assert time.monotonic() < deadline, f"no {what} within {limit} s:\n{self.text}"
            time.sleep(0.01)

    def send(self, number: signal.Signals) -> None:
        """Give the one process that was started a signal; its children get none."""
        self.process.send_signal(number)

    def wait(self, limit: float = RUN_LIMIT) -> Ran:
        """Wait for its end; it is killed, and the test fails, if that takes too long."""
        try:
            code = self.process.wait(limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"not over after {limit} s:\n{self.text}") from None
        seconds = time.monotonic() - self.started
        assert self._reader
        self._reader.join(5.0)
        return Ran(code, tuple(self.lines), seconds)

    @property
    def text(self) -> str:
        """What it has printed so far."""
        return "\n".join(line for _, line in self.lines)


@dataclass
class Workspace:
    """One checkout; `env` is laid over our own environment for each call."""

    root: Path
    env: dict[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    search_root: Path | None = None

    @classmethod
    def copy(cls, root: Path, source: Path = CHECKOUT) -> Workspace:
        """Copy what git has of the checkout, as it is in `source`, uncommitted changes included."""
        listing = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = subprocess.run(
            listing, cwd=CHECKOUT, check=True, capture_output=True, text=True
        ).stdout
        for name in filter(None, names.split("\0")):
            if (source / name).exists():
                target = root / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(source / name, target, follow_symlinks=False)
        return cls(root, env={"TMPDIR": str(_folder(root.with_name(f"{root.name}-tmp")))})

    @property
    def temporary(self) -> Path:
        """Where its runs put their temporary files, so that what they leave can be told."""
        return Path(self.env["TMPDIR"])

    @property
    def state(self) -> Path:
        """Its state folder."""
        return self.root / ".phaseline"

    @property
    def cluster(self) -> dict[str, Any]:
        """Its cluster's name and ranges."""
        content: dict[str, Any] = json.loads((self.state / "cluster/cluster.json").read_text())
        return content

    def start(self, *words: str, env: Mapping[str, str] | None = None) -> Running:
        """Start a call of the command line; its output is no terminal."""
        logs = self.state / "runs"
        known = frozenset(logs.glob("*"))
        found = ("--search-root", str(self.search_root)) if self.search_root else ()
        process = subprocess.Popen(
            (*self.prefix, *INVOKE, *found, *words),
            cwd=self.root,
            env={**os.environ, **self.env, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running = Running(process, time.monotonic(), logs, known)
        running.read()
        return running

    def invoke(
        self, *words: str, env: Mapping[str, str] | None = None, limit: float = RUN_LIMIT
    ) -> Ran:
        """A call of the command line, to its end."""
        return self.start(*words, env=env).wait(limit)

    def must(self, *words: str, limit: float = RUN_LIMIT) -> Ran:
        """A call that has to succeed."""
        ran = self.invoke(*words, limit=limit)
        assert ran.code == 0, ran.text
        return ran

    def json(self, *words: str) -> Any:
        """What a question answers as JSON, whatever its exit code."""
        return json.loads(self.invoke(*words, "--json").text)

    def done(self) -> set[str]:
        """The steps that are recorded as done."""
        return {row["step"] for row in self.json("status") if row["state"] == "done"}

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that occurs once in a file."""
        path = self.root / name
        content = path.read_text()
        assert content.count(old) == 1, f"{old!r} occurs {content.count(old)} times in {name}"
        path.write_text(content.replace(old, new))

    def settings(self) -> dict[str, Any]:
        """`pipeline.yaml` as plain values."""
        content: dict[str, Any] = yaml.safe_load((self.root / "pipeline.yaml").read_text())
        return content

    def set(self, content: Mapping[str, Any]) -> None:
        """Write `pipeline.yaml`."""
        (self.root / "pipeline.yaml").write_text(yaml.safe_dump(dict(content), sort_keys=False))

    def remove(self) -> None:
        """Tear down and remove the folder, however far it came."""
        if (self.state / "cluster").exists() or (self.state / "images").exists():
            self.invoke("teardown")
        shutil.rmtree(self.root)
        shutil.rmtree(self.temporary)


def _folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
