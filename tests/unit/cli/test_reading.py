"""Reading commands as processes, over a small graph that was run for real."""

from __future__ import annotations

import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from tests.unit import command_line
from tests.unit.engine.toy import PIPELINE

pytestmark = pytest.mark.slow

TASKS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, make, not_built
from phaseline.process import journal

def writes(context):
    journal.progress("writing \\x1b[31m<b>loud</b>")
    (context.workspace.root / "made").write_text("made")
    return Report("one file")

def broken(context):
    raise CheckFailed("it is broken", why="rust", fix="paint")

GRAPH = Graph([
    Phase(number=1, name="good", title="Good", steps=(
        make("T001.a", "Writes", writes, outputs=("made",), tests=("tests/test_it.py",)),
        not_built("T002", "Later"),
        check("good.gate", "Well", lambda context: Report("well"), needs=("T001.a",)),
    )),
    Phase(number=2, name="bad", title="Bad", needs=("good",), steps=(
        check("T003", "Breaks", broken),
    )),
])
namespace = collection(GRAPH, Path(__file__).parent, everything=("good", "bad"))
"""


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which all was run once."""
    root = tmp_path_factory.mktemp("used")
    (root / "tasks.py").write_text(TASKS)
    (root / "pipeline.yaml").write_text(PIPELINE)
    (root / "tests").mkdir()
    (root / "tests/test_it.py").write_text("def test_it(): ...\n")
    assert invoke(root, "deploy-all").returncode == 1
    return root


@pytest.fixture
def root(used: Path, tmp_path: Path) -> Path:
    """A copy of it, for tests that change something."""
    shutil.copytree(used, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def invoke(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    apart = {"XDG_CACHE_HOME": str(root / "caches"), "XDG_CONFIG_HOME": str(root / "config")}
    return command_line.invoke(root, *words, env=apart)


def said(root: Path, *words: str) -> str:
    done = invoke(root, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rows(root: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(said(root, *words, "--json"))
    return found


def state_of(root: Path) -> dict[str, bytes]:
    """Every file of the state folder, but for the lock."""
    files = [path for path in (root / ".phaseline").rglob("*") if path.is_file()]
    return {str(path): path.read_bytes() for path in files if path.name != "lock"}


def test_status_tells_each_steps_last_result(used: Path) -> None:
    found = {row["step"]: row for row in rows(used, "status")}
    assert {name: row["state"] for name, row in found.items()} == {
        "T001.a": "done",
        "T002": "not built",
        "good.gate": "done",
        "T003": "failed",
    }
    assert found["T001.a"]["reason"] == "never made"
    assert found["T001.a"]["summary"] == "one file"
    assert 0 <= found["T003"]["age_seconds"] < 60
    assert found["T003"]["duration_seconds"] >= 0
    assert found["T002"]["age_seconds"] is None
    text = said(used, "status")
    assert "1 good: 2 done, 1 not built" in text
    assert "2 bad: 1 failed" in text
    assert "2 of 4 steps done" in text


def test_the_graph_is_drawn_in_three_forms(used: Path, tmp_path: Path) -> None:
    text = said(used, "graph")
    assert text.startswith("flowchart TB\n")
    assert "class n_T003 n_failed" in text
    target = tmp_path / "graph.svg"
    assert said(used, "graph", "--format", "svg", "--output", str(target)) == f"{target}\n"
    drawn = ElementTree.fromstring(target.read_text())  # noqa: S314 - made here
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
    nodes = {row["step"]: row for row in rows(used, "graph")}
    assert nodes["good.gate"]["needs"] == ["T001.a"]
    assert nodes["T003"]["waits_for"] == ["good.gate"]
    assert nodes["T003"]["state"] == "failed"


def test_the_trace_leads_from_ids_to_code_tests_and_results(root: Path) -> None:
    keys = ["id", "phase", "title", "code", "tests", "result"]
    found = rows(root, "trace")
    assert [list(row) for row in found] == [keys] * 3
    assert [row["id"] for row in found] == ["T001", "T002", "T003"]
    assert found[0]["code"][0].startswith("tasks:writes tasks.py:")
    assert found[0]["result"] == ""
    assert "T001  not run" in said(root, "trace")
    case = '<testsuites><testsuite><testcase classname="tests.test_it" name="test_it"/>'
    (root / ".phaseline/tests").mkdir()
    (root / ".phaseline/tests/unit.xml").write_text(f"{case}</testsuite></testsuites>")
    assert rows(root, "trace")[0]["result"] == "passed"
    assert "1 of 3 have a result" in said(root, "trace")


def test_a_log_is_printed_without_commands_to_the_terminal(used: Path) -> None:
    text = said(used, "logs", "T001.a")
    assert "writing <b>loud</b>" in text
    assert "\x1b" not in text
    (row,) = rows(used, "logs", "T001.a", "--all")
    assert row["run"] in row["path"]
    assert rows(used, "logs", "T001.a", "--run", row["run"]) == [row]


def test_the_report_is_one_page(root: Path) -> None:
    assert said(root, "report") == ".phaseline/report.html\n"
    page = (root / ".phaseline/report.html").read_text()
    assert "T003 failed: it is broken" in page
    assert "writing &lt;b&gt;loud&lt;/b&gt;" in page
    assert "\x1b" not in page
    assert page.count("invoke verify --head sha256:") == 1
    (row,) = rows(root, "report", "--output", "other.html")
    assert row["result"] == "T003 failed: it is broken"
    assert (root / "other.html").read_text() == page


WRONG = [
    (("graph", "--format", "png"), "--format png: it takes mermaid or svg"),
    (("graph", "--output", "none/graph.svg"), "there is no such folder"),
    (("logs", "T999"), "there is no step 'T999'"),
    (("logs", "../../etc/passwd"), "there is no step"),
    (("logs", "T001.a", "--run", "none"), "there is no run none"),
    (("report", "--run", "../x"), "there is no run ../x"),
    (("report", "--output", "none/report.html"), "there is no such folder"),
    (("prune", "--keep-runs", "-1"), "--keep-runs -1: it takes a whole number"),
    (("prune", "--max-size", "much"), "--max-size much: it takes a size"),
    (("state.export", "none/state.tar.gz"), "there is no folder"),
    (("state.import", "none.tar.gz"), "has a state of its own"),
    (("state.import", "none.tar.gz", "--replace"), "none.tar.gz cannot be read"),
]


@pytest.mark.parametrize(("words", "told"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_what_is_wrong_is_named_and_changes_nothing(
    words: tuple[str, ...], told: str, used: Path
) -> None:
    before = state_of(used)
    done = invoke(used, *words)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr
    assert state_of(used) == before


@pytest.mark.parametrize("command", ["status", "plan", "graph", "trace", "logs T003"])
def test_reading_changes_nothing(command: str, used: Path) -> None:
    before = state_of(used)
    said(used, *command.split())
    said(used, *command.split(), "--json")
    assert state_of(used) == before


def test_a_reader_that_has_enough_is_no_fault(used: Path) -> None:
    words = ("graph", "--format", "svg")
    with command_line.start(used, *words, env={"PYTHONUNBUFFERED": "1"}) as process:
        assert process.stdout
        process.stdout.close()
        assert process.wait(60) == 141
        assert process.stderr
        assert process.stderr.read() == ""


def test_in_a_fresh_checkout_reading_makes_no_state(root: Path) -> None:
    shutil.rmtree(root / ".phaseline")
    for command in ("status", "plan", "graph", "trace"):
        said(root, command)
    assert {row["state"] for row in rows(root, "status")} == {"never", "not built"}
    assert not (root / ".phaseline").exists()


def test_state_travels_to_another_checkout(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "state.tar.gz"
    (row,) = rows(root, "state.export", str(file))
    assert (row["records"], row["left_out"]) == (2, [])
    other = tmp_path / "other"
    other.mkdir()
    for name in ("tasks.py", "pipeline.yaml"):
        shutil.copy2(root / name, other)
    assert "2 records" in said(other, "state.import", str(file))
    assert (other / "made").read_text() == "made"
    plan = {row["step"]: row["state"] for row in rows(other, "plan")}
    assert plan == {
        "T001.a": "unchanged",
        "T002": "not built",
        "good.gate": "unchanged",
        "T003": "will run",
    }
    # what was read of the runs there is read here, too
    assert {row["step"]: row["state"] for row in rows(other, "status")}["T003"] == "failed"


def test_prune_keeps_the_last_runs_and_all_evidence(root: Path) -> None:
    for _ in range(2):
        invoke(root, "bad")
    evidence = [path.read_bytes() for path in (root / ".phaseline/evidence").iterdir()]
    unused = root / "caches/phaseline/tools/helm/0.0.1/helm"
    unused.parent.mkdir(parents=True)
    unused.write_bytes(b"x" * 2_000_000)
    words = ("prune", "--keep-runs", "1", "--max-size", "1MB")
    would = rows(root, *words, "--dry-run")
    assert [row["kind"] for row in would] == ["run", "run", "tool"]
    assert unused.exists()
    assert rows(root, *words) == would
    assert not unused.exists()
    assert len(list((root / ".phaseline/runs").iterdir())) == 1
    assert [path.read_bytes() for path in (root / ".phaseline/evidence").iterdir()] == evidence
    assert rows(root, *words) == []
