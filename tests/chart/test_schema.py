"""Values that the chart refuses, with the place named, and values at the edge that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from phaseline.process.command import Completed

Template = Callable[..., Completed]


def at(path: str, value: Any) -> dict[str, Any]:
    """Values with `value` at a dotted path."""
    tree = value
    for part in reversed(path.split(".")):
        tree = {part: tree}
    assert isinstance(tree, dict)
    return tree


PLACES = [
    *("", "backend", "backend.image", "backend.resources", "backend.resources.limits"),
    *("backend.resources.requests", "frontend", "frontend.image", "frontend.service"),
    *("database", "database.image", "database.storage"),
]


@pytest.mark.parametrize("place", PLACES)
def test_unknown_values(template: Template, place: str) -> None:
    path = f"{place}.misspelt".lstrip(".")
    completed = template(at(path, 1))
    assert completed.code != 0
    pointer = "/" + place.replace(".", "/") if place else ""
    assert f"at '{pointer}'" in completed.stderr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("backend", []),
        ("backend.image.repository", ""),
        ("backend.image.repository", "Upper/case"),
        ("backend.image.tag", ""),
        ("backend.image.tag", 1.2),
        ("backend.image.tag", "with space"),
        ("backend.replicas", -1),
        ("backend.replicas", "2"),
        ("backend.user", 0),
        ("backend.logLevel", "loud"),
        ("backend.migrationWait", 0),
        ("backend.resources.limits.memory", "lots"),
        ("frontend.service.type", "ExternalName"),
        ("frontend.service.port", 65536),
        ("frontend.service.nodePort", 80),
        ("database.name", "todo; DROP"),
        ("database.username", "Todo"),
        ("database.existingSecret", "Not_A_Name"),
        ("database.storage.size", "1 GB"),
        ("database.storage.className", None),
        ("frontend.image", None),
        ("database.resources.limits", {"memory": None}),
    ],
)
def test_wrong_values(template: Template, path: str, value: Any) -> None:
    completed = template(at(path, value))
    assert completed.code != 0
    assert "don't meet the specifications of the schema" in completed.stderr
    assert path.split(".")[0] in completed.stderr


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("backend.replicas", 0),
        ("backend.image.tag", "1.2@sha256:" + "a" * 64),
        ("frontend.service.nodePort", 30080),
        ("database.existingSecret", "my.own-secret"),
    ],
)
def test_values_at_the_edge(template: Template, path: str, value: Any) -> None:
    completed = template(at(path, value))
    assert completed.code == 0, completed.stderr
