"""The command line over a small graph of its own, as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from phaseline.core.files import locked
from phaseline.engine import record
from tests.unit.command_line import invoke, start
from tests.unit.engine.toy import PIPELINE
from tests.unit.waiting import eventually

pytestmark = pytest.mark.slow

TASKS = """
import time
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.errors import CheckFailed, HostUnfit
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, not_built
from phaseline.process.command import Command
from phaseline.process.run import run

def good(context):
    return Report("well", lines=("page: http://somewhere/",))

def broken(context):
    raise CheckFailed("it is broken", why="rust", fix="paint")

def unfit(context):
    raise HostUnfit("no disk")

def faulty(context):
    raise ZeroDivisionError("ours")

def slow(context):
    Path("begun").touch()
    run(Command(argv=("sleep", "60")))

def one(number, name, *steps):
    return Phase(number=number, name=name, title=name.title(), steps=steps)

GRAPH = Graph([
    one(1, "good", check("T1", "Good", good)),
    one(2, "broken", check("T2", "Broken", broken), check("T2b", "After", good, needs=("T2",))),
    one(3, "unfit", check("T3", "Unfit", unfit)),
    one(4, "later", not_built("T4", "Later")),
    one(5, "slow", check("T5", "Slow", slow)),
    one(6, "faulty", check("T6", "Faulty", faulty)),
])
namespace = collection(GRAPH, Path(__file__).parent, everything=("good", "broken"))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    return tmp_path


CASES = [
    ("good", 0, "✓ T1"),
    ("broken", 1, "cause: rust"),
    ("unfit", 3, "no disk"),
    ("later", 5, "1 not built"),
    ("faulty", 1, "ZeroDivisionError: ours"),
    ("deploy-all", 1, "not run: needs T2, which failed"),
]


@pytest.mark.parametrize(("task", "code", "said"), CASES, ids=[task for task, _, _ in CASES])
def test_the_exit_code_is_honest(task: str, code: int, said: str, root: Path) -> None:
    done = invoke(root, task)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "\x1b" not in done.stdout + done.stderr


def test_a_wrong_pipeline_is_refused_before_anything_is_made(root: Path) -> None:
    (root / "pipeline.yaml").write_text(PIPELINE + "surprise: 1\n")
    done = invoke(root, "good")
    assert done.returncode == 2
    assert "surprise: Extra inputs are not permitted" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (root / ".phaseline").exists()


@pytest.mark.parametrize("jobs", ["0", "-1", "many"])
def test_a_wrong_number_of_jobs_is_refused(jobs: str, root: Path) -> None:
    done = invoke(root, "good", "--jobs", jobs)
    assert (done.returncode, f"--jobs {jobs}" in done.stderr) == (2, True)


def test_a_second_run_names_the_first(root: Path) -> None:
    with locked(root / ".phaseline/lock", "invoke deploy-all"):
        done = invoke(root, "good")
    assert done.returncode == 4
    assert f"process {os.getpid()} (invoke deploy-all" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_and_the_next_one_works(number: signal.Signals, root: Path) -> None:
    with start(root, "slow", stderr=subprocess.STDOUT) as process:
        assert eventually((root / "begun").exists, 20.0)
        process.send_signal(number)
        said, _ = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "interrupted" in said
    assert invoke(root, "good").returncode == 0


def test_status_and_plan_are_json_and_change_nothing(root: Path) -> None:
    plan = json.loads(invoke(root, "plan", "--json").stdout)
    assert [(row["step"], row["state"]) for row in plan] == [
        ("T1", "will run"),
        ("T2", "will run"),
        ("T2b", "will run"),
    ]
    assert not (root / ".phaseline").exists()
    invoke(root, "good")
    states = {row["step"]: row for row in json.loads(invoke(root, "status", "--json").stdout)}
    assert states["T1"]["state"] == "done"
    assert states["T1"]["age_seconds"] < 60
    assert states["T4"]["state"] == "not built"
    assert states["T5"]["state"] == "never"
    plan = json.loads(invoke(root, "plan", "--live", "--json").stdout)
    assert plan[0]["state"] == "unchanged"
    assert "T1" in invoke(root, "plan").stdout
    assert "1 of 7 steps done" in invoke(root, "status").stdout


def test_the_workspace_is_the_nearest_folder_with_a_pipeline(root: Path) -> None:
    inner = root / "inner" / "deep"
    inner.mkdir(parents=True)
    assert invoke(inner, "good").returncode == 0
    assert record.load(root / ".phaseline", "T1")
    assert json.loads(invoke(inner, "app.addresses", "--json").stdout) == []
