"""The Invoke tasks: each topic's verbs, put together."""

from __future__ import annotations

from pathlib import Path

from invoke.collection import Collection

from phaseline.cli.verbs import (
    advising,
    analysing,
    application,
    asking,
    clusters,
    explaining,
    imaging,
    proving,
    reading,
    replaying,
    running,
    serving,
)
from phaseline.cli.verbs.serving import Served
from phaseline.engine.graph import Graph

_TOPICS = (
    *(running, clusters, application, imaging, advising, asking, analysing),
    *(reading, explaining, proving, replaying),
)
_DEFAULT = ("up", "ask")  # `invoke cluster` is `invoke cluster.up`, `invoke ai` is `invoke ai.ask`


def collection(
    graph: Graph, folder: Path, everything: tuple[str, ...], served: Served | None = None
) -> Collection:
    """All tasks; `evidence.head` stands in a collection `evidence`.

    Args:
        folder: where tasks.py is; used when no pipeline.yaml is above the current folder.
        everything: the phases that `deploy-all` runs.
        served: the API that `serve` serves; without one there is no such task.
    """
    root, inner = Collection(), dict[str, Collection]()
    found = {n: t for one in _TOPICS for n, t in one.tasks(graph, folder, everything).items()}
    if served:
        found |= serving.tasks(graph, folder, everything, served)
    for name, task in found.items():
        group, _, verb = name.rpartition(".")
        place = inner.setdefault(group, Collection(group)) if group else root
        place.add_task(task, name=verb, default=bool(group) and verb in _DEFAULT)
    for one in inner.values():
        root.add_collection(one)
    return root
