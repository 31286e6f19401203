"""Requests and limits, ports, durations, schedules and counts, as a clause tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.words import Quantity

Resources = dict[str, dict[str, str]]
_COUNTED = ("replica", "replicas", "copies", "copy", "instances", "instance", "pods", "workers")
_BREAKS = (",", ";", "and", "with", ".", "(", ")")


def resources(sentence: Sentence) -> Resources:
    """`requests` and `limits` by resource; an amount that says neither is both."""
    found: Resources = {}
    last = ""
    for one in sentence.quantities:
        if _is_storage(sentence, one):
            continue
        last = _mode(sentence, one) or last
        for mode in (last,) if last else ("requests", "limits"):
            found.setdefault(mode, {})[one.of] = one.text
    return found


def _mode(sentence: Sentence, one: Quantity) -> str:
    """Whether an amount is requested or a limit: by the word before it, else the one behind it."""
    modes = {"request": "requests", "limit": "limits"}
    places = [
        (s.start, mode) for word, mode in modes.items() for s in sentence.concepts.get(word, ())
    ]
    start = max((i for i in range(one.start) if sentence.tokens[i].text in _BREAKS), default=-1)
    stop = min(
        (i for i in range(one.stop, len(sentence.tokens)) if sentence.tokens[i].text in _BREAKS),
        default=len(sentence.tokens),
    )
    before = [pair for pair in places if start < pair[0] < one.start]
    behind = [pair for pair in places if one.stop <= pair[0] < stop]
    return max(before)[1] if before else min(behind)[1] if behind else ""


def _is_storage(sentence: Sentence, one: Quantity) -> bool:
    """Whether an amount of bytes is of a disk: the nearest noun says so."""
    around = [
        sentence.tokens[i].low
        for i in range(max(0, one.start - 4), min(one.stop + 4, len(sentence.tokens)))
    ]
    disk = {"storage", "disk", "volume", "pvc", "claim", "space", "persistent", "volumes", "room"}
    return one.of == "memory" and bool(disk & set(around)) and not {"memory", "ram"} & set(around)


def storage(sentence: Sentence) -> str:
    """The size of a disk; "" where none is told."""
    sizes = [one.text for one in sentence.quantities if one.of == "memory"]
    of_disk = [o.text for o in sentence.quantities if o.of == "memory" and _is_storage(sentence, o)]
    return (of_disk or sizes or [""])[0]


def ports(sentence: Sentence) -> list[int]:
    """The numbers that are ports, in their order."""
    found: list[int] = []
    for place, token in enumerate(sentence.tokens):
        if token.low in ("port", "ports"):
            found += list(_run(sentence, place + 1))
        elif match := re.fullmatch(r":?(\d{2,5})/(tcp|udp)|:(\d{2,5})", token.low):
            found.append(int(match[1] or match[3]))
    found += [n for n in _bare(sentence) if n not in found]
    return [one for one in found if 0 < one < 65536]


def _run(sentence: Sentence, place: int) -> Iterator[int]:
    """Numbers one after another: 80, 443 and 8080."""
    joins = (",", "and", "number", "of", "is", "to", "=", "the", "on", "at", "targetport", "target")
    while place < len(sentence.tokens):
        low = sentence.tokens[place].low
        if low.isdigit():
            yield int(low)
        elif match := re.fullmatch(r"(\d+)(:|->)(\d+)", low):
            yield from (int(match[1]), int(match[3]))
        elif low not in joins:
            return
        place += 1


def _bare(sentence: Sentence) -> Iterator[int]:
    """Numbers after words that take a port: listening on 8080, going to 8080."""
    marks = ("listening", "listens", "on", "at", "to", "exposing", "serving", "expose", "->")
    for place, token in enumerate(sentence.tokens):
        large = token.low.isdigit() and (int(token.low) >= 1000 or token.low in ("80", "443", "53"))
        if place and large and sentence.tokens[place - 1].low in marks:
            yield int(token.low)


def count(sentence: Sentence) -> int | None:
    """How many replicas: the number that counts them; None where none does."""
    for one in sentence.numbers:
        following = [
            sentence.tokens[i].low for i in range(one.stop, min(one.stop + 3, len(sentence.tokens)))
        ]
        counted = [word for word in following[:3] if word in _COUNTED]
        near = following[:1] and following[0] in (*_COUNTED, "more", "additional", "extra", "fewer")
        if not one.percent and one.value.denominator == 1 and (counted or near):
            between = following[: following.index(counted[0])] if counted else []
            if not {"with", "and", ","} & set(between):
                return int(one.value)
    for mark in sentence.behind("replicas", "copies", "scale", "instances", "replica"):
        for one in sentence.numbers:
            joins = {sentence.tokens[i].low for i in range(mark, one.start)}
            if (
                mark <= one.start <= mark + 2
                and not one.percent
                and joins <= {"to", "of", "=", "at"}
            ):
                return int(one.value)
    return None


_SECONDS = {"s": 1, "second": 1, "minute": 60, "m": 60, "min": 60, "hour": 3600, "h": 3600}
_SECONDS |= {"sec": 1, "day": 86400, "d": 86400}


def seconds(sentence: Sentence, *marks: str) -> int | None:
    """A time after one of the words `marks`: every 5 seconds, after 10s."""
    for mark in sentence.behind(*marks):
        for place in range(mark, min(mark + 4, len(sentence.tokens))):
            low = sentence.tokens[place].low
            if match := re.fullmatch(r"(\d+)(s|m|h|d|sec|min)", low):
                return int(match[1]) * _SECONDS[match[2]]
            for one in sentence.numbers:
                unit = (
                    sentence.tokens[one.stop].low.rstrip("s")
                    if one.stop < len(sentence.tokens)
                    else ""
                )
                if one.start == place and unit in _SECONDS:
                    return int(one.value * _SECONDS[unit])
    return None


_CRON = re.compile(r"([\d*/,-]+\s+){4}[\w*/,-]+|@(hourly|daily|weekly|monthly|yearly)")
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")


def schedule(sentence: Sentence) -> str:
    """A schedule as cron writes it (https://en.wikipedia.org/wiki/Cron); "" where none is told."""
    for token in sentence.tokens:
        if token.quoted and _CRON.fullmatch(token.text.strip()):
            return token.text.strip()
    plain = " ".join(token.text for token in sentence.tokens)
    if match := _CRON.search(plain):
        return match[0]
    return _spoken(sentence)


def _spoken(sentence: Sentence) -> str:
    lows = [one.low for one in sentence.tokens]
    minute, hour = _clock(sentence)
    for place, low in enumerate(lows):
        told = low in ("every", "each") and place + 1 < len(lows)
        if told and (found := _every(sentence, place + 1, minute, hour)):
            return found
    words = set(lows)
    if "hourly" in words:
        return "0 * * * *"
    if "weekly" in words:
        return f"{minute} {hour} * * 0"
    if "monthly" in words:
        return f"{minute} {hour} 1 * *"
    return f"{minute} {hour} * * *" if words & {"daily", "nightly", "midnight"} else ""


def _every(sentence: Sentence, place: int, minute: int, hour: int) -> str:
    low = sentence.tokens[place].low
    step = next((int(one.value) for one in sentence.numbers if one.start == place), 1)
    unit = (
        low
        if step == 1 and not low.isdigit()
        else sentence.tokens[min(place + 1, len(sentence.tokens) - 1)].low
    )
    if low in ("other", "second"):
        step, unit = 2, sentence.tokens[min(place + 1, len(sentence.tokens) - 1)].low
    if unit.startswith("min"):
        return f"*/{step} * * * *" if step > 1 else "* * * * *"
    if unit.startswith("hour"):
        return f"0 */{step} * * *" if step > 1 else "0 * * * *"
    if unit.rstrip("s") in ("day", "night", "morning", "evening"):
        return f"{minute} {hour} */{step} * *" if step > 1 else f"{minute} {hour} * * *"
    if unit in ("weekday", "weekdays"):
        return f"{minute} {hour} * * 1-5"
    if unit.rstrip("s") == "week":
        return f"{minute} {hour} * * 0"
    if unit.rstrip("s") == "month":
        return f"{minute} {hour} 1 * *"
    day = unit.rstrip("s")
    return f"{minute} {hour} * * {_DAYS.index(day)}" if day in _DAYS else ""


def _clock(sentence: Sentence) -> tuple[int, int]:
    """The time of day: at 2am, at 03:30, at half past two; midnight where none is told."""
    for place in sentence.behind("past"):
        part = {"half": 30, "quarter": 15, "ten": 10}.get(sentence.tokens[max(place - 2, 0)].low)
        hours = [int(one.value) for one in sentence.numbers if one.start == place]
        if part and hours:
            return part, hours[0] % 24
    for token in sentence.tokens:
        if match := re.fullmatch(r"(\d{1,2})(?::(\d\d))?(am|pm)", token.low):
            return int(match[2] or 0), int(match[1]) % 12 + (12 if match[3] == "pm" else 0)
        if match := re.fullmatch(r"(\d{1,2}):(\d\d)", token.low):
            return int(match[2]), int(match[1])
    for mark in sentence.behind("at"):
        for one in sentence.numbers:
            if one.start == mark and one.value <= 23:
                behind = sentence.tokens[one.stop].low if one.stop < len(sentence.tokens) else ""
                return 0, int(one.value) % 12 + 12 if behind == "pm" else int(one.value)
    return 0, 12 if sentence.word("noon") else 0


def percent(sentence: Sentence) -> Fraction | None:
    """A percentage as a fraction; a half and a quarter are such."""
    for one in sentence.numbers:
        if one.percent:
            return one.value / 100
    words = {"half": Fraction(1, 2), "quarter": Fraction(1, 4), "third": Fraction(1, 3)}
    return next((words[one.low] for one in sentence.tokens if one.low in words), None)
