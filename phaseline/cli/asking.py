"""`invoke ai`: what is asked for in words is shown, approved, done, and kept as evidence."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from phaseline.cli import running
from phaseline.cli.edge import alone, say
from phaseline.core.errors import Interrupted, PhaselineError
from phaseline.core.texts import plain
from phaseline.core.workspace import Context
from phaseline.engine.evidence import Evidence
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Step, check
from phaseline.engine.log import StepLog
from phaseline.engine.outcome import Ending, Outcome, Watcher
from phaseline.operators.ai_operations import checks, masking
from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution.carrying import Rehearsed
from phaseline.operators.ai_operations.requests import Answer, Asked, carry_out
from phaseline.operators.assistants.choice import AUTO
from phaseline.process import journal

_STEP = check("ai.request", "A request in words", checks.check_deployment)
_PHASE = "ai-ops"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for; see `invoke --help ai`.

    Attributes:
        hash: of a plan that was approved when it was shown; no other is carried out.
    """

    request: str
    namespace: str = ""
    yes: bool = False
    dry_run: bool = False
    assistant: str = AUTO
    json: bool = False
    hash: str = ""


class Progress:
    """Passes on what is going on, where it is in nobody's way; nothing twice in a row."""

    def __init__(self) -> None:
        self._last = ""

    def started(self, step: Step, reason: str) -> None: ...

    def progressed(self, step: Step, text: str) -> None:
        if text != self._last:
            sys.stderr.write(f"  {plain(text)}\n")
        self._last = text

    def ended(self, outcome: Outcome) -> None: ...

    def flush(self) -> None: ...


def ask(context: Context, wanted: Wanted) -> int:
    """Carry out one request, as `carried`. Returns 0: done and verified, or answered."""
    answer = carried(context, wanted, Progress())
    if not wanted.json:
        say(plain(answer.outcome))
    return 0


def carried(context: Context, wanted: Wanted, watcher: Watcher) -> Answer:
    """Carry out one request; what became of it.

    Raises:
        PhaselineError: with the exit codes that `invoke --help ai` lists; it is in the evidence.
    """
    text = sys.stdin.read() if wanted.request == "-" else wanted.request
    asked = Asked(
        request=text.strip(),
        namespace=wanted.namespace,
        dry_run=wanted.dry_run,
        assistant=wanted.assistant,
    )
    answer, began, name = (
        Answer(masking.words(text, [])),
        time.time(),
        running.run_name(datetime.now(UTC)),
    )
    fault: PhaselineError | None = None
    log = StepLog(context.state, name, _STEP, watcher)
    try:
        with log, contextlib.ExitStack() as held:
            journal.listen(log)

            def approve(tried: Rehearsed) -> bool:
                if wanted.hash and tried.hash != wanted.hash:
                    raise Refused(
                        "nothing was changed: the plan is not the one that was approved",
                        why=f"what is in the cluster has changed since; it is {tried.hash} now",
                        fix="ask for the plan again",
                    )
                agreed = bool(wanted.hash) or wanted.yes or _agreed(tried)
                if agreed:
                    held.enter_context(alone(context, "invoke ai"))
                return agreed

            carry_out(context, asked, answer, _shower(log, wanted), approve)
            log.line(answer.outcome)
    except PhaselineError as error:
        fault, answer.outcome = error, masking.words(error.what, [])
        raise
    except KeyboardInterrupt:
        fault = Interrupted("interrupted; what had been applied is put back")
        answer.outcome = fault.what
        raise
    finally:  # the log is closed: what is kept of it holds
        _keep(context, answer, fault, run=name, started=began, log=log)
        if wanted.json:
            say(json.dumps(_row(answer, fault), indent=2))
    return answer


def _shower(log: StepLog, wanted: Wanted) -> Callable[[Answer], None]:
    """What keeps in the log what would be changed, and prints it."""

    def show(told: Answer) -> None:
        for line in (*told.notes, told.reading, *told.explanation, *told.lines):
            log.line(plain(line))
        if not wanted.json:
            _show(told)

    return show


def _show(answer: Answer) -> None:
    """Print it, without what in the cluster's texts would command a terminal."""
    for note in answer.notes:
        say(plain(note))
    say(f"{answer.source}: {plain(answer.reading)}")
    for line in (*answer.explanation, *answer.lines):
        say(f"  {plain(line)}")
    if answer.hash:
        say(f"  plan sha256:{answer.hash}")


def _agreed(tried: Rehearsed) -> bool:
    if not sys.stdin.isatty():
        return False
    sys.stdout.write(f"apply the plan {tried.hash[:12]}? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _row(answer: Answer, fault: PhaselineError | None) -> dict[str, Any]:
    told = (
        {"code": fault.code, "what": fault.what, "why": fault.why, "fix": fault.fix}
        if fault
        else {}
    )
    code = fault.exit_code if fault else 0
    return {**asdict(answer), "code": code, "error": told}


def _keep(
    context: Context,
    answer: Answer,
    fault: PhaselineError | None,
    *,
    run: str,
    started: float,
    log: StepLog,
) -> None:
    """Write it into the evidence: what was asked, what it was taken for, what became of it."""
    root, row = context.workspace.root, _row(answer, fault)
    execution = Execution(
        run=run,
        step=_STEP.id,
        phase=_PHASE,
        title=_STEP.title,
        kind=_STEP.kind.value,
        ending=Ending.FAILED.value if fault else Ending.DONE.value,
        reason="it was asked for",
        summary=answer.outcome,
        key="",
        parts={"request": row},
        outputs={},
        identity={},
        lines=(),
        calls=tuple(log.calls),
        log=str(log.path.relative_to(root)) if log.path else "",
        error=row["error"],
        started=started,
        ended=time.time(),
    )
    Evidence(context.state, root).add([execution])
