"""Small pipelines of files: a workspace, steps that copy, and a watcher that notes what happens."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.core.workspace import Context, Workspace
from phaseline.engine.execution import Ledger
from phaseline.engine.graph import Graph, Operator, Phase, Step, make
from phaseline.engine.outcome import Ending, Outcome
from phaseline.engine.schedule import Run

PIPELINE = """
version: 1
application: toy
components:
  - {name: one, role: backend, image: "x:1", values: one, port: 1}
chart: {folder: ., release: toy, namespace: toy}
"""
_runs = itertools.count(1)


class Noted:
    """A watcher that keeps what it is told."""

    def __init__(self) -> None:
        self.started_: list[str] = []
        self.ended_: list[str] = []

    def started(self, step: Step, reason: str) -> None:
        self.started_.append(step.id)

    def progressed(self, step: Step, text: str) -> None: ...

    def ended(self, outcome: Outcome) -> None:
        self.ended_.append(outcome.step.id)

    def flush(self) -> None: ...


def workspace(root: Path, pipeline: str = PIPELINE) -> Context:
    """A context in the folder `root`, with a pipeline.yaml that is as small as can be."""
    (root / "pipeline.yaml").write_text(pipeline)
    opened = Workspace(root)
    return Context(opened, opened.pipeline.components)


def joining(target: str, *sources: str) -> Operator:
    """An operator that writes `target`: its name, then all of `sources`."""

    def join(context: Context) -> Report:
        root = context.workspace.root
        texts = [(root / source).read_text() for source in sources]
        write_atomic(root / target, f"{target}\n" + "".join(texts))
        return Report(target)

    return join


def join_step(name: str, needs: Iterable[str] = (), inputs: Iterable[str] = ()) -> Step:
    """A step that makes `<name>.out` of the outputs that it needs and of its own inputs."""
    needs, inputs = tuple(needs), tuple(inputs)
    sources = (*(f"{need}.out" for need in needs), *inputs)
    run = joining(f"{name}.out", *sources)
    return make(name, name, run, needs=needs, inputs=inputs, outputs=(f"{name}.out",))


def one_phase(*steps: Step) -> Graph:
    return Graph([Phase(number=1, name="all", title="All", steps=steps)])


def run(
    graph: Graph,
    context: Context,
    *,
    jobs: int = 4,
    keep_going: bool = False,
    serve_first: bool = False,
    watcher: Noted | None = None,
    ledger: Ledger | None = None,
    forced: Iterable[str] = (),
    each: Callable[[Run], object] = lambda run: None,
) -> dict[str, Outcome]:
    """Run all of `graph`; how each step ended, by its ID. `each` is given the run beforehand."""
    made = Run(
        graph=graph,
        context=context,
        watcher=watcher or Noted(),
        id=f"run-{next(_runs)}",
        jobs=jobs,
        keep_going=keep_going,
        serve_first=serve_first,
        ledger=ledger,
        forced=frozenset(forced),
    )
    each(made)
    return {outcome.step.id: outcome for outcome in made.run(graph.wanted_for(graph.phases))}


def endings(outcomes: dict[str, Outcome]) -> dict[str, Ending]:
    return {name: outcome.ending for name, outcome in outcomes.items()}
