from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from phaseline.tools import golang
from phaseline.tools.catalogue import TOOLS
from phaseline.tools.model import Recipe


@pytest.fixture
def recipe() -> Recipe:
    recipe = TOOLS["helm"].recipe
    assert recipe
    return recipe


@pytest.fixture
def module(tmp_path: Path, recipe: Recipe, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the module that may be changed."""
    copy = tmp_path / "modules"
    shutil.copytree(golang.MODULES, copy)
    monkeypatch.setattr(golang, "MODULES", copy)
    return copy / recipe.module


@pytest.mark.parametrize("file", ["go.mod", "go.sum", "new.go", "package/new.go"])
def test_what_is_built_from_decides_the_digest(file: str, module: Path, recipe: Recipe) -> None:
    before = golang.digest(recipe)
    (module / file).parent.mkdir(exist_ok=True)
    with (module / file).open("a") as stream:
        stream.write("// changed\n")
    assert golang.digest(recipe) != before


@pytest.mark.parametrize("file", ["README.md", "new_test.go"])
def test_other_files_do_not(file: str, module: Path, recipe: Recipe) -> None:
    before = golang.digest(recipe)
    (module / file).write_text("words")
    assert golang.digest(recipe) == before


def test_another_recipe_has_another_digest(recipe: Recipe) -> None:
    other = replace(recipe, variables={"main.version": "v0"})
    assert golang.digest(other) != golang.digest(recipe)


def test_a_package_without_its_modules_says_so(module: Path, recipe: Recipe) -> None:
    assert golang.available(recipe) == ""
    shutil.rmtree(module)
    assert golang.available(recipe) == f"there is no Go module in {module}"


@pytest.mark.parametrize(
    ("user", "own", "moved"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"GOPATH": "/go"}, True, False),
        ({"GOMODCACHE": "/go/mod"}, True, False),
    ],
)
def test_modules_go_to_our_cache_only_for_our_own_go(
    user: dict[str, str], own: bool, moved: bool
) -> None:
    told = golang.environment(user, own)
    assert ("GOMODCACHE" in told) is moved
    assert ("-modcacherw" in told["GOFLAGS"]) is moved
    assert told["GOTOOLCHAIN"] == "local"
    assert "GOPROXY" not in told
