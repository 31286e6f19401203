"""Running phases: the lock, the screen, the engine, the exit code."""

from __future__ import annotations

import secrets
import signal
import time
from collections.abc import Iterable
from datetime import UTC, datetime

from rich.console import Console

from phaseline.cli import console as shown
from phaseline.cli.edge import alone
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph
from phaseline.engine.outcome import BAD, Ending
from phaseline.engine.schedule import Run


def run_phases(
    graph: Graph, context: Context, phases: Iterable[str], *, jobs: int, keep_going: bool
) -> int:
    """Run `phases` and what they need. Returns the exit code: that of the first error, or 0.

    A run in which no step at all could do anything, because none is built, is no success: 5.
    """
    names = list(phases)
    with alone(context, f"invoke {' '.join(names)}"):
        started = time.monotonic()
        output = Console(highlight=False)
        with shown.screen(output) as screen:
            run = Run(
                graph=graph,
                context=context,
                watcher=screen,
                id=_name(),
                jobs=jobs,
                keep_going=keep_going,
            )
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: run.stop())
            outcomes = run.run(graph.wanted_for(names))
        shown.report(output, outcomes, time.monotonic() - started)
    if any(outcome.ending is Ending.INTERRUPTED for outcome in outcomes):
        return 130
    for outcome in outcomes:
        if outcome.error:
            return outcome.error.exit_code
    if any(outcome.ending in BAD for outcome in outcomes):
        return 130
    own = {step.id for name in names for step in graph.phases[name].steps}
    return 5 if all(o.ending is Ending.NOT_BUILT for o in outcomes if o.step.id in own) else 0


def _name() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
