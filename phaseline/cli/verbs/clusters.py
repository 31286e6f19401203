"""What can be asked of the cluster and done to it by hand; its phase stands with the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.acts import change
from phaseline.cli.edge import context, told
from phaseline.cli.task import JSON, make_task
from phaseline.engine.graph import Graph

_ACTS = {
    "start": "Start the cluster with its data; make it where there is none.",
    "stop": "Stop the cluster; its data stays for the next start.",
    "restart": "Stop the cluster and start it with its data.",
    "delete": "Remove the cluster and all its data.",
}


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""
    acts = {f"cluster.{name}": _act(folder, name, text) for name, text in _ACTS.items()}
    return {"cluster.status": _status(folder), "cluster.validate": _validate(folder), **acts}


def _act(folder: Path, name: str, text: str) -> Task[Any]:
    def act(c: object) -> int:
        return told(change(f"cluster.{name}", context(folder), {}))

    return make_task(act, text, {}, f"cluster.{name}")


def _status(folder: Path) -> Task[Any]:
    def status(c: object, json: bool = False) -> int:
        from phaseline.cli import clusters

        return clusters.status(context(folder), as_json=json)

    text = "Whether the cluster is well, check by check, and what its nodes and namespaces use."
    return make_task(status, text, JSON, "cluster.status --json")


def _validate(folder: Path) -> Task[Any]:
    def validate(c: object, json: bool = False) -> int:
        from phaseline.cli import clusters

        return clusters.validate(context(folder), as_json=json)

    text = "Whether this machine has what pipeline.yaml asks for the cluster. Changes nothing."
    return make_task(validate, text, JSON, "cluster.validate --json")
