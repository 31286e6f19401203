"""Runs that are killed at any moment: nothing is lost, nothing is taken for made that is not."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.core.files import digest_file
from phaseline.engine import entries, record, signing
from phaseline.engine.verification import Kind, verify
from tests.unit.engine.toy import workspace
from tests.unit.engine.twenty import SIZE, expected

pytestmark = pytest.mark.slow

TREE = Path(__file__).parents[3]
WORKSPACES, KILLS, BETWEEN = 30, 10, 5  # 300 kills; after every fifth a run may end
TRIES = 100  # in one workspace, for its kills


class Server:
    """Runs the twenty steps, each time in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, root: Path, seconds: float | None = None) -> int:
        """Run in `root`, killed after so many seconds; returns the exit code."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{root} {'' if seconds is None else seconds}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


@pytest.fixture
def server() -> Iterator[Server]:
    argv = [sys.executable, "-m", "tests.unit.engine.twenty"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=TREE, stdin=pipe, stdout=pipe, text=True) as process:
        yield Server(process)


def ran(root: Path) -> list[int]:
    """The steps that have run to their end since this was asked last."""
    file = root / "ran"
    found = [int(line) for line in file.read_text().split()] if file.exists() else []
    file.unlink(missing_ok=True)
    return found


def made(root: Path, content: str) -> set[int]:
    """The steps with a record that was made of this content of `in`; each record is looked at."""
    state, now = root / ".phaseline", digest_file(root / "in")
    told = entries.latest(state)
    found = set()
    for one in record.load_all(state).values():
        for path, digest in one.outputs.items():
            assert digest_file(root / path) == digest  # or it would be taken for made
        assert told[one.step].key == one.key
        if one.parts["inputs"]["in"] == now:
            index = int(one.step.removeprefix("s"))
            assert (root / f"{index}.out").read_text() == expected(index, content)
            found.add(index)
    return found


def check_evidence(root: Path) -> None:
    """Every envelope is whole, signed and in its place; outputs may have been begun anew."""
    state, key = root / ".phaseline", signing.own_key()
    assert key
    faults = verify(state, root, [key]).faults
    assert [one for one in faults if one.kind not in (Kind.ALTERED, Kind.MISSING)] == []


def check_runs(root: Path) -> None:
    """What a run came to is there whole or not at all."""
    for file in root.glob(".phaseline/runs/*/run.json"):
        assert json.loads(file.read_text())["code"] == 0


def longest(folder: Path, server: Server) -> float:
    """The seconds that a whole run takes here and now."""
    folder.mkdir()
    workspace(folder)
    (folder / "in").write_text("0\n")
    started = time.monotonic()
    assert server.run(folder) == 0
    return time.monotonic() - started


def test_no_step_is_lost_and_none_falsely_fresh_however_often_a_run_is_killed(
    tmp_path: Path, server: Server
) -> None:
    moments = random.Random(4)  # noqa: S311 - when to kill is no secret
    most = min(longest(tmp_path / f"whole-{number}", server) for number in range(3))
    for number in range(WORKSPACES):
        root, content, kills = tmp_path / str(number), 0, 0
        root.mkdir()
        workspace(root)
        for _ in range(TRIES):
            text = f"{content}\n"
            (root / "in").write_text(text)
            code = server.run(root, moments.uniform(0.0, most))
            kept = made(root, text)
            check_evidence(root)
            ran(root)
            if code == 0:
                assert kept == set(range(SIZE))
            else:
                assert code == -signal.SIGKILL
                kills += 1
            if code and kills % BETWEEN == 0:
                assert server.run(root) == 0
                # what had a record of this content was not made again, all else was, and once
                assert sorted(ran(root)) == sorted(set(range(SIZE)) - kept)
                assert made(root, text) == set(range(SIZE))
                code = 0
            content += code == 0  # so that the next run has all to do
            if kills == KILLS:
                break
        assert kills == KILLS
        check_runs(root)
