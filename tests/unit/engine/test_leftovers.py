"""What a killed run has left half written goes with the next run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit import command_line
from tests.unit.engine.toy import PIPELINE

TASKS = """
from pathlib import Path
from phaseline.cli.collection import collection
from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.engine.graph import Graph, Phase, make

def fill(context):
    write_atomic(context.workspace.root / "made/one", "one")
    return Report("filled")

GRAPH = Graph([Phase(number=1, name="all", title="All", steps=(
    make("fill", "Fill", fill, outputs=("made", "deep/*.txt")),
))])
namespace = collection(GRAPH, Path(__file__).parent, everything=("all",))
"""
PLACES = (".", ".phaseline", ".phaseline/evidence", ".phaseline/runs/{run}", "made", "deep")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "tasks.py").write_text(TASKS)
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    (tmp_path / "deep").mkdir()
    (tmp_path / "elsewhere").mkdir()
    assert command_line.invoke(tmp_path, "all").returncode == 0
    return tmp_path


def left(root: Path) -> list[Path]:
    """Drafts, put where a kill could leave some, and files that are none."""
    run = max(one.name for one in (root / ".phaseline/runs").iterdir())
    places = [root / one.format(run=run) for one in PLACES]
    drafts = [one / ".file.json.a_c4efgh.draft" for one in places]
    for path in (
        *drafts,
        root / "deep/.env.template",
        root / "elsewhere/.file.json.abcdefgh.draft",
    ):
        path.write_text("half")
    return drafts


def test_after_a_kill_drafts_are_removed_and_not_taken_for_outputs(root: Path) -> None:
    drafts = left(root)
    lock = root / ".phaseline/lock"
    lock.write_text(json.dumps({"pid": 1, "purpose": "killed", "since": 0}))
    done = command_line.invoke(root, "all", "--json")
    assert [one for one in drafts if one.exists()] == []
    assert (root / "deep/.env.template").exists()
    assert (root / "elsewhere/.file.json.abcdefgh.draft").exists()  # no place of ours
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["ending"] for one in events if one["event"] == "step-ended"] == ["fresh"]
