"""What can be asked without changing anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import JSON, make_task
from phaseline.engine.graph import Graph


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""

    def plan(c: object, live: bool = False, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.plan(graph, context(folder), list(everything), live=live, as_json=json)

    def status(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.status(graph, context(folder), as_json=json)

    def doctor(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.doctor(context(folder), as_json=json)

    live = {"live": "ask the live world too, not only the records"}
    would, fetched = "What deploy-all would run, and why.", "what would be fetched"
    return {
        "plan": make_task(plan, f"{would} Changes nothing.", live | JSON, "plan --live"),
        "status": make_task(
            status, "Every step with its last result and age.", JSON, "status --json"
        ),
        "doctor": make_task(
            doctor, f"Whether this machine will do, and {fetched}.", JSON, "doctor"
        ),
    }
