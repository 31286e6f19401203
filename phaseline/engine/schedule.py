"""Running steps: as many side by side as the graph allows, each recorded as soon as it is done."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from phaseline.engine import code, freshness, memo, record
from phaseline.engine.endings import Endings
from phaseline.engine.front import Front
from phaseline.engine.graph import Step
from phaseline.engine.keeper import Keeper, Kept
from phaseline.engine.outcome import Ending, Outcome
from phaseline.engine.turn import Shared, Turn
from phaseline.engine.workers import Workers
from phaseline.process.groups import stop_all

# A signal that another thread has met is answered when the main one wakes.
_LONGEST_SLEEP = 1.0

# Seconds that steps may take before another thread takes one beside them. Small ones follow each
# other in one thread: several that wait for each other's turns are slower than one.
_SMALL = 0.01


@dataclass(kw_only=True)
class Run(Shared):
    """One run over some steps of the graph.

    The thread that has ended a step starts what comes next, and goes on with it; the one that
    called `run` only watches the time.

    Attributes:
        id: names the run in records and logs.
        jobs: how many steps may work at once.
        keep_going: start what does not depend on a failure.
        serve_first: change the live world first, and check afterwards what no change needs.
        ledger: is given each step that was executed.
        forced: steps that run even if they are fresh.
        outcomes: how each step has ended so far, by its name.
    """

    jobs: int = 6
    keep_going: bool = False
    serve_first: bool = False

    def __post_init__(self) -> None:
        self._workers = Workers()
        self._order = self.graph.serves_first if self.serve_first else self.graph.waits_for
        self._endings = Endings(self, self._order, keep_going=self.keep_going)
        self.outcomes = self._endings.outcomes
        self._keeper = Keeper(self.context.state, self.ledger, self._kept)
        self._guard = threading.RLock()  # of all that follows
        self._alarm: SimpleQueue[Exception | None] = SimpleQueue()  # wakes who watches the time
        self._awake = 0.0  # as `time.monotonic`: until when that one sleeps
        self._stop = self._stopped = False
        self._waiting: dict[str, Step] = {}
        self._front = Front((), {})
        self._turns: set[Turn] = set()  # at work
        self._ending: set[Turn] = set()  # at the keeper
        self._probed: deque[Step] = deque()
        self._ahead: dict[str, Turn] = {}  # those that look, or have looked, ahead of their time
        self._held: set[str] = set()
        self._defects: list[Exception] = []

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Run `steps`, given in an order in which they could run; returns how each ended.

        What they wait for outside of `steps` is taken to be there. After `stop` was called it
        returns soon, with what was cut as interrupted. A step over its limit is ended, and fails.
        An exception that is no PhaselineError is a defect: nothing more is started, what is at work
        ends and is recorded as always, the traceback goes to the step's log, and it is raised.
        """
        with record.held(self.context.state):
            return self._run(steps)

    def _run(self, steps: Sequence[Step]) -> list[Outcome]:
        self._waiting = {step.id: step for step in steps}
        self._front = Front([step.id for step in steps], self._order)
        self._probed.extend(step for step in steps if self._can_be_looked_at(step))
        try:
            self._go_on(lambda: None)
            while self._waiting or self._turns or self._ending:
                self._sleep()
                self._go_on(self._enforce_limits)
        finally:
            self._workers.close()
            self._keeper.close()
            memo.save(self.context.state)
            code.save()
        if self._defects:
            raise self._defects[0]
        return [self.outcomes[step.id] for step in steps]

    def stop(self) -> None:
        """End the run soon; safe to call from a signal handler, more than once."""
        self._stop = True
        self._alarm.put(None)

    def _go_on(self, happened: Callable[[], object]) -> None:
        """Take in what has happened, and start what can be started now."""
        with self._guard:
            happened()
            self._start_ready()
            if self._ending and (self._front.held_up or not self._turns):
                self._keeper.hurry()

    def _tell(self, happened: Callable[[], object]) -> None:
        """The same, from another thread than the one that called `run`."""
        try:
            with self._guard:
                self._go_on(happened)
                over = not (self._waiting or self._turns or self._ending)
                if over or self._wakes_at() < self._awake:
                    self._alarm.put(None)
        except Exception as fault:  # such as of a watcher: where it prints, nobody reads any more
            self._alarm.put(fault)

    def _sleep(self) -> None:
        """Wait until there is something to do for who watches the time."""
        with self._guard:
            self._awake = self._wakes_at()
        try:
            fault = self._alarm.get(timeout=max(self._awake - time.monotonic(), 0.0))
        except Empty:
            return
        if fault:
            raise fault

    def _wakes_at(self) -> float:
        now = time.monotonic()
        if self._front.ready and len(self._turns) < self.jobs:
            return now + _SMALL
        return min([now + _LONGEST_SLEEP, *(turn.deadline for turn in self._turns)])

    def _start_ready(self) -> None:
        if self._stop and not self._stopped:
            self._end_all()
        ready = self._front.ready
        while self._waiting and ready and self._has_room(self._waiting[ready[0]]):
            self._start(self._waiting[ready.popleft()])
        self._look_ahead()

    def _has_room(self, step: Step) -> bool:
        if not self._turns:
            return True
        if len(self._turns) >= self.jobs or step.exclusive or self._one_is_alone():
            return False
        return max(turn.began for turn in self._turns) + _SMALL <= time.monotonic()

    def _one_is_alone(self) -> bool:
        return any(turn.step.exclusive for turn in self._turns)

    def _start(self, step: Step) -> None:
        if refusal := self._endings.refusal(step):
            self._end(refusal)
            return
        began, turn = time.time(), self._ahead.get(step.id)
        if turn in self._turns:
            self._held.add(step.id)  # ready again as soon as that look has ended
            return
        if turn and (turn.ending or self._endings.comes_after_a_change(step.id)):
            turn = None
        verdict = turn.verdict if turn else self._glance(step)
        if verdict and verdict.fresh:
            self._end(self.left_alone(step, verdict, began))
        else:
            del self._waiting[step.id]
            turn = turn or Turn(step, self, verdict)
            self._launch(turn, turn.take)

    def _glance(self, step: Step) -> freshness.Verdict | None:
        if step.probe or step.id in self.forced:
            return None
        return freshness.glance(step, self.graph, self.context)

    def _look_ahead(self) -> None:
        """Use free places for steps whose time has not come: mostly all stands, and probes wait."""
        while self._probed and len(self._turns) < self.jobs and not self._one_is_alone():
            step = self._probed.popleft()
            if step.id in self._waiting and not self._endings.comes_after_a_change(step.id):
                turn = self._ahead[step.id] = Turn(step, self)
                self._launch(turn, turn.look)

    def _can_be_looked_at(self, step: Step) -> bool:
        chosen = step.probe and not step.exclusive and step.id not in self.forced
        return bool(chosen and record.load(self.context.state, step.id))

    def _launch(self, turn: Turn, work: Callable[[], Outcome | None]) -> None:
        turn.begin()
        self._turns.add(turn)
        self._workers.start(lambda: self._report(turn, work()), len(self._turns))

    def _report(self, turn: Turn, outcome: Outcome | None) -> None:
        self._tell(lambda: self._take_in(turn, outcome))

    def _take_in(self, turn: Turn, outcome: Outcome | None) -> None:
        if turn not in self._turns:
            return  # it was given up
        self._turns.discard(turn)
        if outcome and outcome.ending is Ending.FRESH:
            self._end(outcome)
        elif outcome:
            self._ending.add(turn)
            self._front.worked(turn.step.id)
            self._keeper.keep(turn, outcome)
        elif turn.step.id in self._held:
            self._held.discard(turn.step.id)
            self._front.ready.appendleft(turn.step.id)

    def _kept(self, batch: list[Kept]) -> None:
        self._tell(lambda: self._take_back(batch))

    def _take_back(self, batch: list[Kept]) -> None:
        for turn, outcome in batch:
            self._ending.discard(turn)
            self._end(outcome, turn.defect)
        self.watcher.flush()

    def _enforce_limits(self) -> None:
        now = time.monotonic()
        for turn in [one for one in self._turns if one.deadline <= now]:
            looks = turn is self._ahead.get(turn.step.id) and turn.step.id in self._waiting
            if not turn.ending:
                turn.end()
            else:
                self._workers.lose()
                self._take_in(turn, None if looks else turn.abandon())

    def _end_all(self) -> None:
        self._stopped = True
        for turn in self._turns:
            turn.cut()
        stop_all()
        self._give_up("the run was interrupted")

    def _give_up(self, reason: str) -> None:
        for step in list(self._waiting.values()):
            self._note(self._endings.not_run(step, reason))
        self._front.ready.clear()
        self._held.clear()

    def _end(self, outcome: Outcome, defect: Exception | None = None) -> None:
        self._note(outcome)
        self._front.ended(outcome.step.id)
        if defect:
            self._defects.append(defect)
            self._give_up("the run broke off")

    def _note(self, outcome: Outcome) -> None:
        self._waiting.pop(outcome.step.id, None)
        self._endings.note(outcome)
        self.watcher.ended(outcome)
