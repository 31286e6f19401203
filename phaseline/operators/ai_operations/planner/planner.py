"""From words to a plan: clauses, each read by the intent that most speaks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.clauses import clauses
from phaseline.operators.ai_operations.planner.folding import folded
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.intents import INTENTS
from phaseline.operators.ai_operations.planner.places import space_of
from phaseline.operators.ai_operations.planner.sentence import Sentence, joined
from phaseline.operators.ai_operations.planner.words import Token, tokens
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import (
    Create,
    ObjectReference,
    Operation,
    Plan,
    Wish,
)

SOURCE = "rules"
_NOUNS = {"ConfigMap": "configmap", "Secret": "secret", "PersistentVolumeClaim": "claim"}
_NOUNS |= {"Role": "role"}
_ENOUGH = 2.0  # a single vague word is not
_CLOSE = 0.5  # readings this near to each other are both possible


def plan(request: str, world: World) -> Plan:
    """What a request comes to.

    Raises:
        NotUnderstood: a clause of it stands for nothing, or for two things.
    """
    readings: list[Reading] = []
    for sentence in clauses(Sentence(tuple(tokens(request)))):
        about = next((one.about for one in reversed(readings) if one.about), None)
        sentence = resolved(sentence, about)
        clause = Clause(sentence, world, space_of(sentence, world, about), about)
        reading = read(clause)
        readings.append(reading)
        world.made += [one.manifest for one in reading.operations if isinstance(one, Create)]
    return _together(request, readings)


def resolved(sentence: Sentence, about: ObjectReference | None) -> Sentence:
    """The clause with "it" as what was just made, where that is no workload: mount it, bind it."""
    noun = _NOUNS.get(about.kind) if about else None
    place = next((i for i, one in enumerate(sentence.tokens) if i and one.low == "it"), 0)
    if about is None or noun is None or not place:
        return sentence
    name = (Token("the"), Token(noun), Token(about.name))
    return Sentence((*sentence.tokens[:place], *name, *sentence.tokens[place + 1 :]))


def read(clause: Clause) -> Reading:
    """The reading of one clause.

    Raises:
        NotUnderstood: it stands for nothing, or for two things.
    """
    scored = ranked(clause.sentence)
    if not scored:
        raise NotUnderstood(
            f"“{joined(clause.sentence.tokens)}” stands for nothing that is known here",
            fix="say what to do and with what, such as: " + INTENTS[0].examples[0],
        )
    readings: list[tuple[Intent, Reading]] = []
    lacking: list[str] = []
    unclear: list[NotUnderstood] = []
    best = 0.0
    for score, intent in scored:
        if (readings or unclear) and score < best - _CLOSE:
            break
        try:
            readings.append((intent, intent.read(clause)))
            best = best or score
        except Missing as error:
            lacking.append(f"{intent.name}: {error}")
        except NotUnderstood as error:
            unclear.append(error)
            best = best or score
    if unclear and not readings:
        raise unclear[0]
    return _chosen(readings, lacking, scored[0][1])


def ranked(sentence: Sentence) -> list[tuple[float, Intent]]:
    """The intents that a clause speaks for, the most likely first."""
    scored = [(one.score(sentence), one) for one in INTENTS]
    likely = [(score, one) for score, one in scored if score >= _ENOUGH]
    return sorted(likely, key=lambda pair: -pair[0])


def _chosen(
    readings: Sequence[tuple[Intent, Reading]], lacking: Sequence[str], nearest: Intent
) -> Reading:
    if not readings:
        what = lacking[0].partition(": ")[2]
        raise NotUnderstood(
            f"this seems to ask for “{nearest.name}”, but does not say {what}",
            why="; ".join(lacking[:4]),
            fix=f"for example: {nearest.examples[0]}",
        )
    first = readings[0][1]
    others = [(i, one) for i, one in readings[1:] if one.operations != first.operations]
    if others:
        listed = "; or: ".join([first.says, *(one.says for _, one in others)])
        raise NotUnderstood("this can be meant in two ways", why=listed, fix="say which")
    return first


def _together(request: str, readings: Iterable[Reading]) -> Plan:
    listed = list(readings)
    operations: list[Operation] = []
    wishes: list[Wish] = []
    for one in listed:
        operations += one.operations
        wishes += [wish for wish in one.wishes if wish not in wishes]
    return Plan(
        request=request,
        source=SOURCE,
        reading="; then ".join(one.says for one in listed),
        explanation=tuple(line for one in listed for line in one.explanation),
        operations=folded(operations),
        wishes=tuple(wishes),
    )
