"""Who reads a request: the rules first; an assistant where they do not understand, or by name."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from phaseline.core.errors import CheckFailed, PhaselineError
from phaseline.operators.ai_operations.assisted import answer, limits, prompts
from phaseline.operators.ai_operations.errors import NotUnderstood, Refused
from phaseline.operators.ai_operations.planner.places import named_space
from phaseline.operators.ai_operations.planner.planner import SOURCE, plan
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.words import tokens
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import Plan
from phaseline.operators.assistants import choice
from phaseline.operators.assistants.choice import AUTO, Assistant
from phaseline.operators.assistants.prompts import Prompt
from phaseline.process import journal


def read(
    request: str,
    world: World,
    wanted: str,
    assistants: Sequence[Assistant],
    notes: list[str],
    *,
    seconds: float = choice.SECONDS,
) -> Plan:
    """What a request comes to.

    Args:
        wanted: `auto`, `rules`, or the name of one of `assistants`.
        notes: told who was asked, who was not and why, and what was used instead.
        seconds: that an assistant may take.

    Raises:
        NotUnderstood: nobody understands it, or who does asks back.
        Refused: an assistant's plan goes beyond what assistants may do.
        InvalidConfiguration, HostUnfit: as `choice.choose`.
    """
    if wanted not in (AUTO, SOURCE):
        return _by_name(request, world, wanted, assistants, notes, seconds)
    space = world.namespace
    try:
        return plan(request, world)
    except NotUnderstood as unread:
        if wanted == SOURCE:
            raise
        world.namespace = space
        return _widened(request, world, assistants, notes, seconds, unread)


def _by_name(
    request: str,
    world: World,
    wanted: str,
    assistants: Sequence[Assistant],
    notes: list[str],
    seconds: float,
) -> Plan:
    chosen = choice.choose(tuple(assistants), wanted).assistant
    assert chosen
    space = world.namespace
    try:
        return _asked(request, world, chosen, seconds)
    except (NotUnderstood, Refused):
        raise
    except PhaselineError as error:
        notes.append(f"{chosen.name} gave no plan, so the rules read it: {_told(error)}")
        world.namespace = space
        return plan(request, world)


def _widened(
    request: str,
    world: World,
    assistants: Sequence[Assistant],
    notes: list[str],
    seconds: float,
    unread: NotUnderstood,
) -> Plan:
    """What the first assistant that can be asked makes of what the rules do not understand."""
    chosen = choice.choose(tuple(assistants), AUTO)
    notes += [f"{name} was not asked: {reason}" for name, reason in chosen.refused]
    if chosen.assistant is None:
        raise _still(unread, notes)
    notes.append(f"the rules do not understand it ({unread.what}), so {chosen.name} was asked")
    try:
        return _asked(request, world, chosen.assistant, seconds)
    except (NotUnderstood, Refused):
        raise
    except PhaselineError as error:
        notes.append(f"{chosen.name} gave no plan: {_told(error)}")
        raise _still(unread, notes) from error


def _still(unread: NotUnderstood, notes: Sequence[str]) -> NotUnderstood:
    why = "; ".join(filter(None, (unread.why, *notes)))
    return NotUnderstood(unread.what, why=why, fix=unread.fix)


def _told(error: PhaselineError) -> str:
    why = f"{error.what}: {error.why}" if error.why else error.what
    return answer.printable(why)[:400]


def _asked(request: str, world: World, assistant: Assistant, seconds: float) -> Plan:
    """The plan of one assistant, within the limits of all of them."""
    world.made.clear()
    named = named_space(Sentence(tuple(tokens(request))), world)
    world.namespace = named or world.namespace or "default"
    journal.current().progress(f"asks {assistant.name} about {world.namespace}")
    proposed = _proposed(prompts.of_request(request, world), assistant, seconds)
    if proposed.question and not proposed.operations:
        question = answer.printable(proposed.question)
        raise NotUnderstood(f"{assistant.name} asks back: {question}", fix="say it in the request")
    made = proposed.plan(request, assistant.name)
    limits.check(made, world)
    return made


def _proposed(prompt: Prompt, assistant: Assistant, seconds: float) -> answer.Proposed:
    """What it answers; what cannot be read is asked for once more, while half the time is left."""
    began = time.monotonic()
    said = assistant.ask(prompt)
    try:
        return answer.parse(said, assistant.name)
    except CheckFailed as error:
        if time.monotonic() - began > seconds / 2:
            raise
        journal.current().progress(f"asks {assistant.name} again: {error.why}")
        again = f"{prompt.question}\nYour last answer was not of the schema: {error.why}\n"
        return answer.parse(assistant.ask(replace(prompt, question=again)), assistant.name)
