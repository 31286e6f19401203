"""The Invoke tasks: each topic's verbs, put together."""

from __future__ import annotations

from pathlib import Path

from invoke.collection import Collection

from phaseline.cli.verbs import (
    application,
    explaining,
    imaging,
    proving,
    reading,
    replaying,
    running,
)
from phaseline.engine.graph import Graph

_TOPICS = (running, application, imaging, reading, explaining, proving, replaying)
_DEFAULT = "up"  # `invoke cluster` is `invoke cluster.up`


def collection(graph: Graph, folder: Path, everything: tuple[str, ...]) -> Collection:
    """All tasks; `evidence.head` stands in a collection `evidence`.

    Args:
        folder: where tasks.py is; used when no pipeline.yaml is above the current folder.
        everything: the phases that `deploy-all` runs.
    """
    root, inner = Collection(), dict[str, Collection]()
    for topic in _TOPICS:
        for name, task in topic.tasks(graph, folder, everything).items():
            group, _, verb = name.rpartition(".")
            place = inner.setdefault(group, Collection(group)) if group else root
            place.add_task(task, name=verb, default=bool(group) and verb == _DEFAULT)
    for one in inner.values():
        root.add_collection(one)
    return root
