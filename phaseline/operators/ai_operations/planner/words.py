"""A request as tokens, numbers and quantities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

_SHAPES = re.compile(
    r"(?P<quoted>\"[^\"]*\"|`[^`]*`|(?<![\w])'[^']*'(?!\w))"
    r"|(?P<pair>[A-Za-z_][\w.-]*=(?:\"[^\"]*\"|'[^']*'|[^\s,;]+))"
    r"|(?P<mark>[,;()\n])"
    r"|(?P<word>[^\s,;()\"]+)"
)
_ENDS = ".?!:"
_SHORT = {
    "n't": "not",
    "'s": "",
    "'re": "are",
    "'d": "",
    "'ll": "will",
    "'ve": "have",
    "'m": "",
}
_WHOLE = {"won't": ("will", "not"), "can't": ("can", "not"), "cannot": ("can", "not")}
_STEMS = ("ing", "ed", "es", "s", "e")


@dataclass(frozen=True)
class Token:
    """One word: as it stands, and in lower case. `end` is a mark that ended a sentence."""

    text: str
    quoted: bool = False
    end: bool = False

    @property
    def low(self) -> str:
        """In lower case; a quoted text is no word."""
        return "" if self.quoted else self.text.lower()


def tokens(text: str) -> list[Token]:
    """The words of a request; marks between clauses are tokens of their own."""
    found: list[Token] = []
    for match in _SHAPES.finditer(text.replace("\u2019", "'")):
        word = match[0]
        if match["quoted"]:
            found.append(Token(word[1:-1], quoted=True))
        elif match["pair"]:
            name, _, value = word.rstrip(_ENDS).partition("=")
            found.append(Token(f"{name}={value.strip(chr(34) + chr(39))}"))
        elif match["mark"]:
            found.append(Token(";" if word == "\n" else word))
        else:
            found += _word(word)
    return found


def _word(word: str) -> Iterator[Token]:
    bare = word.rstrip(_ENDS)
    if not bare:
        return
    if bare.lower() in _WHOLE:
        yield from (Token(part) for part in _WHOLE[bare.lower()])
    else:
        yield from _parts(bare)
    if word[len(bare) :].strip(":"):
        yield Token(".", end=True)


def _parts(word: str) -> Iterator[Token]:
    for tail, meant in _SHORT.items():
        if word.lower().endswith(tail) and len(word) > len(tail):
            yield Token(word[: -len(tail)])
            if meant:
                yield Token(meant)
            return
    yield Token(word)


def stem(word: str) -> str:
    """A word without its ending, so that forms of it are equal; no linguistics."""
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    for tail in _STEMS:
        if word.endswith(tail) and len(word) - len(tail) >= 3:
            return word[: -len(tail)]
    return word


_UNITS = {
    name: number
    for number, name in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
}
_TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
_OTHERS = {"dozen": 12, "couple": 2, "pair": 2, "single": 1, "hundred": 100, "no": 0, "none": 0}


@dataclass(frozen=True)
class Number:
    """A number at a place: from token `start` up to `stop`."""

    start: int
    stop: int
    value: Fraction
    percent: bool = False


def numbers(words: Sequence[Token]) -> list[Number]:
    """The numbers of a request: digits, words, percentages."""
    found, place = [], 0
    while place < len(words):
        if one := _number(words, place):
            found.append(one)
            place = one.stop
        else:
            place += 1
    return found


def _number(words: Sequence[Token], place: int) -> Number | None:
    low = words[place].low
    percent = low.endswith("%")
    digits = low.removesuffix("%").removesuffix("x")
    if re.fullmatch(r"\d+(\.\d+)?", digits):
        value, stop = Fraction(digits), place + 1
    elif (spelled := _spelled(low)) is not None:
        value, stop = Fraction(spelled), place + 1
        if low in _TENS and stop < len(words) and 0 < _UNITS.get(words[stop].low, 0) < 10:
            value, stop = value + _UNITS[words[stop].low], stop + 1
    else:
        return None
    following = words[stop].low if stop < len(words) else ""
    if following in ("percent", "per", "%", "pct"):
        two = following == "per" and stop + 1 < len(words) and words[stop + 1].low == "cent"
        percent, stop = percent or following != "per" or two, stop + (2 if two else 1)
    return Number(place, stop, value, percent)


def _spelled(low: str) -> int | None:
    for table in (_UNITS, _TENS, _OTHERS):
        if low in table:
            return table[low]
    first, _, last = low.partition("-")
    if first in _TENS and 0 < _UNITS.get(last, 0) < 10:
        return _TENS[first] + _UNITS[last]
    return None


@dataclass(frozen=True)
class Quantity:
    """An amount of `cpu` or `memory`, as Kubernetes writes it."""

    start: int
    stop: int
    of: str
    text: str


_WRITTEN_AS = {
    "Ki": ("ki", "kib", "kb"),
    "Mi": ("mi", "mib", "mb", "megabyte", "megabytes", "meg", "megs", "mebibytes", "mebibyte"),
    "Gi": ("gi", "gib", "gb", "gigabyte", "gigabytes", "gig", "gigs", "gibibytes", "g", "gibibyte"),
    "Ti": ("ti", "tib", "tb", "terabyte"),
}
_BYTES = {name: unit for unit, names in _WRITTEN_AS.items() for name in names}
_CORES = {"cpu", "cpus", "core", "cores", "vcpu", "vcpus", "processor", "processors"}
_MILLI = {"m", "millicore", "millicores", "millicpu", "mcpu"}
_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "third": Fraction(1, 3)}
_FILL = {"a", "an", "of", "one"}
_WRITTEN = re.compile(r"(\d+(?:\.\d+)?)([a-z]+)")


def quantities(words: Sequence[Token]) -> list[Quantity]:
    """The amounts of processor and memory in a request."""
    found, place = [], 0
    while place < len(words):
        one = _written(words, place) or _worded(words, place)
        if one:
            found.append(one)
        place = one.stop if one else place + 1
    return found


def _written(words: Sequence[Token], place: int) -> Quantity | None:
    """`256Mi`, `500m`, `0.5cpu`."""
    match = _WRITTEN.fullmatch(words[place].low)
    if not match:
        return None
    return _amount(place, place + 1, Fraction(match[1]), match[2])


def _worded(words: Sequence[Token], place: int) -> Quantity | None:
    """`half a core`, `2 gigabytes`, `one and a half cores`, `a core`."""
    number = _number(words, place)
    if number and not number.percent:
        value, stop = number.value, number.stop
        if [w.low for w in words[stop : stop + 3]] == ["and", "a", "half"]:
            value, stop = value + Fraction(1, 2), stop + 3
    elif words[place].low in _PARTS:
        value, stop = _PARTS[words[place].low], place + 1
    elif words[place].low in ("a", "an") and place + 1 < len(words):
        value, stop = Fraction(1), place + 1
        if words[stop].low in _PARTS:
            value, stop = _PARTS[words[stop].low], stop + 1
    else:
        return None
    fraction = value.denominator != 1
    while fraction and stop < len(words) and words[stop].low in _FILL:
        stop += 1
    return _amount(place, stop + 1, value, words[stop].low) if stop < len(words) else None


def _amount(start: int, stop: int, value: Fraction, unit: str) -> Quantity | None:
    if unit in _CORES or unit in _MILLI:
        milli = value if unit in _MILLI else value * 1000
        whole = milli.denominator == 1 and milli % 1000 == 0
        text = str(milli / 1000) if whole else f"{round(milli)}m"
        return Quantity(start, stop, "cpu", text)
    if unit not in _BYTES:
        return None
    suffix = _BYTES[unit]
    if value.denominator != 1 and suffix in ("Gi", "Ti", "Mi"):
        smaller = {"Ti": "Gi", "Gi": "Mi", "Mi": "Ki"}[suffix]
        return Quantity(start, stop, "memory", f"{round(value * 1024)}{smaller}")
    return Quantity(start, stop, "memory", f"{value}{suffix}")
