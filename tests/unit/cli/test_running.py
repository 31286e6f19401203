"""A run's flags and what it leaves, as a process over a small graph of its own."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.unit.command_line import invoke, start
from tests.unit.engine.toy import PIPELINE
from tests.unit.waiting import eventually, number_in, runs

pytestmark = pytest.mark.slow

TASKS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, make, not_built
from phaseline.process import journal
from phaseline.process.command import Command
from phaseline.process.run import run

def writing(name, *needs):
    def write(context):
        root = context.workspace.root
        run(Command(argv=("sh", "-c", f"for i in 1 2 3; do echo {name} says $i; sleep 0.03; done")))
        text = "".join((root / f"{need}.out").read_text() for need in needs)
        (root / f"{name}.out").write_text(name + text + (root / "in").read_text())
        return Report(f"wrote {name}")
    return make(name, name.title(), write, needs=needs, inputs=("in",), outputs=(f"{name}.out",))

def broken(context):
    run(Command(argv=("sh", "-c", "for i in $(seq 30); do echo try $i; done")))
    raise CheckFailed("it is broken")

def slow(context):
    journal.progress("counting sheep")
    run(Command(argv=("sh", "-c", "echo $$ > pid; exec sleep 60"), cwd=context.workspace.root))

def one(number, name, *steps):
    return Phase(number=number, name=name, title=name.title(), steps=steps)

GRAPH = Graph([
    one(1, "files", writing("T1.a"), writing("T1.b", "T1.a"), writing("T2"),
        writing("T3", "T1.b", "T2"), not_built("T4", "Later")),
    one(2, "broken", check("T5", "Broken", broken), check("T6", "After", broken, needs=("T5",))),
    one(3, "slow", check("T7", "Slow", slow)),
])
namespace = collection(GRAPH, Path(__file__).parent, everything=("files", "broken"))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "in").write_text("1")
    return tmp_path


def ended(root: Path, *words: str) -> dict[str, str]:
    """How each step ended in a run with `--json`, by its ID."""
    done = invoke(root, *words, "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    return {one["step"]: one["ending"] for one in events if one["event"] == "step-ended"}


def last_run(root: Path) -> Path:
    return max((root / ".phaseline/runs").iterdir())


def test_a_run_can_be_narrowed_to_steps_and_forced(root: Path) -> None:
    assert ended(root, "files", "--through", "T1") == {"T1.a": "done", "T1.b": "done"}
    assert ended(root, "files", "--from", "T2", "--through", "T3") == {"T2": "done", "T3": "done"}
    assert ended(root, "files", "--only", "T1.b,T3") == {"T1.b": "fresh", "T3": "fresh"}
    assert ended(root, "files", "--only", "T1", "--force", "T1.a") == {
        "T1.a": "done",
        "T1.b": "fresh",
    }
    every = {"T1.a": "fresh", "T1.b": "fresh", "T2": "fresh", "T3": "fresh", "T4": "not built"}
    assert ended(root, "files", "--rehash", "--jobs", "1") == every


REFUSED = [
    (("files", "--only", "T9"), "--only T9: there is no such step in this run"),
    (("files", "--only", "T1.b"), "T1.b needs T1.a, which has no record"),
    (("files", "--only", "T1", "--from", "T2"), "--only says it all"),
    (("files", "--force", "T5"), "--force T5: there is no such step in this run"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=str)
def test_what_makes_no_sense_is_refused_before_anything_is_made(
    words: tuple[str, ...], said: str, root: Path
) -> None:
    done = invoke(root, *words)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert not (root / ".phaseline").exists()


def test_lines_of_programs_are_shown_together_when_asked_for(root: Path) -> None:
    lines = invoke(root, "files", "--verbose").stdout.splitlines()
    at = [number for number, line in enumerate(lines) if line.startswith("✓")]
    for number in at:
        name = lines[number].split()[1]
        said = [f"    | {name} says {i}" for i in (1, 2, 3)]
        assert lines[number + 1 : number + 4] == said
    assert len(at) == 4


def test_of_a_failure_the_last_lines_are_shown_always(root: Path) -> None:
    said = invoke(root, "broken").stdout
    assert "    | try 16\n" in said
    assert "    | try 30\n" in said
    assert "| try 15\n" not in said
    assert "- T6             After  not run: needs T5, which failed" in said


def test_a_failed_run_leaves_all_of_its_outputs(root: Path) -> None:
    done = invoke(root, "deploy-all", "--keep-going")
    assert done.returncode == 1
    head = re.search(r"^evidence: head (sha256:[0-9a-f]{64})$", done.stdout, re.MULTILINE)
    assert head
    folder = last_run(root)
    result = json.loads((folder / "run.json").read_text())
    assert (result["code"], result["head"]) == (1, head[1])
    assert result["command"] == "invoke deploy-all --keep-going"
    assert result["counts"] == {"done": 4, "not built": 1, "failed": 1, "not run": 1}
    suites = ElementTree.parse(folder / "junit.xml").getroot()  # noqa: S314 - we have written it
    assert [suite.attrib["failures"] for suite in suites] == ["0", "1"]
    assert (folder / "T5.log").exists()
    assert invoke(root, "verify", "--head", head[1]).returncode == 0


def test_events_on_standard_output_are_those_in_the_file(root: Path) -> None:
    done = invoke(root, "broken", "--json")
    assert done.stdout == (last_run(root) / "events.jsonl").read_text()
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["event"], last["code"]) == (1, "run-ended", 1)


def test_an_interrupted_run_leaves_its_outputs_and_a_killed_one_can_be_told(root: Path) -> None:
    for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -signal.SIGKILL)):
        (root / "pid").unlink(missing_ok=True)
        with start(root, "slow") as process:
            program = number_in(root / "pid", 20.0)
            process.send_signal(number)
            process.communicate(timeout=20)
        assert process.returncode == code
        assert eventually(lambda pid=program: not runs(pid))  # type: ignore[misc]
        folder = last_run(root)
        lines = (folder / "events.jsonl").read_text().splitlines()
        told = [json.loads(line)["event"] for line in lines]
        whole = number is signal.SIGINT
        assert ("run-ended" in told) is whole
        assert (folder / "run.json").exists() is whole
        assert (folder / "junit.xml").exists() is whole


def test_a_second_run_at_the_same_time_refuses_and_names_the_first(root: Path) -> None:
    with start(root, "slow", "--jobs", "2") as first:
        number_in(root / "pid", 20.0)
        second = invoke(root, "files")
        first.send_signal(signal.SIGINT)
        first.communicate(timeout=20)
    assert second.returncode == 4
    assert f"process {first.pid} (invoke slow --jobs 2, for" in second.stderr
    assert not (root / "T1.a.out").exists()


def test_the_settings_can_give_a_step_another_limit(root: Path) -> None:
    limits = "limits: {T7: 0.3}\n"
    (root / "pipeline.yaml").write_text(PIPELINE + limits)
    result: Any = invoke(root, "slow")
    assert result.returncode == 1
    assert "T7 took longer than its limit of 0.3 s and was ended" in result.stdout
    assert "cause: its last words: counting sheep" in result.stdout
    for wrong, said in (("T77: 3", "limits: T77 is not a step"), ("T7: 0", "limits.T7")):
        (root / "pipeline.yaml").write_text(PIPELINE + f"limits: {{{wrong}}}\n")
        result = invoke(root, "slow")
        assert (result.returncode, said in result.stderr) == (2, True), result.stderr
