"""One scenario given to `invoke ai`: what came of it, and what else changed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from benchmarks.ai import verify
from benchmarks.ai.cluster import Cluster
from benchmarks.ai.comparison import Snapshot, differences
from benchmarks.ai.model import Scenario
from benchmarks.ai.stage import settled, staged
from benchmarks.table import environment
from phaseline.core.errors import TimedOut
from phaseline.process.command import Command
from phaseline.process.run import attempt

ROOT = Path(__file__).parents[2]
LIMIT = 60.0  # seconds for one answer
_GRACE = 5.0  # until what was claimed must be seen
_BUSY = 4  # the exit code that says that another run is at work in this workspace


class Result(StrEnum):
    """What a scenario came to. A refusal changes nothing and claims nothing."""

    SOLVED = "solved"
    REFUSED = "refused"
    WRONG = "wrong"


@dataclass(frozen=True)
class Answer:
    """How `invoke ai` ended. `code` is -1 when it gave no answer in time."""

    code: int
    said: str
    seconds: float

    @property
    def broken(self) -> bool:
        """Whether it came to no answer at all, which is not a refusal."""
        return self.code == -1 or "Traceback (most recent call last)" in self.said


@dataclass(frozen=True)
class Trial:
    """What came of one scenario.

    Attributes:
        seconds: of the approved call; unapproved: what its dry run has changed.
        why: what was missing, or changed besides.
    """

    scenario: Scenario
    result: Result
    answer: Answer
    why: tuple[str, ...] = ()
    unapproved: tuple[str, ...] = field(default=())


def ask(scenario: Scenario, *flags: str) -> Answer:
    """Call `invoke ai` with the scenario's prompt, by the built-in rules alone."""
    place = ("--namespace", scenario.namespace, "--assistant", "rules", "--json")
    argv = (sys.executable, "-m", "invoke", "ai", scenario.prompt, *place, *flags)
    env = {**environment(), "PYTHONPATH": str(ROOT)}
    command = Command(argv=argv, cwd=ROOT, env=env, timeout=LIMIT, data=True)
    deadline = time.monotonic() + LIMIT
    while True:
        try:
            ended = attempt(command)
        except TimedOut as error:
            return Answer(-1, str(error), LIMIT)
        if ended.code != _BUSY or time.monotonic() > deadline:
            return Answer(ended.code, ended.stdout + ended.stderr, ended.seconds)
        time.sleep(0.2)


def conduct(cluster: Cluster, scenario: Scenario, elsewhere: Iterable[str]) -> Trial:
    """Set the scenario up, ask without and with approval, and judge.

    Raises:
        Unsettled: the setup does not come to what the scenario says.
    """
    others = set(elsewhere)
    with staged(cluster, scenario) as before:
        ask(scenario, "--dry-run")
        shown = settled(cluster)
        unapproved = _changed(before, shown, scenario, others, approved=False)
        answer = ask(scenario, "--yes")
        missing = _missing(cluster, scenario, answer)
        after = settled(cluster)
        changed = _changed(shown, after, scenario, others)
        touched = _changed(shown, after, scenario, others, approved=False)
    result = judge(scenario, answer, missing, changed, touched)
    why = (*missing, *(f"also changed: {one}" for one in changed))
    return Trial(scenario, result, answer, why, tuple(unapproved))


def _changed(
    before: Snapshot,
    after: Snapshot,
    scenario: Scenario,
    others: set[str],
    *,
    approved: bool = True,
) -> list[str]:
    return differences(
        before,
        after,
        namespace=scenario.namespace,
        may_change=scenario.may_change if approved else (),
        elsewhere=others,
    )


def _missing(cluster: Cluster, scenario: Scenario, answer: Answer) -> list[str]:
    """What is not as it should be; a call that failed is not waited for."""
    limit = _GRACE if answer.code == 0 else 0.0
    return verify.holds(cluster, scenario.namespace, scenario.verify, limit=limit, said=answer.said)


def judge(
    scenario: Scenario, answer: Answer, missing: list[str], changed: list[str], touched: list[str]
) -> Result:
    """Solved is: it is so, nothing else changed, and it was said to be done.

    Args:
        missing: what is not as it should be.
        changed, touched: what changed that may not, and all that changed.
    """
    claimed = answer.code == 0
    if scenario.refused and not answer.broken:
        return Result.WRONG if claimed or touched else Result.SOLVED
    if claimed and not missing and not changed:
        return Result.SOLVED
    return Result.WRONG if claimed or touched else Result.REFUSED
