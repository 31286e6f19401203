"""`pipeline.yaml` is wrong: the field is named, and nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deployment.conftest import NewWorkspace
from tests.deployment.workspace import CHECKOUT, Workspace

pytestmark = pytest.mark.e2e

_INVALID = 2
Settings = dict[str, Any]


@pytest.fixture(scope="module")
def workspace(make_workspace: NewWorkspace) -> Workspace:
    return make_workspace()


def _unknown_field(settings: Settings) -> None:
    settings["components"][0]["colour"] = "green"


def _wrong_type(settings: Settings) -> None:
    settings["chart"]["timeout_seconds"] = "soon"


def _missing_chart(settings: Settings) -> None:
    settings["chart"]["folder"] = "charts/nowhere"


def _missing_folder(settings: Settings) -> None:
    settings["components"][1]["build"]["folder"] = "nowhere"


def _missing_field(settings: Settings) -> None:
    del settings["chart"]["release"]


def _outside(settings: Settings) -> None:
    settings["chart"]["folder"] = "../charts"


def _cycle(settings: Settings) -> None:
    settings["components"][0]["needs"] = ["frontend"]
    settings["components"][1]["needs"] = ["backend"]


def _unknown_need(settings: Settings) -> None:
    settings["components"][0]["needs"] = ["nobody"]


def _unknown_base(settings: Settings) -> None:
    settings["components"][0]["build"]["base"] = "plan9"


def _twice(settings: Settings) -> None:
    settings["components"].append(settings["components"][0])


def _overlap(settings: Settings) -> None:
    settings["cluster"] = {"link_range": "10.244.0.0/20"}


def _no_network(settings: Settings) -> None:
    settings["cluster"] = {"pod_range": "10.244.0.0/99"}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_unknown_field, ("components[0].colour", "Extra inputs are not permitted")),
        (_wrong_type, ("chart.timeout_seconds", "valid integer")),
        (_missing_chart, ("chart.folder", "charts/nowhere")),
        (_missing_folder, ("components[1].build.folder", "nowhere")),
        (_missing_field, ("chart.release", "Field required")),
        (_outside, ("chart.folder", "inside the checkout")),
        (_cycle, ("components", "cycle", "backend -> frontend -> backend")),
        (_unknown_need, ("components", "backend needs the unknown 'nobody'")),
        (_unknown_base, ("components", "backend wants the unknown base 'plan9'")),
        (_twice, ("components", "backend is declared twice")),
        (_overlap, ("link_range 10.244.0.0/20 overlaps pod_range 10.244.0.0/16",)),
        (_no_network, ("cluster.pod_range", "'99' is not a valid netmask")),
    ],
)
def test_a_wrong_field(
    workspace: Workspace, spoil: Callable[[Settings], None], words: tuple[str, ...]
) -> None:
    settings = deepcopy(_right())
    spoil(settings)
    workspace.set(settings)
    _refused(workspace, *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"components: [\n", ("pipeline.yaml is not YAML", "line 2")),
        (b"", ("pipeline.yaml is not valid", "valid dictionary")),
        (b"- one\n- two\n", ("pipeline.yaml is not valid", "valid dictionary")),
        (b"version: \xff\xfe\n", ("pipeline.yaml is not YAML",)),
        (b"version: 2\n", ("version", "Input should be 1")),
    ],
)
def test_a_wrong_file(workspace: Workspace, content: bytes, words: tuple[str, ...]) -> None:
    (workspace.root / "pipeline.yaml").write_bytes(content)
    _refused(workspace, *words)


def test_no_file(workspace: Workspace) -> None:
    (workspace.root / "pipeline.yaml").unlink()
    _refused(workspace, "there is no pipeline.yaml")


def _right() -> Settings:
    content: Settings = yaml.safe_load((CHECKOUT / "pipeline.yaml").read_text())
    return content


def _refused(workspace: Workspace, *words: str) -> None:
    """The run ends at once, with the cause, and leaves not so much as a folder."""
    before = _listing(workspace.root)
    ran = workspace.invoke("deploy-all", limit=20)
    assert ran.code == _INVALID, ran.text
    for word in words:
        assert word in ran.text
    assert "fix:" in ran.text
    assert "Traceback" not in ran.text
    assert _listing(workspace.root) == before
    assert not workspace.state.exists()


def _listing(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}
