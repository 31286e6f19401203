"""Why a step would run, or would not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task
from phaseline.engine.graph import Graph


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""

    def why(c: object, step: str, json: bool = False) -> int:
        from phaseline.cli import reasons

        return reasons.why(graph, context(folder), step, as_json=json)

    text = (
        "Why a step would run: what changed since which run; or what was checked to skip it.\n\n"
        "Asks the live world, changes nothing."
    )
    help_ = {"step": "its ID, such as T007.image", "json": "print JSON"}
    return {"why": make_task(why, text, help_, "why T014.values")}
