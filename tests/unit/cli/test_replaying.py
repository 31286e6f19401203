"""`invoke replay` over a small graph of its own, as a process."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import pytest

from tests.unit import command_line
from tests.unit.engine.toy import PIPELINE
from tests.unit.waiting import eventually

pytestmark = pytest.mark.slow

TASKS = """
import time
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, act, check, make
from phaseline.process.command import Command
from phaseline.process.run import run

def many(context):
    for number in range(9):
        write_atomic(context.workspace.root / "many" / f"{number}.txt", str(number))
    return Report("nine")

def clock(context):
    write_atomic(context.workspace.root / "clock", f"made at {time.time_ns()}\\n")
    return Report("made")

def slow(context):
    if context.workspace.name != context.workspace.id:  # in a replay
        (Path(__file__).parent / "begun").touch()
        run(Command(argv=("sleep", "60")))
    return Report("done")

def look(context):
    return Report("seen")

def one(number, name, *steps):
    return Phase(number=number, name=name, title=name.title(), steps=steps)

GRAPH = Graph([
    one(1, "good", make("T1", "Many", many, outputs=("many",)), check("T1b", "Looks", look)),
    one(2, "clock", make("T2", "Clock", clock, outputs=("clock",))),
    one(3, "slow", act("T3", "Slow", slow)),
    one(4, "never", check("T4", "Never", slow)),
])
namespace = collection(GRAPH, Path(__file__).parent, everything=("good", "clock"))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "w").mkdir()
    (tmp_path / "places").mkdir()
    (tmp_path / "w/tasks.py").write_text(TASKS)
    (tmp_path / "w/pipeline.yaml").write_text(PIPELINE)
    return tmp_path / "w"


def start(root: Path, *words: str) -> subprocess.Popen[str]:
    away = root.parent
    env = {
        "TMPDIR": str(away / "places"),
        "DOCKER_HOST": f"unix://{away}/no-docker.sock",  # and none of our own below
        "XDG_CACHE_HOME": str(away / "cache"),
        "XDG_CONFIG_HOME": str(away / "config"),
    }
    return command_line.start(root, *words, env=env)


def invoke(root: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output and standard error; nothing may be left of a replay."""
    process = start(root, *words)
    out, err = process.communicate(timeout=60)
    assert list((root.parent / "places").iterdir()) == []
    return process.returncode, out, err


def test_identical(root: Path) -> None:
    assert invoke(root, "good")[0] == 0
    code, out, err = invoke(root, "replay", "--phase", "good")
    assert code == 0, out + err
    assert "many … 9 outputs  identical" in out
    assert "T1b   ending            ended alike" in out
    assert "9 identical, 0 differ, 1 steps compared by their ending alone" in out


def test_a_difference_is_shown_and_is_exit_code_1(root: Path) -> None:
    assert invoke(root, "clock")[0] == 0
    code, out, _ = invoke(root, "replay", "--phase", "2")
    assert code == 1
    assert "✗ T2: clock\n  --- recorded\n  +++ replayed\n" in out
    assert "  -made at " in out
    assert "0 identical, 1 differ" in out


def test_all_that_was_run_as_json(root: Path) -> None:
    assert invoke(root, "good")[0] == 0
    assert invoke(root, "clock")[0] == 0
    code, out, err = invoke(root, "replay", "--all", "--json")
    told = json.loads(out)
    assert code == 1
    assert told["phases"] == ["good", "clock"]
    assert told["counts"] == {"identical": 9, "differs": 1, "ended alike": 1}
    assert told["rows"][-1]["output"] == "clock"
    assert "T2" in err  # its progress


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--phase", "never"), 6, "no success of it is recorded"),
        (("--all",), 6, "no phase was run here yet"),
        (("--phase", "9"), 2, "known: 1 good, 2 clock, 3 slow, 4 never"),
        ((), 2, "either --phase or --all"),
        (("--all", "--phase", "good"), 2, "either --phase or --all"),
        (("--all", "--head", "x"), 2, "--head x"),
    ],
)
def test_what_cannot_be_replayed(root: Path, words: tuple[str, ...], code: int, told: str) -> None:
    ended, out, err = invoke(root, "replay", *words)
    assert ended == code
    assert told in err
    assert out == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_nothing_is_left(root: Path, number: signal.Signals) -> None:
    assert invoke(root, "slow")[0] == 0
    process = start(root, "replay", "--phase", "slow")
    assert eventually((root / "begun").exists, limit=30)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert list((root.parent / "places").iterdir()) == []
    assert not (root / ".phaseline/replay.json").exists()


def test_evidence_that_was_changed_is_refused(root: Path) -> None:
    assert invoke(root, "good")[0] == 0
    (bundle,) = (root / ".phaseline/evidence").iterdir()
    _, second = bundle.read_bytes().splitlines(keepends=True)
    bundle.write_bytes(second)
    code, _, err = invoke(root, "replay", "--phase", "good")
    assert code == 6
    assert "the evidence cannot be trusted" in err
    assert "number 1 is missing" in err
