"""What is not as it should be in the cluster, and what its workloads need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task
from phaseline.engine.graph import Graph

_ANALYZE = """Report on a namespace or the whole cluster; nothing is changed.

Faults come first, each with its cause and what would repair it; then what will hurt one day. Exit
code 1 when something does not work now."""
_OPTIMIZE = """Recommend requests and limits by what is used; nothing is changed.

Each call takes a sample from the nodes' kubelets and keeps it: recommendations get better with
time, and nothing is lowered before there is enough. For the application's own namespace there is a
patch of the chart's values, for `git apply`. See docs/diagnosis.md."""
_ANALYZE_HELP = {
    "namespace": "only this one; default: the whole cluster",
    "hints": "also what is untidy, or may be meant so",
    "json": "print JSON",
}
_OPTIMIZE_HELP = {
    "namespace": "default: that of the application",
    "patch": "print the patch of the chart's values and nothing else",
    "json": "print JSON",
}


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""

    def analyze(c: object, namespace: str = "", hints: bool = False, json: bool = False) -> int:
        from phaseline.cli import analysing

        return analysing.analyze(context(folder), namespace, hints=hints, as_json=json)

    def optimize(c: object, namespace: str = "", patch: bool = False, json: bool = False) -> int:
        from phaseline.cli import analysing

        return analysing.optimize(context(folder), namespace, patch=patch, as_json=json)

    made = make_task(analyze, _ANALYZE, _ANALYZE_HELP, "ai.analyze --namespace shop")
    sized = make_task(optimize, _OPTIMIZE, _OPTIMIZE_HELP, "ai.optimize --patch | git apply")
    return {"ai.analyze": made, "ai.optimize": sized}
