"""One clause of a request: its words, the concepts in them, and the values beside markers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from phaseline.operators.ai_operations.planner.lexicon import CONCEPTS, ORDINARY
from phaseline.operators.ai_operations.planner.words import (
    Number,
    Quantity,
    Token,
    numbers,
    quantities,
    stem,
)

_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_IMAGE = re.compile(r"[a-z0-9][\w.-]*(:\d+)?(/[\w.-]+)*(:[\w][\w.-]*)?(@sha256:[0-9a-f]{64})?")
_FILLERS = frozenset(
    [
        "the",
        "a",
        "an",
        "of",
        "to",
        "be",
        "is",
        "as",
        "=",
        "at",
        "set",
        "with",
        "my",
        "our",
        "its",
        "it",
        "for",
        ":",
        "container",
        "tcp",
    ]
)


_ONE = ("a", "one", "the")
# What may stand before a "which" that asks.
_ASKED = (
    "show",
    "list",
    "me",
    "tell",
    "see",
    "know",
    "say",
    "and",
    "out",
    "of",
    "in",
    ",",
    ";",
    ".",
)
# Values of variables that are words of the trade as well.
ORDINARY_VALUES = frozenset(["debug", "error", "warning", "info", "trace", "test", "prod", "batch"])


@dataclass(frozen=True)
class Span:
    """Where a phrase stands: from token `start` up to `stop`."""

    start: int
    stop: int


@dataclass(frozen=True)
class Sentence:
    """One clause."""

    tokens: tuple[Token, ...]

    @cached_property
    def stems(self) -> list[str]:
        """The stem of each word."""
        return [stem(one.low) for one in self.tokens]

    @cached_property
    def concepts(self) -> dict[str, list[Span]]:
        """The concepts that occur, each with its places, the longest phrases only."""
        found: dict[str, list[Span]] = {}
        for place in range(len(self.tokens)):
            if place in self._given or self._asks_nothing(place):
                continue
            lows = tuple(one.low for one in self.tokens[place : place + 6])
            for concept, length in _starting(tuple(self.stems[place : place + 6]), lows):
                found.setdefault(concept, []).append(Span(place, place + length))
        return found | self._values

    @cached_property
    def _given(self) -> set[int]:
        """The places of names and values that were given outright: they hint at nothing."""
        values = {value for value in self.pairs.values() if value in ORDINARY_VALUES}
        names = {place for place, text in self.called if place + 1 < len(self.tokens)}
        return names | {i for i, one in enumerate(self.tokens) if i and one.text in values}

    def _asks_nothing(self, place: int) -> bool:
        """Whether a word of questions is none here: relative, told to be unknown, or stated."""
        low, before = self.tokens[place].low, self.tokens[max(place - 1, 0)].low
        if low == "which":
            return bool(place) and before not in _ASKED
        if low == "why":
            return before in ("know", "knows", "matter")
        return low == "healthy" and self.tokens[0].low not in ("is", "are", "how", "why")

    @cached_property
    def _values(self) -> dict[str, list[Span]]:
        """What is there of values, as concepts whose names begin with #."""
        found = {
            "#percent": [
                *(Span(one.start, one.stop) for one in self.numbers if one.percent),
                *self._fractions(),
            ],
            "#size": [Span(q.start, q.stop) for q in self.quantities if q.of == "memory"],
            "#cpu": [Span(q.start, q.stop) for q in self.quantities if q.of == "cpu"],
            "#image": [
                Span(place, place + 1)
                for place, one in enumerate(self.tokens)
                if "=" not in one.text and not one.quoted and image(one.text)
            ],
        }
        return {name: spans for name, spans in found.items() if spans}

    def _fractions(self) -> Iterator[Span]:
        """By a third, to a quarter; not those of an amount."""
        taken = {i for one in self.quantities for i in range(one.start, one.stop)}
        for place in range(2, len(self.tokens)):
            before = (self.tokens[place - 2].low, self.tokens[place - 1].low)
            share = self.tokens[place].low in ("third", "quarter")
            if share and place not in taken and before[0] in ("by", "to") and before[1] in _ONE:
                yield Span(place, place + 1)

    @cached_property
    def numbers(self) -> list[Number]:
        """Numbers that are no part of a quantity."""
        taken = {i for one in self.quantities for i in range(one.start, one.stop)}
        return [one for one in numbers(self.tokens) if one.start not in taken]

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Amounts of processor and memory."""
        return quantities(self.tokens)

    def has(self, *concepts: str) -> bool:
        """Whether any of these occurs."""
        return any(one in self.concepts for one in concepts)

    def word(self, *words: str) -> bool:
        """Whether any of these words occurs as it stands."""
        return any(one.low in words for one in self.tokens)

    def phrase(self, *words: str) -> int:
        """Where these words stand one after the other; -1 where nowhere."""
        lows = [one.low for one in self.tokens]
        for place in range(len(lows) - len(words) + 1):
            if tuple(lows[place : place + len(words)]) == words:
                return place
        return -1

    def after(
        self, marks: Iterable[int], fits: Callable[[str], bool], *, reach: int = 3
    ) -> Iterator[tuple[int, str]]:
        """The first token that `fits` after each place of `marks`, past fillers only."""
        for mark in marks:
            for place in range(mark, min(mark + reach, len(self.tokens))):
                token = self.tokens[place]
                if fits(token.text) and (token.quoted or token.low not in _FILLERS):
                    yield place, token.text
                    break
                if token.low not in _FILLERS:
                    break

    def ends(self, *concepts: str) -> list[int]:
        """The places just behind these concepts."""
        return sorted({span.stop for one in concepts for span in self.concepts.get(one, ())})

    def behind(self, *words: str) -> list[int]:
        """The places just behind these words."""
        return [place + 1 for place, one in enumerate(self.tokens) if one.low in words]

    @cached_property
    def called(self) -> list[tuple[int, str]]:
        """The names that are given outright: called, named."""
        marks = self.behind("called", "named", "name", "names")
        return list(self.after(marks, named))

    @cached_property
    def pairs(self) -> dict[str, str]:
        """`KEY=VALUE`, and `key K value V`, `K set to V`, `K: V` of what looks like a key."""
        found = {}
        for token in self.tokens:
            name, equals, value = token.text.partition("=")
            if equals and not token.quoted:
                found[name] = value
        found.update(self._spelled_pairs())
        return found

    def _spelled_pairs(self) -> Iterator[tuple[str, str]]:
        lows = [one.low for one in self.tokens]
        for place, low in enumerate(lows):
            text = self.tokens[place].text
            if low in ("key", "variable", "entry", "env") and place + 1 < len(lows):
                yield from self._pair(place + 1, self.tokens[place + 1].text)
            elif (re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", text) and "_" in text) or (
                re.fullmatch(r"[A-Z]{3,}", text)
                and place + 1 < len(lows)
                and lows[place + 1] in ("to", "set", "=", "as", "is", "be")
            ):
                yield from self._pair(place, text)

    def _pair(self, place: int, key: str) -> Iterator[tuple[str, str]]:
        joins = (
            *("set", "to", "value", "with", "the", "is", "as", "of", "=", "and", "being", "a"),
            *("be", "must", "should"),
        )
        at = place + 1
        joined = False
        while at < len(self.tokens) and self.tokens[at].low in joins and at < place + 5:
            joined = joined or self.tokens[at].low not in ("and", "with", "the", "a")
            at += 1
        if joined and at < len(self.tokens) and self.tokens[at].text not in (",", ";", "."):
            yield key.split("=")[0], self.tokens[at].text

    def segment(self, place: int) -> Span:
        """The stretch around a place between commas and the like."""
        marks = [i for i, one in enumerate(self.tokens) if one.text in (",", ";", ".", "(", ")")]
        start = max((i + 1 for i in marks if i <= place), default=0)
        stop = min((i for i in marks if i > place), default=len(self.tokens))
        return Span(start, stop)


def named(text: str) -> bool:
    """Whether a text can be an object's name."""
    return bool(_NAME.fullmatch(text)) and len(text) <= 63


def ordinary(low: str) -> bool:
    """Whether a word is of everyday language or the trade, so that it names nothing."""
    return low in ORDINARY or stem(low) in _ordinary_stems() or not named(low)


def image(text: str) -> bool:
    """Whether a text has the form of an image's reference with a tag or a path."""
    whole = bool(_IMAGE.fullmatch(text)) and not text.startswith("/")
    return whole and (("/" in text and not text.endswith("/")) or _tagged(text))


def _tagged(text: str) -> bool:
    name, colon, tag = text.rpartition(":")
    return (
        bool(colon)
        and bool(tag)
        and not name.replace(".", "").isdigit()
        and bool(re.search(r"[a-z]", name))
    )


@cache
def _ordinary_stems() -> frozenset[str]:
    single = (phrase for phrases in CONCEPTS.values() for phrase in phrases if " " not in phrase)
    return frozenset(stem(word.removeprefix("=")) for word in single)


@cache
def _phrases() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """Each concept's phrases by their first stem."""
    found: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for concept, phrases in CONCEPTS.items():
        for phrase in phrases:
            words = tuple(word if word[0] == "=" else stem(word) for word in phrase.split())
            found.setdefault(words[0], []).append((words, concept))
    return found


def _starting(words: tuple[str, ...], lows: tuple[str, ...]) -> list[tuple[str, int]]:
    """The concepts whose phrases begin here, each with how long the longest of them is."""
    best: dict[str, int] = {}
    exactly = _phrases().get(f"={lows[0]}", ())
    best |= dict.fromkeys((concept for _, concept in exactly), 1)
    for phrase, concept in _phrases().get(words[0], ()):
        if words[: len(phrase)] == phrase:
            best[concept] = max(best.get(concept, 0), len(phrase))
    return list(best.items())


def joined(tokens: Sequence[Token]) -> str:
    """Tokens as a text to read."""
    return " ".join(one.text for one in tokens)
