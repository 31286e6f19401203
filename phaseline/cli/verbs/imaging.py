"""What was built, and what was found on it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import JSON, make_task
from phaseline.engine.graph import Graph


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""
    return {"image.list": _list(folder), "image.findings": _findings(folder)}


def _list(folder: Path) -> Task[Any]:
    def listed(c: object, json: bool = False) -> int:
        from phaseline.cli import imaging

        return imaging.images(context(folder), as_json=json)

    text = "What was built: ID, size, layers, base, checks, and where it is loaded."
    return make_task(listed, text, JSON, "image.list --json")


def _findings(folder: Path) -> Task[Any]:
    def found(c: object, json: bool = False) -> int:
        from phaseline.cli import imaging

        return imaging.findings(context(folder), as_json=json)

    text = "What the checks found on the images: rule, severity, where, and what to do."
    return make_task(found, text, JSON, "image.findings --json")
