"""Wheels and pages, fetched and built before the image."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from phaseline.core.errors import CheckFailed, CommandFailed, Unreachable
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.prepare import prepare
from phaseline.tools import pip

# A package that stands still.
LOCK = (
    "six==1.17.0 --hash=sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274\n"
)
SIX = "six-1.17.0-py2.py3-none-any.whl"


def make_context(root: Path, how: dict[str, str]) -> Context:
    for name in ("chart", "app"):
        (root / name).mkdir()
    (root / "app/Dockerfile").write_text("FROM scratch\n")
    (root / "app/requirements.lock").write_text(LOCK)
    build = {"folder": "app", "dockerfile": "app/Dockerfile", "prepare": how}
    component = {"name": "app", "role": "backend", "build": build, "values": "x", "port": 81}
    chart = {"folder": "chart", "release": "app", "namespace": "app"}
    content = {"version": 1, "application": "one", "components": [component], "chart": chart}
    (root / "pipeline.yaml").write_text(yaml.safe_dump(content))
    workspace = Workspace(root)
    return Context(workspace, workspace.pipeline.components)


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """A component with locked Python packages, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return make_context(tmp_path, {"kind": "wheels", "lock": "requirements.lock"})


@pytest.fixture
def page(tmp_path: Path) -> Context:
    context = make_context(tmp_path, {"kind": "npm"})
    write_page(tmp_path / "app", "mkdir -p dist && echo page > dist/index.html")
    return context


def write_page(folder: Path, script: str) -> None:
    manifest = {"name": "page", "version": "1.0.0", "scripts": {"build": script}}
    lock = {"name": "page", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {}}}
    (folder / "package.json").write_text(json.dumps(manifest))
    (folder / "package-lock.json").write_text(json.dumps(lock))


def laid_out(context: Context) -> set[str]:
    return {path.name for path in (context.workspace.root / "app/.wheelhouse").iterdir()}


def no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")


def test_the_wheelhouse_holds_the_lock_and_its_installer(wheels: Context) -> None:
    assert prepare(wheels).summary == "2 wheels in app/.wheelhouse"
    assert laid_out(wheels) == {SIX, pip.INSTALLER_WHEEL}
    assert not list(wheels.state.rglob("*.draft"))


def test_the_second_time_needs_no_network_and_clears_what_is_foreign(
    wheels: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(wheels)
    (wheels.workspace.root / "app/.wheelhouse/foreign.whl").touch()
    left_by_a_killed_run = wheels.state / "images/app.draft/whole"
    left_by_a_killed_run.mkdir(parents=True)
    no_index(monkeypatch)
    prepare(wheels)
    assert laid_out(wheels) == {SIX, pip.INSTALLER_WHEEL}


def test_a_wheel_with_another_hash_is_refused(wheels: Context) -> None:
    lock = wheels.workspace.root / "app/requirements.lock"
    lock.write_text(LOCK.replace("sha256:4", "sha256:5"))
    with pytest.raises(Unreachable) as caught:
        prepare(wheels)
    assert "DO NOT MATCH THE HASHES" in caught.value.why
    assert not (wheels.workspace.root / "app/.wheelhouse").exists()


def test_without_an_index_the_cause_and_the_fix_are_named(
    wheels: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_index(monkeypatch)
    with pytest.raises(Unreachable, match="Python packages of app cannot be fetched") as caught:
        prepare(wheels)
    assert caught.value.fix


def test_a_page_is_built(page: Context) -> None:
    assert prepare(page).summary == "1 files in app/dist"
    assert (page.workspace.root / "app/dist/index.html").read_text() == "page\n"


def test_packages_are_installed_again_only_when_the_lock_changes(page: Context) -> None:
    prepare(page)
    mark = page.workspace.root / "app/node_modules/mark"
    mark.touch()
    prepare(page)
    assert mark.exists()
    write_page(page.workspace.root / "app", "mkdir -p dist && echo other > dist/index.html")
    prepare(page)
    assert not mark.exists()


@pytest.mark.parametrize("script", ["true", "mkdir -p dist && touch dist/index.html"])
def test_a_page_of_nothing_is_a_fault(page: Context, script: str) -> None:
    write_page(page.workspace.root / "app", script)
    with pytest.raises(CheckFailed, match="the page of app is empty"):
        prepare(page)


def test_a_script_that_fails_tells_why(page: Context) -> None:
    write_page(page.workspace.root / "app", "echo the-reason >&2; exit 3")
    with pytest.raises(CommandFailed) as caught:
        prepare(page)
    assert "the-reason" in caught.value.why
