"""One step's turn in a run: judged, run within its limit, told in full."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from phaseline.core.errors import Interrupted, PhaselineError, TimedOut
from phaseline.core.workspace import Context
from phaseline.engine import account, freshness, key, paths, record
from phaseline.engine.execution import NOTHING, Execution, Ledger
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

    def told(self, step: Step, ending: Ending, **known: Any) -> Outcome:
        """How `step` ended, with its execution; see `account.tell`."""
        phase, root = self.graph.phase_of[step.id].name, self.context.workspace.root
        return account.tell(step, ending, run=self.id, phase=phase, root=root, **known)

    def left_alone(self, step: Step, verdict: freshness.Verdict, started: float) -> Outcome:
        """How a step ended that is fresh, and was looked at since `started`."""
        kept, ended = verdict.record, time.time()
        assert kept
        execution = Execution(
            run=self.id,
            step=step.id,
            phase=self.graph.phase_of[step.id].name,
            title=step.title,
            kind=step.kind,
            ending=Ending.FRESH,
            reason=verdict.reason,
            summary=kept.summary,
            key=kept.key,
            parts=verdict.parts,
            outputs=kept.outputs,
            identity=kept.identity,
            lines=kept.lines,
            calls=(),
            log="",
            error=NOTHING,
            started=started,
            ended=ended,
        )
        return Outcome(
            step=step,
            ending=Ending.FRESH,
            reason=verdict.reason,
            summary=kept.summary,
            seconds=ended - started,
            lines=kept.lines,
            execution=execution,
        )


class Turn:
    """One step's turn. `look` and `take` have a thread of their own.

    Args:
        verdict: whether the step is fresh, where it was judged already.

    Attributes:
        verdict: the same, once it was judged.
        began: as `time.monotonic`.
        deadline: in the same time: when the step's limit is reached; once it was told to end,
            until when it is waited for.
        ending: it was told to end.
        defect: an exception that is no PhaselineError, and so a fault of ours.
    """

    def __init__(
        self, step: Step, shared: Shared, verdict: freshness.Verdict | None = None
    ) -> None:
        self.step, self._shared, self.verdict = step, shared, verdict
        self.deadline = math.inf
        self.ending = False
        self.defect: Exception | None = None
        self._overdue = False
        self._scope = Scope()
        self._log: StepLog | None = None
        self._stands = False  # what it depends on is still as it was judged
        self.begin()

    def begin(self) -> None:
        """Start the clock of the step's limit."""
        self._started, self.began = time.time(), time.monotonic()
        self.deadline = self.began + self._limit

    @property
    def _limit(self) -> float:
        limits: Mapping[str, float] = self._shared.context.workspace.settings["limits"]
        return limits.get(self.step.id, self.step.limit)

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
        try:
            return self._go()
        except PhaselineError as error:
            return self._failed(error)
        except Exception as defect:
            return self.failed(defect)

    def cut(self) -> None:
        """It is told to end; it has a little time to clean up."""
        self.ending = True
        self.deadline = time.monotonic() + GRACE

    def end(self) -> None:
        """Its limit is reached: end its commands, and those of no other."""
        self._overdue = True
        self.cut()
        threading.Thread(target=self._scope.stop, daemon=True).start()

    def abandon(self) -> Outcome:
        """How it ended, as we no longer wait for it."""
        if self._log:
            self._log.close()
        return self._failed(Interrupted(f"{self.step.id} did not end when it was told to"))

    def failed(self, fault: Exception) -> Outcome:
        """How it ended, as `fault` was met: where it is no PhaselineError, a defect."""
        if isinstance(fault, PhaselineError):
            return self._failed(fault)
        self.defect = fault
        return self._broken(fault)

    def _go(self) -> Outcome:
        self.verdict = self.verdict or self._judge()
        if self.verdict.fresh:
            return self._shared.left_alone(self.step, self.verdict, self._started)
        if self._shared.ledger:
            self._shared.ledger.ready()
        self._shared.watcher.started(self.step, self.verdict.reason)
        return self._work(self.verdict)

    def _judge(self) -> freshness.Verdict:
        forced = self.step.id in self._shared.forced
        graph, context = self._shared.graph, self._shared.context
        verdict = freshness.judge(self.step, graph, context, probe=not forced)
        return verdict._replace(fresh=False, reason="--force asks for it") if forced else verdict

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
        upstream = freshness.upstream(step, shared.graph, shared.context)
        parts = key.again(verdict.parts, step, own, upstream)
        if parts != verdict.parts:  # what was made is of the old state
            changed = key.changed(verdict.parts, parts)
            report = replace(report, summary=f"{report.summary} (will run again: {changed})")
        self._stands = parts == verdict.parts
        outputs = paths.digests(step.outputs, own)
        return self._told(
            Ending.DONE,
            verdict.reason,
            summary=report.summary,
            lines=report.lines,
            identity=dict(report.identity),
            outputs=outputs,
            projection=projection,
        )

    def record(self, outcome: Outcome) -> record.Record | None:
        """What is to be remembered: a success of what it depends on now."""
        told = outcome.execution
        if not told or outcome.ending is not Ending.DONE or not self._stands:
            return None
        return record.Record(
            step=told.step,
            key=told.key,
            parts=told.parts,
            outputs=told.outputs,
            identity=told.identity,
            projection=told.projection,
            summary=told.summary,
            lines=told.lines,
            run=told.run,
            started=told.started,
            seconds=outcome.seconds,
        )

    def _failed(self, error: PhaselineError) -> Outcome:
        error = self._too_long() if self._overdue else error
        ending = Ending.INTERRUPTED if isinstance(error, Interrupted) else Ending.FAILED
        return self._told(ending, error.what, error=error)

    def _too_long(self) -> TimedOut:
        last = self._log.last if self._log else ""
        return TimedOut(
            f"{self.step.id} took longer than its limit of {self._limit:g} s and was ended",
            why=f"its last words: {last}" if last else "it said nothing",
            fix=f"see what it waited for, or set `limits: {{{self.step.id}: …}}` in pipeline.yaml",
        )

    def _broken(self, defect: Exception) -> Outcome:
        shared = self._shared
        log = StepLog(shared.context.state, shared.id, self.step, shared.watcher)
        with suppress(OSError), log:  # where the disk is full, that cannot be written either
            log.fault(defect)
        self._log = self._log or log
        reason = f"{type(defect).__name__}: {defect}; see {log.path}"
        return self._told(Ending.FAILED, reason)

    def _told(self, ending: Ending, reason: str, **facts: Any) -> Outcome:
        known = {"started": self._started, "verdict": self.verdict, "log": self._log, **facts}
        return self._shared.told(self.step, ending, reason=reason, **known)
