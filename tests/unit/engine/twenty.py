"""Runs a graph of twenty steps in the folder given; killed at any moment by its test.

Each step joins `in` and the outputs that it needs, in two halves with a little time between.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from phaseline.core.report import Report
from phaseline.core.workspace import Context, Workspace
from phaseline.engine.graph import Graph, Operator, Phase, Step, make
from phaseline.engine.outcome import BAD, Outcome
from phaseline.engine.schedule import Run

SIZE = 20


def needs_of(index: int) -> tuple[int, ...]:
    """Two earlier steps, so that the graph is neither a chain nor flat."""
    return tuple(dict.fromkeys(n for n in (index - 2, index // 3) if 0 <= n < index))


def expected(index: int, text: str) -> str:
    """What the output of a step must hold."""
    return f"{index}\n{text}" + "".join(f"{need}:{text}" for need in needs_of(index))


def _operator(index: int) -> Operator:
    def halves(context: Context) -> Report:
        root = context.workspace.root
        text = (root / "in").read_text()
        for need in needs_of(index):  # whole, or somebody was taken for made
            assert (root / f"{need}.out").read_text() == expected(need, text)
        whole = expected(index, text)
        with (root / f"{index}.out").open("w") as stream:
            stream.write(whole[: len(whole) // 2])
            stream.flush()
            time.sleep(0.004)
            stream.write(whole[len(whole) // 2 :])
        with (root / "ran").open("a") as stream:
            stream.write(f"{index}\n")
        return Report(str(index))

    return halves


def _step(index: int) -> Step:
    return make(
        f"s{index}",
        f"s{index}",
        _operator(index),
        needs=tuple(f"s{need}" for need in needs_of(index)),
        inputs=("in",),
        outputs=(f"{index}.out",),
    )


class _Quiet:
    def started(self, step: Step, reason: str) -> None: ...
    def progressed(self, step: Step, text: str) -> None: ...
    def ended(self, outcome: Outcome) -> None: ...


def main(root: Path) -> int:
    """Run all; 0 when every step is done or fresh."""
    steps = tuple(_step(index) for index in range(SIZE))
    graph = Graph([Phase(number=1, name="all", title="All", steps=steps)])
    opened = Workspace(root)
    context = Context(opened, opened.pipeline.components)
    run = Run(graph=graph, context=context, watcher=_Quiet(), id="run", jobs=3)
    (root / "begun").touch()
    outcomes = run.run(graph.wanted_for(["all"]))
    return int(any(outcome.ending in BAD for outcome in outcomes))


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
