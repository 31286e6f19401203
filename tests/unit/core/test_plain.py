from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.load import load_pipeline
from phaseline.core.plain import read
from tests.unit.engine.toy import PIPELINE, workspace

TREE = Path(__file__).parents[3]
BUILT = PIPELINE.replace('image: "x:1"', "build: {folder: src, dockerfile: src/Dockerfile}")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "root/src").mkdir(parents=True)
    (tmp_path / "root/src/Dockerfile").touch()
    workspace(tmp_path / "root", BUILT)
    return tmp_path / "root"


def test_they_are_what_pydantic_has_validated_first_and_later(root: Path) -> None:
    wanted = load_pipeline(root).model_dump(mode="json", by_alias=True)
    before = set(root.rglob("*"))
    assert [read(root), read(root)] == [wanted, wanted]
    assert set(root.rglob("*")) == before


def test_a_change_is_read(root: Path) -> None:
    read(root)
    (root / "pipeline.yaml").write_text(BUILT.replace("release: toy", "release: joy"))
    assert read(root)["chart"]["release"] == "joy"


def test_a_fault_is_told_also_after_a_good_reading(root: Path) -> None:
    read(root)
    (root / "pipeline.yaml").write_text(BUILT.replace("port: 1", "port: x"))
    with pytest.raises(InvalidConfiguration) as caught:
        read(root)
    assert "components[0].port" in caught.value.why


def test_a_file_that_is_named_and_gone_is_told_also_after_a_good_reading(root: Path) -> None:
    read(root)
    (root / "src/Dockerfile").unlink()
    with pytest.raises(InvalidConfiguration) as caught:
        read(root)
    assert "components[0].build.dockerfile" in caught.value.why


@pytest.mark.parametrize("harm", [b"", b"{", b"[]", b'{"folders": 1}', b"\xff"])
def test_a_spoilt_reading_is_made_anew(harm: bytes, root: Path) -> None:
    wanted = read(root)
    (kept,) = (root.parent / "cache/phaseline/settings").iterdir()
    kept.write_bytes(harm)
    assert read(root) == wanted
    assert json.loads(kept.read_bytes())["values"] == wanted


def test_without_a_cache_it_is_only_slower(root: Path) -> None:
    (root.parent / "cache").write_text("no folder")
    assert read(root)["application"] == "toy"


HEAVY = ("pydantic", "rich", "httpx", "cryptography", "docker", "kubernetes", "jinja2")
ASKING = """
import sys
import tasks
from phaseline.cli import looking, reasons, story
from phaseline.cli.edge import context
from phaseline.engine import freshness, key, memo, record, schedule, why
assert tasks.namespace.task_names
workspace = context({root!r}).workspace
print(workspace.settings["application"], *(name for name in {heavy!r} if name in sys.modules))
"""


def test_asking_takes_no_library_that_is_slow_to_import(root: Path) -> None:
    read(TREE)
    script = ASKING.format(root=str(TREE), heavy=HEAVY)
    argv = [sys.executable, "-c", script]
    assert subprocess.check_output(argv, cwd=TREE, text=True).split() == ["todo-app"]
