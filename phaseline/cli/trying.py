"""A patch on trial: the phase is run before and after it, and what got worse is undone."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator

from phaseline.cli import running
from phaseline.core.workspace import Context
from phaseline.engine.graph import Graph
from phaseline.engine.outcome import Ending
from phaseline.operators.assistants import comparison
from phaseline.operators.assistants.target import Target
from phaseline.operators.assistants.trial import Trial

PHASE = "containerize"


def attempt(
    graph: Graph, reopen: Callable[[], Context], trial: Trial, one: Target
) -> tuple[int, str]:
    """Check the phase, change the file, check again, and undo the change if anything is worse.

    The caller holds the workspace's lock.

    Args:
        reopen: gives the workspace anew, for each run of the phase.

    Returns:
        the exit code, 0 for a patch that stays, and what was done in words.
    """
    if one.component is None:
        trial.begin()
        trial.keep()
        return 0, f"{one.path} is changed; no component is built from it, so only the rules judged"
    interrupted, before = _checked(graph, reopen)
    if interrupted:
        return 130, "nothing was changed: interrupted"
    trial.begin()
    try:
        interrupted, after = _checked(graph, reopen)
    except BaseException:
        trial.undo()
        raise
    worse = ["the trial was interrupted"] if interrupted else comparison.worse(before, after)
    if not worse:
        trial.keep()
        left = f"; as before, {', '.join(sorted(after.failed))} fails" if after.failed else ""
        return 0, f"{one.path} is changed; everything was built and checked again{left}"
    trial.undo()
    why = f"{one.path} is as it was: {'; '.join(worse)}"
    if interrupted:
        return 130, f"{why}; the next run builds it anew"
    _checked(graph, reopen)
    return 1, why


def _checked(graph: Graph, reopen: Callable[[], Context]) -> tuple[bool, comparison.Checked]:
    """Whether the run of the phase was interrupted, and what was found of it."""
    context = reopen()
    asked = running.Asked(task=PHASE, phases=(PHASE,), keep_going=True)
    chosen = running.choose(graph, context, asked)
    with _own_signals():
        outcomes = running.run_locked(graph, context, asked, chosen, running.stop_at_signals)[1]
    failed = [outcome.step.id for outcome in outcomes if outcome.ending is Ending.FAILED]
    interrupted = any(outcome.ending is Ending.INTERRUPTED for outcome in outcomes)
    return interrupted, comparison.check(context, failed)


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """A run takes the signals; afterwards they are whose they were."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
