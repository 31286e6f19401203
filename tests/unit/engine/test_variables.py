"""Environment variables that a step declares are part of its key, and of what is told of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tasks
from phaseline.engine import entries, key, variables, why
from phaseline.engine.graph import make
from tests.unit import command_line
from tests.unit.engine.toy import PIPELINE, joining, one_phase, workspace

pytestmark = pytest.mark.slow

TASKS = """
import os
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, check, make

def note(context):
    (context.workspace.root / "out").write_text(os.environ.get("MODE", "none"))
    return Report("noted")

GRAPH = Graph([Phase(number=1, name="all", title="All", steps=(
    make("note", "Note", note, outputs=("out",), variables=("MODE", "PAGE_*", "API_TOKEN")),
    check("gate", "Gate", lambda context: Report("seen")),
))])
namespace = collection(GRAPH, Path(__file__).parent, everything=("all",))
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    return tmp_path


def ran(root: Path, **env: str) -> dict[str, Any]:
    """How `note` ended in a run with these variables."""
    done = command_line.invoke(root, "all", "--json", env=env)
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    found = [one for one in events if one["event"] == "step-ended" and one["step"] == "note"]
    return dict(found[-1])


def test_what_is_not_set_what_is_empty_and_each_value_differ(root: Path) -> None:
    assert ran(root)["ending"] == "done"
    assert ran(root)["ending"] == "fresh"
    for value in ("", "one", "two"):
        found = ran(root, MODE=value)
        assert (found["ending"], found["reason"]) == ("done", "variables changed: MODE")
        assert (root / "out").read_text() == value
        assert ran(root, MODE=value)["ending"] == "fresh"
    assert ran(root)["ending"] == "done"


def test_a_pattern_stands_for_all_that_are_set(root: Path) -> None:
    ran(root, PAGE_TITLE="x", OTHER="x")
    assert ran(root, PAGE_TITLE="x", OTHER="y")["ending"] == "fresh"
    assert ran(root, PAGE_TITLE="x", PAGE_COLOUR="")["reason"] == "variables changed: PAGE_COLOUR"
    assert ran(root, PAGE_TITLE="x")["reason"] == "variables changed: PAGE_COLOUR"


def told(root: Path, *words: str, **env: str) -> str:
    return command_line.invoke(root, "why", "note", *words, env=env).stdout


def test_why_names_them_and_tells_no_secret(root: Path) -> None:
    long = "m" * 200
    secret = "tok-4711-4711"
    ran(root, MODE="one", API_TOKEN=secret)
    same = told(root, MODE="one", API_TOKEN=secret)
    assert "2 variables: MODE = one, API_TOKEN = hidden, " in same
    other = told(root, MODE=long, API_TOKEN="another-token")
    assert "variables: MODE  one -> mmm" in other
    assert long not in other
    assert "variables: API_TOKEN  hidden, " in other
    assert "variables: MODE  one -> nothing" in told(root)
    assert 'variables: MODE  one -> ""' in told(root, MODE="")
    assert json.loads(told(root, "--json", MODE="one"))["checked"]["variables"]["MODE"] == "one"
    for path in (root / ".phaseline").rglob("*"):
        assert not path.is_file() or secret.encode() not in path.read_bytes()
    assert secret not in same + other


def test_evidence_has_them(root: Path) -> None:
    ran(root, MODE="one")
    found = entries.latest(root / ".phaseline")["note"].parts["variables"]
    assert (found["MODE"], found["API_TOKEN"]) == ("one", None)
    assert command_line.invoke(root, "verify").returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("HTTP_PROXY", "http://proxy:3128", False),
        ("HTTP_PROXY", "http://user:word@proxy:3128", True),
        ("MODE", "http://[half", False),
        ("DB_PASSWORD", "x", True),
        ("DB_PASSWORD", "", False),
    ],
)
def test_what_is_kept_of_a_value(
    name: str, value: str, hidden: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    kept = variables.values([name])[name]
    assert (kept != value) is hidden
    assert kept is not None
    assert "word" not in kept.replace("password", "")


def test_a_step_without_any_has_the_key_that_it_always_had(tmp_path: Path) -> None:
    step = make("s", "S", joining("out"))
    assert "variables" not in key.parts(step, workspace(tmp_path), {})
    graph = one_phase(step)
    assert why.explain(step, graph, workspace(tmp_path)).changes == ()


def test_builders_declare_what_decides_what_they_make() -> None:
    declared = {step.id: set(step.variables) for step in tasks.GRAPH.steps.values()}
    for name in ("T007.base", *tasks.IMAGES.values()):
        assert "DOCKER_DEFAULT_PLATFORM" in declared[name]
    assert {"NODE_ENV", "NODE_OPTIONS", "VITE_*"} <= declared["T008.page"]
