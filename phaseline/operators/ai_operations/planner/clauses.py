"""A request split into clauses that each ask for one thing."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.lexicon import IMPERATIVES
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.words import Token

_JOINS = ("and", "then", "also", "afterwards", "finally", "next", "plus", "please", "after", "that")
# What belongs to the clause before, although it looks like an order of its own.
_PARTS = frozenset(["request", "limit", "cap", "allow", "put", "show", "list", "get"])


# A word behind one of these is a noun or a participle: "the last change", "must be set".
_NOUN_MARKS = frozenset(
    ["the", "a", "an", "this", "that", "last", "latest", "recent", "be", "been", "was", "is", "are"]
)
_PRONOUNS = frozenset(["it", "they", "its", "their", "this"])


# What a role may allow, rather than what is ordered.
_RIGHTS = frozenset(["update", "delete", "patch", "create", "scale", "restart", "remove", "change"])


def clauses(whole: Sentence) -> list[Sentence]:
    """The clauses, in order."""
    found: list[list[Token]] = [[]]
    place, tokens = 0, whole.tokens
    while place < len(tokens):
        stop = _break(tokens, place)
        if stop:
            own = stop < len(tokens) and tokens[stop].low == "its"
            found.append([Token("set")] if own else [])
            place = stop
        else:
            found[-1].append(tokens[place])
            place += 1
    return [Sentence(tuple(one)) for one in _whole(found)]


def _break(tokens: tuple[Token, ...], place: int) -> int:
    """Where the next clause begins, if one ends at `place`; else 0."""
    token = tokens[place]
    if token.end or token.text == ";":
        return place + 1
    if token.text != "," and token.low not in ("and", "then"):
        return 0
    after = place + 1
    while after < len(tokens) and (tokens[after].low in _JOINS or tokens[after].text == ","):
        after += 1
    first = tokens[after].low if after < len(tokens) else ""
    after_it = tokens[after + 1].low if after + 1 < len(tokens) else ""
    if first == "its":
        return after
    if first not in IMPERATIVES or (first in _PARTS and token.low != "then"):
        return 0
    before = {token.low for token in tokens[:place]}
    if first in _RIGHTS and before & {"can", "may", "role", "let", "allow", "grant"}:
        return 0
    noun = after_it in (",", "and", "of", "") or (first in ("scale", "show") and after_it == "down")
    return 0 if noun else after


def _whole(found: list[list[Token]]) -> list[list[Token]]:
    """Without empty ones; one that orders nothing belongs to the one before."""
    whole: list[list[Token]] = []
    for one in found:
        if not any(token.text not in (",", ";", ".", "(", ")") for token in one):
            continue
        goes_on = not _orders(one) or (one[0].low in _PRONOUNS and not _ends_on_its_own(whole))
        if whole and (goes_on or (len(whole) == 1 and not _orders(whole[0]))):
            whole[-1] += [Token(","), *one]
        else:
            whole.append(one)
    return whole


def _orders(clause: list[Token]) -> bool:
    """Whether a clause orders something: a verb that does, and is not used as a noun."""
    return any(
        token.low in IMPERATIVES and (not place or clause[place - 1].low not in _NOUN_MARKS)
        for place, token in enumerate(clause)
    )


def _ends_on_its_own(whole: list[list[Token]]) -> bool:
    """Whether what was ordered before is no new object, of which more could be told."""
    makes = ("create", "deploy", "launch", "make", "start", "spin", "add")
    return not (whole and any(token.low in makes for token in whole[-1]))
