"""The image of the todo service has nothing of the management API, and all that it needs itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
import yaml

from tests.management.world import TREE

BACKEND = TREE / "backend"


def sources() -> list[Path]:
    """The Python files that the image is built from."""
    components = yaml.safe_load((TREE / "pipeline.yaml").read_text())["components"]
    (build,) = (one["build"] for one in components if one["name"] == "backend")
    return [path for one in build["sources"] for path in BACKEND.glob(one) if path.suffix == ".py"]


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(BACKEND)))
def test_what_it_imports_is_in_it(path: Path) -> None:
    names = imported(path)
    assert not [one for one in names if one.partition(".")[0] == "phaseline"]
    own = [BACKEND / "src" / one.replace(".", "/") for one in names if one.split(".")[0] == "api"]
    files = {file for one in own if (file := one.with_suffix(".py")).exists()}
    assert files <= set(sources())


def test_the_rest_of_its_folder_does_not_reach_the_build() -> None:
    left = set((BACKEND / "src").rglob("*.py")) - set(sources())
    ignored = (BACKEND / ".dockerignore").read_text().splitlines()
    for path in left:
        place = path.relative_to(BACKEND)
        assert {str(place), str(place.parent)} & set(ignored), place
    assert BACKEND / "src/api/management/app.py" in left
