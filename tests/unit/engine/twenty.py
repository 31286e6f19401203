"""Runs a graph of twenty steps in the folders given; killed at any moment by its test.

Each step joins `in` and the outputs that it needs, in two halves with a little time between.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from phaseline.core.report import Report
from phaseline.core.workspace import Context, Workspace
from phaseline.engine import signing
from phaseline.engine.evidence import Evidence
from phaseline.engine.folder import RunFolder
from phaseline.engine.graph import Graph, Operator, Phase, Step, make
from phaseline.engine.outcome import BAD
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


def graph() -> Graph:
    """All twenty."""
    steps = tuple(_step(index) for index in range(SIZE))
    return Graph([Phase(number=1, name="all", title="All", steps=steps)])


def main(root: Path) -> int:
    """Run all, with events and evidence; 0 when every step is done or fresh."""
    whole, context, name = graph(), Context(Workspace(root)), f"run-{time.time_ns()}"
    ledger = Evidence(context.state, root)
    with RunFolder(whole, context, name, command="twenty", phases=["all"]) as folder:
        run = Run(graph=whole, context=context, watcher=folder, id=name, jobs=3, ledger=ledger)
        outcomes = run.run(whole.wanted_for(["all"]))
        code = int(any(outcome.ending in BAD for outcome in outcomes))
        folder.close(code, ledger.head)
    return code


def serve() -> None:
    """Run in the folder that each line of standard input names, and tell the exit code.

    Each run has a process of its own, forked from this one, in which all is imported: so it begins
    at once. After the seconds that follow in the line, if any do, it is killed.
    """
    signing.signer()
    for line in sys.stdin:
        root, *seconds = line.split()
        pid = os.fork()
        if not pid:
            os._exit(main(Path(root)))
        if seconds:
            time.sleep(float(seconds[0]))
            os.kill(pid, signal.SIGKILL)  # not collected yet, so the number is nobody else's
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
