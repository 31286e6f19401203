"""Another application's folder, chart and Dockerfile: no line of Python knows of it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import httpx
import pytest
import yaml

from tests.deployment.workspace import CHECKOUT, Workspace

pytestmark = pytest.mark.e2e

_SOURCE = Path(__file__).parent / "notice-board"


@pytest.fixture(scope="module")
def board(places: Path, every_workspace: list[Workspace]) -> Workspace:
    """Its folder has no tasks.py; its base image is the one that is cached for the page."""
    workspace = Workspace(places / "board", search_root=CHECKOUT)
    shutil.copytree(_SOURCE, workspace.root)
    workspace.env["TMPDIR"] = str(workspace.root.with_name("board-tmp"))
    workspace.temporary.mkdir()
    bases = yaml.safe_load((CHECKOUT / "pipeline.yaml").read_text())["bases"]
    workspace.set({**workspace.settings(), "bases": {"nginx": bases["nginx"]}})
    every_workspace.append(workspace)
    return workspace


def test_it_is_deployed_and_answers(board: Workspace) -> None:
    ran = board.must("deploy-all")
    found = re.search(r"^ *notices: (http://\S+)$", ran.text, re.MULTILINE)
    assert found, ran.text
    assert "<title>Notices</title>" in httpx.get(found[1], timeout=10).text
    assert "the notices are read" in ran.text


def test_roles_that_it_lacks_are_not_applicable(board: Workspace) -> None:
    states = {row["step"]: (row["state"], row["reason"]) for row in board.json("plan")}
    for role, step in (("backend", "T007.image"), ("database", "T007.database")):
        assert states[step] == ("not applicable", f"the application has no {role}")
    ran = board.must("deploy-all")
    assert re.search(
        r"^· T007.image .*not applicable: the application has no backend", ran.text, re.M
    )
    assert re.search(r"\d+ not applicable", ran.text)
    assert ran.steps("✓") == set()


def test_nothing_was_written_beside_it(board: Workspace) -> None:
    assert not (board.root / "tasks.py").exists()
    assert {path.name for path in board.root.iterdir()} == {
        ".phaseline",
        "board",
        "chart",
        "pipeline.yaml",
    }
    board.must("teardown")
    with pytest.raises(AssertionError, match="no cluster"):
        board.must("app.addresses")
