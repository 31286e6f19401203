"""More or fewer replicas: to a number, by a number, by a share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor

from phaseline.operators.ai_operations.planner.amounts import percent
from phaseline.operators.ai_operations.planner.containers import workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.targets import targets
from phaseline.operators.ai_operations.plans.model import ObjectReference, Replicas, Scale

_KINDS = ("Deployment", "StatefulSet")
_FACTORS = {"double": Fraction(2), "triple": Fraction(3), "halve": Fraction(1, 2)}
_MOST = 1000  # a larger number is something else
_BY = ("by", "more", "another", "additional", "extra", "fewer", "less", "add", "remove")


def _read(clause: Clause) -> Reading:
    if clause.sentence.word("between"):
        raise Missing("one number")
    found = targets(clause, _KINDS)
    wanted = [(one, _wanted(part, one)) for one, part in _parts(clause, found)]
    says = ", ".join(f"{one} to {count} replicas" for one, count in wanted)
    return Reading(
        f"scale {says}",
        tuple(Scale(target=one, replicas=count) for one, count in wanted),
        tuple(Replicas(target=one, count=count) for one, count in wanted),
        about=found[0],
    )


def _parts(
    clause: Clause, found: list[ObjectReference]
) -> Iterator[tuple[ObjectReference, Clause]]:
    """Each workload with the words that tell its number: web to 3 and api to 5."""
    tokens = clause.sentence.tokens
    lows = [one.text for one in tokens]
    places = [lows.index(one.name) if one.name in lows else -1 for one in found]
    own = [*places[1:], len(tokens)]
    parts = [Sentence(tokens[start:stop]) for start, stop in zip(places, own, strict=True)]
    apart = len(found) > 1 and -1 not in places and all(part.numbers for part in parts)
    lead = Sentence(tokens[: places[0]]).tokens if apart else ()
    for one, part in zip(found, parts, strict=True):
        sentence = Sentence((*lead, *part.tokens)) if apart else clause.sentence
        yield one, replace(clause, sentence=sentence)


def _wanted(clause: Clause, target: ObjectReference) -> int:
    """How many there are to be."""
    sentence = clause.sentence
    now = int(workload_of(clause, target)["spec"].get("replicas", 1))
    numbers = [one for one in sentence.numbers if not one.percent and one.value.denominator == 1]
    numbers = [n for n in numbers if sentence.tokens[n.start].text not in target.name.split("-")]
    numbers = [n for n in numbers if n.value <= _MOST and not _of_port(sentence, n.start)]
    down = _is_down(sentence)
    share = percent(sentence)
    to = [n for n in numbers if _preceded(sentence, n.start, ("to", "at", "exactly", "=", "total"))]
    if to:
        return int(to[-1].value)
    if share is not None and not numbers:
        return _share(sentence, now, share, down)
    if numbers:
        number = int(numbers[0].value)
        if sentence.word(*_BY):
            return max(0, now - number) if down else now + number
        return number
    for word, factor in _FACTORS.items():
        if sentence.has(word):
            return max(1, ceil(now * factor)) if now else 0
    if sentence.word("another", "one") or (sentence.word("extra", "additional") and not down):
        return now + 1
    if sentence.has("stop"):
        return 0
    raise Missing("to how many, or by how many")


def _of_port(sentence: Sentence, place: int) -> bool:
    return bool({"port", "ports"} & {one.low for one in sentence.tokens[max(0, place - 2) : place]})


def _preceded(sentence: Sentence, place: int, words: tuple[str, ...]) -> bool:
    fillers = ("a", "total", "of", "about", "just", "only")
    at = place - 1
    while at >= 0 and sentence.tokens[at].low in fillers:
        at -= 1
    return at >= 0 and sentence.tokens[at].low in words


def _is_down(sentence: Sentence) -> bool:
    words = (
        "down",
        "reduce",
        "fewer",
        "less",
        "shrink",
        "lower",
        "decrease",
        "cut",
        "remove",
        "drop",
    )
    return sentence.word(*words, "trim", "off", "away", "halve", "in")


def _share(sentence: Sentence, now: int, share: Fraction, down: bool) -> int:
    """`to 50 %` is of what there is, `by 50 %` is what is added or taken away."""
    to = [one for one in sentence.numbers if one.percent]
    of_now = (to and _preceded(sentence, to[0].start, ("to", "at"))) or (
        any(
            max(sentence.phrase("to", word), sentence.phrase("to", article, word)) >= 0
            for word in ("half", "quarter", "third")
            for article in ("a", "one", "the")
        )
    )
    if of_now:
        wanted = now * share
    else:
        wanted = (
            now * (1 - share)
            if down or (sentence.has("halve") and not sentence.has("up"))
            else (now * (1 + share))
        )
    least = 1 if wanted else 0
    return max(least, floor(wanted) if wanted < now else ceil(wanted))


INTENT = Intent(
    name="scale a workload",
    cues={
        "scaling": 3, "scale": 1, "replicas": 2, "up": 1, "down": 1, "double": 2.5,
        "#percent": 1.5, "#size": -2, "between": -0.5,
        "triple": 2.5, "halve": 2, "stop": 2.5, "image": -1, "resources": -3,
        "claim": -3, "create": -0.5, "#image": -3,
        "env": -2, "probe": -3, "autoscale": -3, "budget": -4,
    },
    all_of=(("scaling", "scale", "replicas", "up", "down", "double", "triple", "halve", "stop"),),
    none_of=("autoscale", "quota", "canary", "why", "bluegreen"),
    read=_read,
    examples=("scale web to 5", "bump web up to five copies", "make two more replicas of checkout"),
)  # fmt: skip
