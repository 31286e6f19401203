"""What can be read without changing anything, and the state as one file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import JSON, make_task
from phaseline.engine.graph import Graph


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""
    return {
        "plan": _plan(graph, folder, everything),
        "status": _status(graph, folder),
        "graph": _graph(graph, folder),
        "trace": _trace(graph, folder),
        "logs": _logs(graph, folder),
        "report": _report(graph, folder),
        "doctor": _doctor(folder),
        "state.export": _export(folder),
        "state.import": _import(graph, folder),
        "prune": _prune(graph, folder),
    }


def _plan(graph: Graph, folder: Path, everything: tuple[str, ...]) -> Task[Any]:
    def plan(c: object, live: bool = False, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.plan(graph, context(folder), list(everything), live=live, as_json=json)

    text = "What deploy-all would run, and why. Changes nothing."
    live = {"live": "ask the live world too, not only the records"}
    return make_task(plan, text, live | JSON, "plan --live")


def _status(graph: Graph, folder: Path) -> Task[Any]:
    def status(c: object, json: bool = False) -> int:
        from phaseline.cli import story

        return story.status(graph, context(folder), as_json=json)

    text = "Every step: its last result, how long ago, how long it took, why it ran."
    return make_task(status, text, JSON, "status --json")


def _graph(graph: Graph, folder: Path) -> Task[Any]:
    def drawn(c: object, format: str = "mermaid", output: str = "", json: bool = False) -> int:
        from phaseline.cli import story

        return story.graph_drawn(graph, context(folder), format, output, as_json=json)

    help_ = {"format": "mermaid or svg", "output": "write it to this file"} | JSON
    text = "The phases and steps drawn, each coloured by its last result."
    return make_task(drawn, text, help_, "graph --format svg --output graph.svg")


def _trace(graph: Graph, folder: Path) -> Task[Any]:
    def trace(c: object, json: bool = False) -> int:
        from phaseline.cli import story

        return story.traced(graph, context(folder), folder, as_json=json)

    text = "T001 to T053: the code that does it, its tests, and what these said last."
    return make_task(trace, text, JSON, "trace --json")


def _logs(graph: Graph, folder: Path) -> Task[Any]:
    def logs(c: object, step: str, run: str = "", all: bool = False, json: bool = False) -> int:
        from phaseline.cli import story

        return story.logs(graph, context(folder), step, run, all_=all, as_json=json)

    help_ = {
        "step": "its ID",
        "run": "of this run, not the last",
        "all": "of every run that is kept",
    }
    return make_task(logs, "The last log of a step.", help_ | JSON, "logs T014.manifest --all")


def _report(graph: Graph, folder: Path) -> Task[Any]:
    def report(c: object, run: str = "", output: str = "", json: bool = False) -> int:
        from phaseline.cli import story

        return story.reported(graph, context(folder), run, output, as_json=json)

    help_ = {"run": "not the last run, but this", "output": "not .phaseline/report.html, but this"}
    text = "A run as one HTML page that loads nothing: results, reasons, logs, digests."
    return make_task(report, text, help_ | JSON, "report --output report.html")


def _doctor(folder: Path) -> Task[Any]:
    def doctor(c: object, json: bool = False) -> int:
        from phaseline.cli import looking

        return looking.doctor(context(folder), as_json=json)

    text = "Whether this machine will do, and what would be fetched."
    return make_task(doctor, text, JSON, "doctor")


def _export(folder: Path) -> Task[Any]:
    def export(c: object, file: str, json: bool = False) -> int:
        from phaseline.cli import keeping

        return keeping.export(context(folder), file, as_json=json)

    text = "Records, evidence and what steps have made as one file, for a CI cache."
    return make_task(export, text, {"file": "where to"} | JSON, "state.export state.tar.gz")


def _import(graph: Graph, folder: Path) -> Task[Any]:
    def take_over(c: object, file: str, replace: bool = False, json: bool = False) -> int:
        from phaseline.cli import keeping

        return keeping.take_over(graph, context(folder), file, replace=replace, as_json=json)

    help_ = {
        "file": "what state.export wrote",
        "replace": "drop this workspace's records and put its evidence aside",
    }
    text = "Take over a state that state.export wrote; import only what you would run."
    return make_task(take_over, text, help_ | JSON, "state.import state.tar.gz")


def _prune(graph: Graph, folder: Path) -> Task[Any]:
    def prune(
        c: object,
        keep_runs: str = "20",
        max_size: str = "2GB",
        dry_run: bool = False,
        json: bool = False,
    ) -> int:
        from phaseline.cli import keeping

        return keeping.prune(context(folder), keep_runs, max_size, dry_run=dry_run, as_json=json)

    help_ = {
        "keep-runs": "logs and results of this many runs stay",
        "max-size": "for the caches, such as 500MB or 2GB",
        "dry-run": "tell only what would go",
    }
    text = "Remove old runs, and caches beyond a size. Evidence and what is in use stay."
    return make_task(prune, text, help_ | JSON, "prune --max-size 1GB --dry-run")
