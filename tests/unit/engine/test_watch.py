"""`--watch`, as a process over a small graph of files."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.workspace import Context
from phaseline.engine.graph import make
from phaseline.engine.watch import saved, snapshot
from tests.unit.engine.toy import PIPELINE, joining, one_phase, workspace
from tests.unit.waiting import eventually, number_in, runs

pytestmark = pytest.mark.slow

TREE = Path(__file__).parents[3]
TASKS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, make
from phaseline.process.command import Command
from phaseline.process.run import run

def copy(source, target):
    def work(context):
        root = context.workspace.root
        text = (root / source).read_text()
        if "slow" in text:
            run(Command(argv=("sh", "-c", "echo $$ > pid; exec sleep 60"), cwd=root))
        (root / target).write_text(text)
        return Report(f"{target}: {text.strip()}")
    return work

def step(name, source, **more):
    target = f"{name}.out"
    return make(name, name, copy(source, target), inputs=(source,), outputs=(target,), **more)

GRAPH = Graph([Phase(number=1, name="all", title="All", steps=(
    step("left", "left.in"), step("right", "right.in"), step("last", "left.out", needs=("left",)),
))])
namespace = collection(GRAPH, Path(__file__).parent, everything=("all",))
"""


class Watching:
    """A `--watch` that goes on; its events as they come."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.events: list[dict[str, Any]] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def await_events(self, count: int, wanted: Callable[[dict[str, Any]], object]) -> None:
        """Wait until there are `count` events of this kind."""
        assert eventually(lambda: sum(map(bool, map(wanted, self.events))) >= count, 20.0), [
            (one["event"], one.get("step"), one.get("ending")) for one in self.events
        ]

    def await_idle(self, count: int) -> None:
        """Wait until it waits for a save, for the `count`th time."""
        self.await_events(count, lambda one: one["event"] == "watch" and "files" in one)

    def endings(self, since: int = 0) -> list[tuple[str, str]]:
        """How steps ended, from the event `since` on."""
        told = [one for one in self.events[since:] if one["event"] == "step-ended"]
        return sorted((one["step"], one["ending"]) for one in told)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "left.in").write_text("1\n")
    (tmp_path / "right.in").write_text("1\n")
    return tmp_path


@contextmanager
def watching(root: Path, tree: Path = TREE) -> Iterator[Watching]:
    argv = [sys.executable, "-m", "invoke", "all", "--watch", "--json", "--jobs", "2"]
    env = {**os.environ, "PYTHONPATH": str(tree)}
    with subprocess.Popen(argv, cwd=root, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Watching(process)
        finally:
            process.kill()


def test_a_save_runs_again_what_it_touches_and_ctrl_c_ends_it(root: Path) -> None:
    with watching(root) as seen:
        seen.await_idle(1)
        assert seen.endings() == [("last", "done"), ("left", "done"), ("right", "done")]
        before = len(seen.events)
        (root / "left.in").write_text("2\n")
        seen.await_idle(2)
        assert seen.endings(before) == [("last", "done"), ("left", "done"), ("right", "fresh")]
        assert [one["saved"] for one in seen.events if "saved" in one] == [["left.in"]]
        assert (root / "last.out").read_text() == "2\n"
        seen.process.send_signal(signal.SIGINT)
        assert seen.process.wait(10) == 130


def test_a_save_during_a_run_ends_that_run_and_its_programs_and_starts_anew(root: Path) -> None:
    (root / "left.in").write_text("slow\n")
    with watching(root) as seen:
        program = number_in(root / "pid", 20.0)
        (root / "left.in").write_text("quick\n")
        seen.await_idle(1)
        assert not runs(program)
        codes = [one["code"] for one in seen.events if one["event"] == "run-ended"]
        assert codes == [130, 0]
        assert ("left", "interrupted") in seen.endings()
        assert (root / "last.out").read_text() == "quick\n"


def test_wrong_settings_are_told_and_the_next_save_goes_on(root: Path) -> None:
    with watching(root) as seen:
        seen.await_idle(1)
        (root / "pipeline.yaml").write_text(PIPELINE + "surprise: 1\n")
        seen.await_events(1, lambda one: one["event"] == "watch" and "error" in one)
        (root / "pipeline.yaml").write_text(PIPELINE)
        seen.await_events(2, lambda one: one["event"] == "run-ended" and one["code"] == 0)


def test_ctrl_c_during_a_run_ends_it_all(root: Path) -> None:
    (root / "left.in").write_text("slow\n")
    with watching(root) as seen:
        program = number_in(root / "pid", 20.0)
        seen.process.send_signal(signal.SIGTERM)
        assert seen.process.wait(10) == 130
        assert not runs(program)


def restarts(seen: Watching) -> list[list[str]]:
    return [one["restart"] for one in seen.events if "restart" in one]


def command_line(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_saved_tasks_start_it_anew_in_its_place_with_the_same_command_line(root: Path) -> None:
    with watching(root) as seen:
        seen.await_idle(1)
        before, pid = command_line(seen.process.pid), seen.process.pid
        more = 'step("right", "right.in"), step("added", "right.in"),'
        (root / "tasks.py").write_text(TASKS.replace('step("right", "right.in"),', more))
        seen.await_idle(2)
        assert restarts(seen) == [["tasks.py"]]
        assert command_line(pid) == before
        assert (root / "added.out").read_text() == "1\n"
        since = len(seen.events)
        (root / "left.in").write_text("2\n")
        seen.await_idle(3)
        assert ("left", "done") in seen.endings(since)
        assert len(restarts(seen)) == 1
        seen.process.send_signal(signal.SIGINT)
        assert seen.process.wait(10) == 130


def test_saved_code_of_phaseline_starts_it_anew_and_runs_what_it_touches(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copytree(TREE / "phaseline", tree / "phaseline")
    module = tree / "phaseline/process/run.py"  # what copies files imports it
    with watching(root, tree) as seen:
        seen.await_idle(1)
        since = len(seen.events)
        module.write_text(module.read_text() + "# saved\n")
        seen.await_idle(2)
        assert restarts(seen) == [[str(module)]]
        reasons = {one["step"]: one["reason"] for one in seen.events[since:] if "reason" in one}
        assert reasons["left"] == "code changed: phaseline/process/run.py"


def test_code_is_taken_during_a_run_too(root: Path) -> None:
    (root / "left.in").write_text("slow\n")
    with watching(root) as seen:
        program = number_in(root / "pid", 20.0)
        (root / "tasks.py").write_text(TASKS.replace("sleep 60", "true"))
        seen.await_idle(1)
        assert not runs(program)
        assert (root / "last.out").read_text() == "slow\n"


@pytest.mark.parametrize("broken", [f"{TASKS}half = (", f"{TASKS}nothing.of = this"])
def test_code_that_cannot_be_loaded_is_told_and_the_next_save_goes_on(
    broken: str, root: Path
) -> None:
    with watching(root) as seen:
        seen.await_idle(1)
        (root / "tasks.py").write_text(broken)
        seen.await_events(1, lambda one: "tasks.py cannot be loaded" in str(one.get("error")))
        seen.await_idle(2)
        (root / "left.in").write_text("2\n")
        seen.await_events(2, lambda one: "error" in one)
        assert (root / "left.out").read_text() == "1\n"  # nothing runs with code of two kinds
        (root / "tasks.py").write_text(TASKS)
        seen.await_events(2, lambda one: one["event"] == "run-ended" and one["code"] == 0)
        assert restarts(seen) == []  # it is again what was loaded
        assert (root / "last.out").read_text() == "2\n"


def test_the_content_of_inputs_and_settings_counts_and_what_steps_make_does_not(
    tmp_path: Path,
) -> None:
    context: Context = workspace(tmp_path)
    (tmp_path / "source").mkdir()
    one, made = tmp_path / "source/one", tmp_path / "source/made"
    one.write_text("1")
    run = joining("source/made")
    graph = one_phase(make("a", "A", run, inputs=("source",), outputs=("source/made",)))
    before = snapshot(graph, context, graph)
    assert before.keys() == {"pipeline.yaml", "source/one"}
    made.write_text("made")
    one.write_text("1")
    assert saved(before, snapshot(graph, context, graph)) == []
    one.write_text("2")
    (tmp_path / "source/deep").mkdir()
    (tmp_path / "source/deep/two").write_text("new")
    (tmp_path / "pipeline.yaml").write_text(PIPELINE + "# changed\n")
    now = snapshot(graph, context, graph)
    assert saved(before, now) == ["pipeline.yaml", "source/deep/two", "source/one"]
    one.unlink()
    assert "source/one" in saved(before, snapshot(graph, context, graph))
