"""One step's turn in a run: judged, run within its limit, kept as evidence, recorded."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from phaseline.core.errors import Interrupted, PhaselineError, TimedOut
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.engine import account, freshness, key, paths, record
from phaseline.engine.execution import Execution, Ledger
from phaseline.engine.graph import Graph, Step
from phaseline.engine.log import StepLog
from phaseline.engine.outcome import Ending, Outcome, Watcher
from phaseline.process import journal
from phaseline.process.groups import Scope

GRACE = 20.0  # seconds that an ended step has to clean up; then nobody waits for it any more


@dataclass(kw_only=True)
class Shared:
    """What the turns of one run have in common; see `schedule.Run`."""

    graph: Graph
    context: Context
    watcher: Watcher
    id: str
    ledger: Ledger | None = None
    forced: frozenset[str] = frozenset()

    def told(self, outcome: Outcome, **known: Any) -> Outcome:
        """`outcome` with its execution; see `account.execution_of`."""
        phase = self.graph.phase_of[outcome.step.id].name
        execution = account.execution_of(outcome, run=self.id, phase=phase, **known)
        return replace(outcome, execution=execution)


class Turn:
    """One step's turn. The scheduler calls `settle`; `look` and `take` have a thread of their own.

    Attributes:
        verdict: whether the step is fresh, once it was judged.
        deadline: as `time.monotonic`: when the step's limit is reached; once it was told to end,
            until when it is waited for.
        ending: it was told to end.
        defect: an exception that is no PhaselineError, and so a fault of ours.
    """

    def __init__(self, step: Step, shared: Shared) -> None:
        self.step, self._shared = step, shared
        self.verdict: freshness.Verdict | None = None
        self.deadline = math.inf
        self.ending = False
        self.defect: Exception | None = None
        self._overdue = False
        self._scope = Scope()
        self._decided = threading.Lock()  # taken, once and for all, by who tells how it ended
        self._log: StepLog | None = None
        self._stands = False  # what it depends on is still as it was judged
        self.begin()

    def begin(self) -> None:
        """Start the clock of the step's limit."""
        self._started, self._clock = time.time(), time.monotonic()
        self.deadline = self._clock + self._limit

    @property
    def _limit(self) -> float:
        limits: Mapping[str, float] = self._shared.context.workspace.settings["limits"]
        return limits.get(self.step.id, self.step.limit)

    def settle(self) -> Outcome | None:
        """How it ended, if files alone decide that; None if it takes a thread."""
        return self._concluded(self._settled)

    def look(self) -> None:
        """Judge it ahead of its time."""
        self._scope.enter()
        try:
            self.verdict = self._judge()
        except Exception:
            self.verdict = None  # it is judged again in its time, and that is told

    def take(self) -> Outcome:
        """Run it, if it must; how that ended."""
        self._scope.enter()
        outcome = self._concluded(self._go)
        assert outcome
        return outcome

    def cut(self) -> None:
        """It is told to end; it has a little time to clean up."""
        self.ending = True
        self.deadline = time.monotonic() + GRACE

    def end(self) -> None:
        """Its limit is reached: end its commands, and those of no other."""
        self._overdue = True
        self.cut()
        threading.Thread(target=self._scope.stop, daemon=True).start()

    def abandon(self) -> Outcome | None:
        """How it ended, as we no longer wait for it; None if it is just about to tell that."""
        if not self._decided.acquire(blocking=False):
            return None
        if self._log:
            self._log.close()
        cut = self._failed(Interrupted(f"{self.step.id} did not end when it was told to"))
        return self._guarded(lambda: self._keep(cut))

    def _concluded(self, work: Callable[[], Outcome | None]) -> Outcome | None:
        outcome = self._guarded(work)
        if outcome and self._decided.acquire(blocking=False):
            return self._guarded(lambda: self._keep(outcome))
        return outcome

    def _guarded(self, work: Callable[[], Outcome | None]) -> Outcome | None:
        try:
            return work()
        except PhaselineError as error:
            return self._failed(error)
        except Exception as defect:
            self.defect = defect
            return self._broken(defect)

    def _settled(self) -> Outcome | None:
        if self.verdict is None and self.step.probe:
            return None
        self.verdict = self.verdict or self._judge()
        return self._fresh(self.verdict) if self.verdict.fresh else None

    def _go(self) -> Outcome:
        self.verdict = self.verdict or self._judge()
        if self.verdict.fresh:
            return self._fresh(self.verdict)
        if self._shared.ledger:
            self._shared.ledger.ready()
        self._shared.watcher.started(self.step, self.verdict.reason)
        return self._work(self.verdict)

    def _judge(self) -> freshness.Verdict:
        forced = self.step.id in self._shared.forced
        graph, context = self._shared.graph, self._shared.context
        verdict = freshness.judge(self.step, graph, context, probe=not forced)
        return replace(verdict, fresh=False, reason="--force asks for it") if forced else verdict

    def _work(self, verdict: freshness.Verdict) -> Outcome:
        shared, step = self._shared, self.step
        assert step.run
        record.forget(shared.context.state, step.id)
        own = freshness.context_of(step, shared.context)
        with StepLog(shared.context.state, shared.id, step, shared.watcher) as self._log:
            journal.listen(self._log)
            report = step.run(own)
            projection = dict(step.projection(own)) if step.projection else {}
        if self._overdue:
            raise Interrupted(f"{step.id} was ended")
        parts = key.parts(step, own, freshness.upstream(step, shared.graph, shared.context))
        if parts != verdict.parts:  # what was made is of the old state
            changed = key.changed(verdict.parts, parts)
            report = replace(report, summary=f"{report.summary} (will run again: {changed})")
        self._stands = parts == verdict.parts
        outputs = paths.digests(step.outputs, own)
        return self._good(Ending.DONE, verdict, report, outputs=outputs, projection=projection)

    def _keep(self, outcome: Outcome) -> Outcome:
        """Evidence, then the record: killed between the two, the step is done again."""
        assert outcome.execution
        if outcome.ending is not Ending.FRESH and self._shared.ledger:
            self._shared.ledger.add(outcome.execution)
        if outcome.ending is Ending.DONE and self._stands:
            record.save(self._shared.context.state, _record(outcome, outcome.execution))
        return outcome

    def _fresh(self, verdict: freshness.Verdict) -> Outcome:
        kept = verdict.record
        assert kept
        report = Report(kept.summary, kept.identity, kept.lines)
        return self._good(Ending.FRESH, verdict, report, outputs=kept.outputs)

    def _good(
        self, ending: Ending, verdict: freshness.Verdict, report: Report, **facts: Any
    ) -> Outcome:
        return self._told(
            Outcome(
                step=self.step,
                ending=ending,
                reason=verdict.reason,
                summary=report.summary,
                lines=report.lines,
            ),
            identity=dict(report.identity),
            **facts,
        )

    def _failed(self, error: PhaselineError) -> Outcome:
        error = self._too_long() if self._overdue else error
        ending = Ending.INTERRUPTED if isinstance(error, Interrupted) else Ending.FAILED
        return self._told(Outcome(step=self.step, ending=ending, reason=error.what, error=error))

    def _too_long(self) -> TimedOut:
        last = self._log.last if self._log else ""
        return TimedOut(
            f"{self.step.id} took longer than its limit of {self._limit:g} s and was ended",
            why=f"its last words: {last}" if last else "it said nothing",
            fix=f"see what it waited for, or set `limits: {{{self.step.id}: …}}` in pipeline.yaml",
        )

    def _broken(self, defect: Exception) -> Outcome:
        shared = self._shared
        with StepLog(shared.context.state, shared.id, self.step, shared.watcher) as log:
            log.fault(defect)
        self._log = self._log or log
        reason = f"{type(defect).__name__}: {defect}; see {log.path}"
        return self._told(Outcome(step=self.step, ending=Ending.FAILED, reason=reason))

    def _told(self, outcome: Outcome, **facts: Any) -> Outcome:
        log, root = self._log, self._shared.context.workspace.root
        known = {
            "started": self._started,
            **(account.judged(self.verdict) if self.verdict else {}),
            **(account.logged(log, root) if log else {}),
            **facts,
        }
        seconds = time.monotonic() - self._clock
        timed = replace(outcome, seconds=seconds, log=log.path if log else None)
        return self._shared.told(timed, **known)


def _record(outcome: Outcome, execution: Execution) -> record.Record:
    return record.Record(
        step=execution.step,
        key=execution.key,
        parts=execution.parts,
        outputs=execution.outputs,
        identity=execution.identity,
        projection=execution.projection,
        summary=execution.summary,
        lines=execution.lines,
        run=execution.run,
        started=execution.started,
        seconds=outcome.seconds,
    )
