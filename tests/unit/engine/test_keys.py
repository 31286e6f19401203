from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine import key, paths
from phaseline.engine.graph import Step, act, make
from tests.unit.engine.toy import PIPELINE, workspace

BUILT = """
version: 1
application: toy
components:
  - name: one
    role: backend
    build:
      folder: one
      dockerfile: one.j2
      prepare: {kind: npm}
    values: one
    port: 1
chart: {folder: one, release: toy, namespace: toy}
"""


def first(context: Context) -> Report:
    return Report("first")


def second(context: Context) -> Report:
    return Report("second")


STEP = make("s", "S", first, inputs=("src/**/*", "config"), settings=("chart",))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "src/deep").mkdir(parents=True)
    (tmp_path / "src/a").write_text("a")
    (tmp_path / "src/deep/b").write_text("b")
    (tmp_path / "src/link").symlink_to("a")
    workspace(tmp_path)
    return tmp_path


def of(root: Path, step: Step = STEP, pipeline: str = PIPELINE, upstream: str = "x") -> str:
    return key.digest(key.parts(step, workspace(root, pipeline), {"u": upstream}))


def relink(path: Path, target: str) -> None:
    path.unlink()
    path.symlink_to(target)


def rewrite(path: Path, text: str) -> None:
    path.unlink()
    path.write_text(text)


def put(path: Path) -> None:
    path.parent.mkdir()
    path.touch()


TOUCHES: dict[str, Callable[[Path], object]] = {
    "content": lambda root: (root / "src/a").write_text("A"),
    "deep content": lambda root: (root / "src/deep/b").write_text("B"),
    "new file": lambda root: (root / "src/deep/c").touch(),
    "hidden file": lambda root: (root / "src/.hidden").touch(),
    "removed": lambda root: (root / "src/a").unlink(),
    "renamed": lambda root: (root / "src/a").rename(root / "src/a2"),
    "moved": lambda root: (root / "src/deep/b").rename(root / "src/b"),
    "executable": lambda root: (root / "src/a").chmod(0o755),
    "link target": lambda root: relink(root / "src/link", "deep/b"),
    "link becomes file": lambda root: rewrite(root / "src/link", "a"),
    "absent file comes": lambda root: (root / "config").touch(),
}


@pytest.mark.parametrize("touch", TOUCHES)
def test_what_changes_the_key(touch: str, root: Path) -> None:
    before = of(root)
    TOUCHES[touch](root)
    assert of(root) != before


def test_each_part_beside_the_inputs_changes_the_key(root: Path) -> None:
    keys = [
        of(root),
        of(root, make("t", "S", first, inputs=STEP.inputs, settings=STEP.settings)),
        of(root, act("s", "S", first, inputs=STEP.inputs, settings=STEP.settings)),
        of(root, make("s", "S", second, inputs=STEP.inputs, settings=STEP.settings)),
        of(root, pipeline=PIPELINE.replace("release: toy", "release: joy")),
        of(root, pipeline=PIPELINE.replace("x:1", "x:2")),
        of(root, upstream="y"),
    ]
    assert len(set(keys)) == len(keys)


UNTOUCHED: dict[str, Callable[[Path], object]] = {
    "times": lambda root: os.utime(root / "src/a", (1, 1)),
    "umask": lambda root: (root / "src/a").chmod(0o600),
    "another file": lambda root: (root / "elsewhere").touch(),
    "empty folder": lambda root: (root / "src/empty").mkdir(),
    "bytecode": lambda root: put(root / "src/deep/__pycache__/b.pyc"),
    "state": lambda root: put(root / "src/.phaseline/x"),
    "written again": lambda root: rewrite(root / "src/a", "a"),
    "pipe": lambda root: os.mkfifo(root / "src/fifo"),
}


@pytest.mark.parametrize("touch", UNTOUCHED)
def test_what_does_not_change_the_key(touch: str, root: Path) -> None:
    before = of(root)
    UNTOUCHED[touch](root)
    assert of(root) == before


def test_a_title_or_another_setting_is_not_what_a_step_depends_on(root: Path) -> None:
    same = make("s", "Renamed", first, inputs=STEP.inputs, settings=STEP.settings)
    assert of(root, same) == of(root)
    assert of(root, pipeline=f"{PIPELINE}cluster: {{cpus: 4}}\n") == of(root)


def test_a_file_of_any_name_has_a_key(root: Path) -> None:
    before = of(root)
    (Path(os.fsdecode(os.fsencode(root) + b"/src/\xff\xfe"))).touch()
    assert of(root) != before


def test_what_the_pipeline_writes_between_the_sources_is_none(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one.j2").touch()
    (tmp_path / "one/code").write_text("code")
    context = workspace(tmp_path, BUILT)
    before = paths.digests(("{sources}",), context)
    (tmp_path / "one/Dockerfile").touch()
    (tmp_path / "one/dist").mkdir()
    (tmp_path / "one/dist/page").touch()
    assert paths.digests(("{sources}",), context) == before
    assert set(before) == {"one/code", "one/.dockerignore"}
    assert set(paths.digests(("{prepared}", "{folder}/Dockerfile"), context)) == {
        "one/Dockerfile",
        "one/dist/page",
    }


@pytest.mark.parametrize(
    ("prepare", "ingredients"),
    [
        ("{kind: wheels, lock: one.lock}", {"one/one.lock"}),
        ("{kind: npm}", {"one/code", "one/one.lock", "one/.dockerignore"}),
        ("null", set()),
    ],
)
def test_wheels_depend_on_their_lock_and_a_page_on_all_sources(
    tmp_path: Path, prepare: str, ingredients: set[str]
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one.j2").touch()
    for name in ("code", "one.lock"):
        (tmp_path / "one" / name).touch()
    context = workspace(tmp_path, BUILT.replace("{kind: npm}", prepare))
    assert set(paths.digests(("{ingredients}",), context)) == ingredients


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ({"a": 1}, {"a": 1}, "nothing changed"),
        ({"code": {"a.py": "x"}}, {"code": {"a.py": "y"}}, "code changed: a.py"),
        ({"inputs": {"f": "1"}}, {"inputs": {"f": "2"}}, "inputs changed: f"),
        ({"inputs": {"f": "1"}}, {"inputs": {"f": "1", "g": "1"}}, "inputs changed: g"),
        ({"inputs": {"f": 1, "g": 1}}, {"inputs": {}}, "inputs changed: f and 1 more"),
        ({}, {"settings": {}}, "settings changed"),
        (
            {"settings": {"chart": {"a": 1}}},
            {"settings": {"chart": {"a": 2}}},
            "settings changed: chart.a",
        ),
        (
            {"components": [{"name": "one", "build": {"sources": ["x", "y"]}}]},
            {"components": [{"name": "one", "build": {"sources": ["x", "z"]}}]},
            "components changed: one.build.sources.[1]",
        ),
    ],
)
def test_what_changed_is_named(old: key.Parts, new: key.Parts, said: str) -> None:
    assert key.changed(old, new) == said
