"""A request from its words to its end; the command line and the check steps call the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations import masking
from phaseline.operators.ai_operations.assisted import reading
from phaseline.operators.ai_operations.assisted.known import NAMES, known
from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution.accounts import reader
from phaseline.operators.ai_operations.execution.carrying import Rehearsed, rehearsed
from phaseline.operators.ai_operations.execution.guard import SYSTEM, check_words
from phaseline.operators.ai_operations.execution.verification import verify
from phaseline.operators.ai_operations.planner.planner import SOURCE
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import Plan
from phaseline.operators.ai_operations.view import ClusterView
from phaseline.operators.assistants.choice import AUTO
from phaseline.operators.clusters.model import accounts_namespace

_LONGEST = 4000  # characters of a request


@dataclass
class Answer:
    """What became of a request.

    Attributes:
        lines: what would be changed, or is; outcome: in half a line.
        source: who has read the words; notes: who else was asked, or was not, and why.
    """

    request: str
    reading: str = ""
    explanation: tuple[str, ...] = ()
    hash: str = ""
    operations: list[dict[str, Any]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    outcome: str = "not understood"
    source: str = SOURCE
    notes: list[str] = field(default_factory=list)
    changed: bool = False


Show = Callable[[Answer], None]
Approve = Callable[[Rehearsed], bool]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is asked for.

    Attributes:
        namespace: the one that is meant where the words name none.
        dry_run: stop when it is shown.
        assistant: who reads the words: `rules`, another by name, or `auto`: the rules, and where
            they do not understand, the first other that can be asked.
    """

    request: str
    namespace: str = ""
    dry_run: bool = False
    assistant: str = AUTO


def carry_out(context: Context, asked: Asked, answer: Answer, show: Show, approve: Approve) -> None:
    """Read the words, show what they come to, and bring it about if that is approved.

    Args:
        answer: what is known so far is put in here, also when it ends in an error.
        show: called once, when all that would be changed is known.
        approve: asked once; what it sees is what is applied.

    Raises:
        NotUnderstood, Refused, PutBack, NotPutBack: see `ai_operations.errors`.
        InvalidConfiguration: the request is empty or too long, or there is no such assistant.
        HostUnfit: the assistant that was named cannot be asked.
        CheckFailed: this workspace has no cluster.
    """
    check(asked)
    with reader(context) as view:
        world = World(view, asked.namespace, frozenset({*SYSTEM, accounts_namespace(context)}))
        made = _read(context, asked, world, answer)
        _tell(answer, made)
        if not made.operations:
            answer.outcome = "answered; nothing was changed"
            show(answer)
            return
        allowed = {world.namespace} if world.namespace else set[str]()
        with rehearsed(context, made, view, allowed) as tried:
            answer.lines = tried.lines
            show(answer)
            answer.outcome = _carried(tried, asked, approve, view)
            answer.changed = not (tried.idle or asked.dry_run)


def _read(context: Context, asked: Asked, world: World, answer: Answer) -> Plan:
    """The plan; what is known of who was asked is in the answer, whatever comes of it."""
    seconds: float = context.workspace.settings["model"]["seconds"]
    try:
        return reading.read(
            asked.request, world, asked.assistant, known(context), answer.notes, seconds=seconds
        )
    finally:
        answer.notes[:] = [masking.words(note, []) for note in answer.notes]


def check(asked: Asked) -> None:
    """See that there is something to read, and that whoever is to read it is known."""
    if not asked.request.strip():
        raise InvalidConfiguration("the request is empty", fix='invoke ai "scale web to 3"')
    if len(asked.request) > _LONGEST:
        raise InvalidConfiguration(f"the request is longer than {_LONGEST} characters")
    if asked.assistant not in (listed := (AUTO, SOURCE, *NAMES)):
        raise InvalidConfiguration(
            f"--assistant {asked.assistant}: there is no such assistant",
            why=f"known: {', '.join(listed)}",
        )
    check_words(asked.request)


def _tell(answer: Answer, made: Plan) -> None:
    answer.request = masking.request(made)
    answer.reading, answer.explanation = made.reading, made.explanation
    answer.hash = made.hash if made.operations else ""
    answer.operations = masking.operations(made)
    answer.source = made.source


def _carried(tried: Rehearsed, asked: Asked, approve: Approve, view: ClusterView) -> str:
    if asked.dry_run:
        return "nothing was changed: a dry run"
    if tried.idle:
        verify(tried.plan.wishes, view)
        return "it is so already; nothing was changed"
    if not approve(tried):
        raise Refused("nothing was changed: it was not approved", fix="add --yes, or answer yes")
    tried.apply(tried.hash)
    return "done, and verified"
