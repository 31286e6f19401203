"""Running phases: the lock, the screen, the engine, what a run leaves, the exit code."""

from __future__ import annotations

import secrets
import shlex
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from phaseline.cli import console
from phaseline.cli.edge import alone
from phaseline.core.workspace import Context
from phaseline.engine import memo, record, selection
from phaseline.engine.evidence import Evidence
from phaseline.engine.folder import RunFolder
from phaseline.engine.graph import Graph, Kind, Step
from phaseline.engine.outcome import BAD, Ending, Outcome, Watchers
from phaseline.engine.schedule import Run
from phaseline.engine.selection import Selection, Wish


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a run's command line asks for.

    Attributes:
        task: the name of the task, for advice; phases: those that it runs.
        rehash: read every file again; json: events on standard output instead of a screen.
        verbose: show what programs printed.
        serve_first: check what is served only afterwards.
    """

    task: str
    phases: tuple[str, ...]
    jobs: int = 6
    keep_going: bool = False
    wish: Wish = field(default_factory=Wish)
    rehash: bool = False
    json: bool = False
    verbose: bool = False
    serve_first: bool = False


def run_phases(
    graph: Graph,
    context: Context,
    asked: Asked,
    begun: Callable[[Run], object] | None = None,
) -> int:
    """Run what is asked for and what it needs. Returns 0, or the exit code of the first error.

    A run in which no step at all could do anything, because none is built, is no success: 5.

    Args:
        begun: given the run before it starts, so that it can be stopped; by default, signals do.
    """
    chosen = choose(graph, context, asked)
    with alone(context, command()) as cut_off:
        if cut_off:
            from phaseline.engine import leftovers

            leftovers.sweep(graph, context)
        if asked.rehash:
            memo.forget(context.state)
        return run_locked(graph, context, asked, chosen, begun or stop_at_signals)[0]


def choose(graph: Graph, context: Context, asked: Asked) -> Selection:
    """The steps that are meant.

    Raises:
        InvalidConfiguration: there is no such step, or what one needs was never made.
    """
    selection.require_known(graph, "pipeline.yaml: limits", context.workspace.settings["limits"])
    chosen = selection.select(graph, graph.wanted_for(asked.phases), asked.wish)
    recorded = record.load_all(context.state).keys()

    def stands(step: Step) -> bool:
        applies = not step.role or context.of_role(step.role).parts
        return step.id in recorded or step.kind is Kind.NOT_BUILT or not applies

    selection.require(graph, chosen, stands, asked.task)
    return chosen


def command() -> str:
    """The command line, as it would be typed."""
    return f"invoke {shlex.join(sys.argv[1:])}"


def run_locked(
    graph: Graph,
    context: Context,
    asked: Asked,
    chosen: Selection,
    begun: Callable[[Run], object],
) -> tuple[int, list[Outcome]]:
    """Run `chosen` as `run_phases` does, for a caller that holds the workspace's lock.

    Returns:
        the exit code, and how each step ended.
    """
    ledger = Evidence(context.state, context.workspace.root)
    screen = None if asked.json else console.screen(verbose=asked.verbose)
    left = RunFolder(
        graph,
        context,
        run_name(datetime.now(UTC)),
        command=command(),
        phases=list(asked.phases),
        echo=_print_at_once if asked.json else None,
    )
    run = Run(
        graph=graph,
        context=context,
        watcher=Watchers((left, screen) if screen else (left,)),
        id=left.run,
        jobs=asked.jobs,
        keep_going=asked.keep_going,
        serve_first=asked.serve_first,
        ledger=ledger,
        forced=chosen.forced,
    )
    begun(run)
    code = 1  # of a defect of ours
    with left:
        try:
            with screen or nullcontext():
                outcomes = run.run(chosen.steps)
            code = _code(graph, outcomes, asked)
        finally:
            seconds = left.close(code, ledger.head)
    if screen:
        screen.say(list(console.report(outcomes, seconds, ledger.head)))
    return code, outcomes


def run_name(now: datetime) -> str:
    """A run's name: names sort as the runs began, and no two are the same."""
    return f"{now:%Y%m%dT%H%M%S}.{now.microsecond // 1000:03d}Z-{secrets.token_hex(2)}"


def _code(graph: Graph, outcomes: Sequence[Outcome], asked: Asked) -> int:
    if any(outcome.ending is Ending.INTERRUPTED for outcome in outcomes):
        return 130
    for outcome in outcomes:
        if outcome.error:
            return outcome.error.exit_code
    if any(outcome.ending in BAD for outcome in outcomes):
        return 130
    asked_for = {step.id for name in asked.phases for step in graph.phases[name].steps}
    own = [outcome for outcome in outcomes if outcome.step.id in asked_for] or outcomes
    return 5 if all(outcome.ending is Ending.NOT_BUILT for outcome in own) else 0


def stop_at_signals(run: Run) -> None:
    """Ctrl-C and SIGTERM end `run`, which then leaves what can be gone on from."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: run.stop())


def _print_at_once(line: str) -> None:
    sys.stdout.write(line)
    sys.stdout.flush()
