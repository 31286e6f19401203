"""What a killed run has left half written: the next run removes it before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from phaseline.core.files import remove_drafts
from phaseline.core.workspace import Context
from phaseline.engine import bundle, paths, runs
from phaseline.engine.freshness import context_of
from phaseline.engine.graph import Graph


def sweep(graph: Graph, context: Context) -> None:
    """Remove drafts of files from wherever the engine and the steps of `graph` write them.

    One in a folder that a step makes would else count as made by it. The lock must be held.
    """
    for folder in set(_folders(graph, context)):
        remove_drafts(folder)


def _folders(graph: Graph, context: Context) -> Iterator[Path]:
    state = context.state
    yield from (state, bundle.folder(state))
    yield from (state / "runs" / name for name in runs.names(state)[-1:])
    for step in graph.steps.values():
        for pattern in paths.expand(step.outputs, context_of(step, context)):
            output = context.workspace.root / pattern
            yield from (output, output.parent)
