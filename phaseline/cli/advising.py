"""`invoke image.advise`: advice is shown, and a patch tried where the user approves."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from phaseline.cli import running, trying
from phaseline.cli.edge import alone, say
from phaseline.cli.words import show
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import digest_file
from phaseline.core.texts import plain
from phaseline.core.workspace import Context
from phaseline.engine.evidence import Evidence
from phaseline.engine.execution import Execution
from phaseline.engine.graph import Graph, Step, check
from phaseline.engine.log import StepLog
from phaseline.engine.outcome import Ending, Outcome
from phaseline.operators.assistants import choice, configuration, step, target
from phaseline.operators.assistants.advice import BEST, Advice
from phaseline.operators.assistants.target import Target
from phaseline.operators.assistants.trial import Trial, recover
from phaseline.process import journal

_STEP = check("image.advise", "Advice on a Dockerfile", step.rate_dockerfiles)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asks for; see `invoke --help image.advise`."""

    component: str = ""
    file: str = ""
    assistant: str = choice.AUTO
    apply: bool = False
    yes: bool = False
    json: bool = False


class _Speaker:
    """Passes on what is going on, where it is in nobody's way."""

    def started(self, step: Step, reason: str) -> None: ...

    def progressed(self, step: Step, text: str) -> None:
        sys.stderr.write(f"  {text}\n")

    def ended(self, outcome: Outcome) -> None: ...

    def flush(self) -> None: ...


def advise(graph: Graph, reopen: Callable[[], Context], wanted: Wanted) -> int:
    """Show advice on the files that are meant, and with `apply` try its patches one by one.

    Returns 0; 1 where a patch was rolled back; 130 where its trial was interrupted.

    Args:
        reopen: gives the workspace anew, for each run of the phase.

    Raises:
        InvalidConfiguration: there is no such file, component or assistant, or nobody to approve.
        HostUnfit: the assistant that was named cannot be asked.
    """
    context = reopen()
    targets = _targets(context, wanted)
    if wanted.apply and not wanted.yes and not sys.stdin.isatty():
        raise InvalidConfiguration(
            "--apply asks before it changes a file, and here is nobody to answer",
            fix="add --yes, or leave --apply out to see the patch",
        )
    with contextlib.ExitStack() as held:
        if wanted.apply:
            held.enter_context(alone(context, running.command()))
            if told := recover(context):
                say(told)
                targets = _targets(context, wanted)
        configuration.write(context)
        known = choice.known(configuration.folder(context), choice.told(context))
        chosen = choice.choose(known, wanted.assistant)
        rows = [_one(graph, reopen, one, wanted, chosen) for one in targets]
    if wanted.json:
        show(rows, as_json=True)
    return max((row["code"] for row in rows), default=0)


def _targets(context: Context, wanted: Wanted) -> list[Target]:
    if wanted.component and wanted.file:
        raise InvalidConfiguration("--component and --file name the same thing: give one of them")
    if wanted.file:
        return [target.of_file(context, wanted.file)]
    names = [component.name for component in context.components]
    if wanted.component and wanted.component not in names:
        raise InvalidConfiguration(
            f"--component {wanted.component}: there is no such component",
            why=f"known: {', '.join(names)}",
        )
    chosen = (c for c in context.components if wanted.component in ("", c.name))
    found = [one for component in chosen if (one := target.of_component(context, component))]
    if not found:
        raise InvalidConfiguration("none of these components is built from a Dockerfile")
    return found


def _one(
    graph: Graph,
    reopen: Callable[[], Context],
    one: Target,
    wanted: Wanted,
    chosen: choice.Choice,
) -> dict[str, Any]:
    """Advice on one file, with what became of its patch; all of it goes into the evidence."""
    context, began = reopen(), time.time()
    name = running.run_name(datetime.now(UTC))
    with StepLog(context.state, name, _STEP, _Speaker()) as log:
        journal.listen(log)
        advice = choice.advise(one, chosen)
        for line in (*choice.lines_of(chosen, advice), *advice.patch.splitlines()):
            log.line(line)
        if not wanted.json:
            _show(one, chosen, advice)
        code, outcome = _tried(graph, reopen, one, advice, wanted)
        log.line(outcome)
    if not wanted.json:
        say(plain(outcome))
    row = _row(one, chosen, advice) | {"outcome": outcome, "code": code}
    _keep(one, row, run=name, started=began, log=log, context=context)
    return row


def _row(one: Target, chosen: choice.Choice, advice: Advice) -> dict[str, Any]:
    return {
        "component": one.component.name if one.component else None,
        "path": one.path,
        "chosen": chosen.name,
        "refused": [{"assistant": name, "reason": reason} for name, reason in chosen.refused],
        "assistant": advice.assistant,
        "ratings": {str(dimension): points for dimension, points in advice.ratings.items()},
        "findings": [asdict(finding) for finding in advice.findings],
        "notes": list(advice.notes),
        "patch": advice.patch,
    }


def _show(one: Target, chosen: choice.Choice, advice: Advice) -> None:
    """Print it, without what in the file would command a terminal."""
    say(f"{plain(one.path)}: {advice.total} of {BEST * len(advice.ratings)}")
    for line in choice.lines_of(chosen, advice):
        say(f"  {plain(line)}")
    if advice.patch:
        say("\n" + "\n".join(plain(line) for line in advice.patch.split("\n")))


def _tried(
    graph: Graph, reopen: Callable[[], Context], one: Target, advice: Advice, wanted: Wanted
) -> tuple[int, str]:
    """The exit code, and what became of the patch."""
    if not advice.patch:
        return 0, f"no patch is proposed for {one.path}"
    if not wanted.apply:
        return 0, "nothing was changed; --apply tries the patch"
    if not wanted.yes and not _agreed(one):
        return 0, "nothing was changed: you said no"
    with contextlib.redirect_stdout(sys.stderr) if wanted.json else contextlib.nullcontext():
        return trying.attempt(graph, reopen, Trial(reopen(), one, advice.patch), one)


def _agreed(one: Target) -> bool:
    sys.stdout.write(f"apply this to {plain(one.path)}, build and check it? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _keep(
    one: Target, row: dict[str, Any], *, run: str, started: float, log: StepLog, context: Context
) -> None:
    """Write it into the evidence: who was asked and why, what was said, what was done."""
    root = context.workspace.root
    digest = digest_file(root / one.path)
    execution = Execution(
        run=run,
        step=_STEP.id,
        phase=trying.PHASE,
        title=_STEP.title,
        kind=_STEP.kind.value,
        ending=Ending.FAILED.value if row["code"] else Ending.DONE.value,
        reason="it was asked for",
        summary=row["outcome"],
        key="",
        parts={"inputs": {one.path: digest}, "advice": row},
        outputs={},
        identity={},
        lines=(),
        calls=tuple(log.calls),
        log=str(log.path.relative_to(root)) if log.path else "",
        error={},
        started=started,
        ended=time.time(),
    )
    Evidence(context.state, root).add([execution])
