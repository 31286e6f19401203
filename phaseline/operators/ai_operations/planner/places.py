"""The namespace that a clause is about."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.sentence import Sentence, named
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import ObjectReference

_SPACES = ("namespace", "ns", "namespaces")


def named_space(sentence: Sentence, world: World) -> str:
    """The namespace that the words name; "" where they name none."""
    tokens = sentence.tokens
    known = [
        *world.namespaces,
        *(o["metadata"]["name"] for o in world.made if o["kind"] == "Namespace"),
    ]
    for place, token in enumerate(tokens):
        before = tokens[place - 1].low if place else ""
        following = tokens[place + 1].low if place + 1 < len(tokens) else ""
        text = token.text
        if text in known and (before in _SPACES or following in _SPACES):
            return text
        if (
            text in known
            and before in ("in", "inside", "into", "within")
            and following != "deployment"
        ):
            return text
        if text.startswith("namespace/") and named(text.partition("/")[2]):
            return text.partition("/")[2]
    return _unknown(sentence)


def _unknown(sentence: Sentence) -> str:
    """A namespace that is named and not there: what is asked for it will be refused."""
    for place, word in enumerate(sentence.tokens):
        if word.low in _SPACES and place and sentence.tokens[place - 1].low in ("in", "inside"):
            for _, text in sentence.after([place + 1], named):
                return text
    return ""


def space_of(sentence: Sentence, world: World, about: ObjectReference | None) -> str:
    """The namespace of a clause: as it names it, else as was given, else that of "it"."""
    found = named_space(sentence, world)
    if found:
        world.namespace = found
    if world.namespace:
        return world.namespace
    if about and about.kind == "Namespace":
        return about.name
    return about.namespace if about and about.namespace else "default"
