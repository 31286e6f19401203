"""Running steps: as many side by side as the graph allows, each recorded as soon as it is done."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from phaseline.core.errors import Interrupted, PhaselineError
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine import freshness, key, paths, record
from phaseline.engine.graph import Graph, Kind, Step
from phaseline.engine.log import StepLog
from phaseline.engine.outcome import BAD, Ending, Outcome, Watcher
from phaseline.process import journal
from phaseline.process.groups import stop_all, stopping

STOP_LATENCY = 0.2  # seconds until a stop is noticed


@dataclass
class Run:
    """One run over some steps of the graph.

    Attributes:
        id: names the run in records and logs.
        jobs: how many steps may work at once.
        keep_going: start what does not depend on a failure.
    """

    graph: Graph
    context: Context
    watcher: Watcher
    id: str
    jobs: int = 6
    keep_going: bool = False
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def run(self, steps: Sequence[Step]) -> list[Outcome]:
        """Run `steps`, given in an order in which they could run; returns how each ended.

        After `stop` was called it returns soon, with what was cut as interrupted.
        An exception that is no PhaselineError is a defect: nothing more is started, what is at work
        ends and is recorded as always, the traceback goes to the step's log, and it is raised.
        """
        waiting = {step.id: step for step in steps}
        working: dict[Future[Outcome], Step] = {}
        defects: list[BaseException] = []
        with ThreadPoolExecutor(self.jobs, thread_name_prefix="step") as pool:
            while waiting or working:
                if self._stop.is_set() and not stopping():
                    stop_all()
                    self._give_up(waiting, "the run was interrupted")
                self._start_ready(pool, waiting, working)
                done, _ = wait(working, STOP_LATENCY, return_when=FIRST_COMPLETED)
                for future in done:
                    defects += self._collect(future, working.pop(future))
                if defects:
                    self._give_up(waiting, "the run broke off")
        if defects:
            raise defects[0]
        return [self.outcomes[step.id] for step in steps]

    def stop(self) -> None:
        """End the run soon; safe to call from a signal handler, more than once."""
        self._stop.set()

    def _start_ready(
        self,
        pool: ThreadPoolExecutor,
        waiting: dict[str, Step],
        working: dict[Future[Outcome], Step],
    ) -> None:
        busy = {step.id for step in working.values()}
        for name in list(waiting):
            if len(working) >= self.jobs:
                return
            if any(need in waiting or need in busy for need in self._order(name)):
                continue
            step = waiting.pop(name)
            if refusal := self._refusal(step):
                self._note(refusal)
            else:
                scope = contextvars.copy_context()
                working[pool.submit(scope.run, self._execute, step)] = step
                busy.add(name)

    def _collect(self, future: Future[Outcome], step: Step) -> list[BaseException]:
        defect = future.exception()
        if defect is None:
            self._note(future.result())
            return []
        with StepLog(self.context.state, self.id, step, self.watcher) as log:
            log.fault(defect)
        reason = f"{type(defect).__name__}: {defect}; see {log.path}"
        self._note(Outcome(step=step, ending=Ending.FAILED, reason=reason))
        return [defect]

    def _order(self, name: str) -> tuple[str, ...]:
        return self.graph.waits_for[name]

    def _refusal(self, step: Step) -> Outcome | None:
        if step.kind is Kind.NOT_BUILT:
            return Outcome(step=step, ending=Ending.NOT_BUILT)
        if step.role and not self.context.pipeline.of_role(step.role):
            reason = f"the application has no {step.role}"
            return Outcome(step=step, ending=Ending.NOT_APPLICABLE, reason=reason)
        for name in self._order(step.id):
            outcome = self.outcomes.get(name)
            if outcome and outcome.ending in BAD:
                return _not_run(step, f"needs {name}, which {_went(outcome)}")
        failed = [o for o in self.outcomes.values() if o.ending is Ending.FAILED]
        if failed and not self.keep_going:
            return _not_run(step, f"{failed[0].step.id} failed; --keep-going would go on")
        return None

    def _give_up(self, waiting: dict[str, Step], reason: str) -> None:
        for step in waiting.values():
            self._note(_not_run(step, reason))
        waiting.clear()

    def _note(self, outcome: Outcome) -> None:
        self.outcomes[outcome.step.id] = outcome
        self.watcher.ended(outcome)

    def _execute(self, step: Step) -> Outcome:
        started = time.monotonic()
        try:
            verdict = freshness.judge(step, self.graph, self.context)
            if verdict.fresh and verdict.record:
                return Outcome(
                    step=step,
                    ending=Ending.FRESH,
                    reason=verdict.reason,
                    summary=verdict.record.summary,
                    lines=verdict.record.lines,
                    seconds=time.monotonic() - started,
                )
            self.watcher.started(step, verdict.reason)
            report = self._work(step, verdict)
        except Interrupted as error:
            return _ended(step, Ending.INTERRUPTED, started, error)
        except PhaselineError as error:
            return _ended(step, Ending.FAILED, started, error)
        return Outcome(
            step=step,
            ending=Ending.DONE,
            reason=verdict.reason,
            summary=report.summary,
            seconds=time.monotonic() - started,
            lines=report.lines,
        )

    def _work(self, step: Step, verdict: freshness.Verdict) -> Report:
        assert step.run
        record.forget(self.context.state, step.id)
        own = freshness.context_of(step, self.context)
        begun, clock = time.time(), time.monotonic()
        with StepLog(self.context.state, self.id, step, self.watcher) as log:
            journal.listen(log)
            report = step.run(own)
        parts = key.parts(step, own, freshness.upstream(step, self.graph, self.context))
        if parts != verdict.parts:  # what was made is of the old state
            changed = key.changed(verdict.parts, parts)
            return replace(report, summary=f"{report.summary} (will run again: {changed})")
        record.save(
            self.context.state,
            record.Record(
                step=step.id,
                key=key.digest(parts),
                parts=parts,
                outputs=paths.digests(step.outputs, own),
                identity=dict(report.identity),
                summary=report.summary,
                lines=report.lines,
                run=self.id,
                started=begun,
                seconds=time.monotonic() - clock,
            ),
        )
        return report


def _not_run(step: Step, reason: str) -> Outcome:
    return Outcome(step=step, ending=Ending.NOT_RUN, reason=reason)


def _went(outcome: Outcome) -> str:
    return "failed" if outcome.ending is Ending.FAILED else f"was {outcome.ending}"


def _ended(step: Step, ending: Ending, started: float, error: PhaselineError) -> Outcome:
    seconds = time.monotonic() - started
    return Outcome(step=step, ending=ending, seconds=seconds, error=error, reason=error.what)
