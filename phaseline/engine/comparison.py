"""What a replayed step has left, compared with what was recorded of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from phaseline.engine import difference
from phaseline.engine.graph import Kind, Step
from phaseline.engine.outcome import Ending, Outcome
from phaseline.engine.paths import ABSENT
from phaseline.engine.record import Record
from phaseline.engine.recorded import Fact
from phaseline.engine.separate import Separate


class Verdict(StrEnum):
    """How one output compares."""

    IDENTICAL = "identical"
    DIFFERS = "differs"
    ENDED = "ended alike"
    """nothing but the good end of the step can be compared"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that was compared.

    Attributes:
        output: a file's path, `identity NAME`, `live NAME`, `ending`, or an input that was changed.
        difference: readable; empty where there is none.
    """

    step: str
    output: str
    verdict: Verdict
    difference: str = ""


# From the name of a thing that was made, such as an image's ID, to lines that tell what it holds;
# none where that is not known.
Listing = Callable[[str], list[str]]


def compare(
    step: Step,
    fact: Fact,
    outcome: Outcome,
    redone: Record | None,
    place: Separate,
    listing: Listing,
) -> Iterator[Row]:
    """What `step` has left in `place`, output by output.

    Files and identities of a make step, the projection of any other; its ending where it was not
    good, or where there is no projection.
    """
    if outcome.ending is not Ending.DONE or redone is None:
        yield Row(
            step=step.id, output="ending", verdict=Verdict.DIFFERS, difference=_ending(outcome)
        )
    elif step.kind is Kind.MAKE:
        yield from _files(step, fact.outputs, redone.outputs, place)
        yield from _names(step, "identity", fact.identity, redone.identity, listing)
    elif fact.projection and step.projection:
        yield from _names(step, "live", fact.projection, redone.projection)
    else:
        yield Row(step=step.id, output="ending", verdict=Verdict.ENDED)


def counts(rows: Sequence[Row]) -> dict[Verdict, int]:
    """How many rows have each verdict."""
    return {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}


def _files(
    step: Step, before: Mapping[str, str], after: Mapping[str, str], place: Separate
) -> Iterator[Row]:
    for name in sorted(before.keys() | after.keys()):
        digests = before.get(name, ABSENT), after.get(name, ABSENT)
        told = "" if digests[0] == digests[1] else _told(place, name, *digests)
        yield _row(step, name, told)


def _names(
    step: Step,
    kind: str,
    before: Mapping[str, str],
    after: Mapping[str, str],
    listing: Listing = lambda name: [],
) -> Iterator[Row]:
    for name in sorted(before.keys() | after.keys()):
        first, second = before.get(name, ABSENT), after.get(name, ABSENT)
        told = "" if first == second else _parted(first, second, listing)
        yield _row(step, f"{kind} {name}", told)


def _parted(first: str, second: str, listing: Listing) -> str:
    told = f"recorded {first}\nreplayed {second}"
    before, after = listing(first), listing(second)
    return f"{told}\n{difference.of_lines(before, after)}" if before and after else told


def _row(step: Step, output: str, told: str) -> Row:
    verdict = Verdict.DIFFERS if told else Verdict.IDENTICAL
    return Row(step=step.id, output=output, verdict=verdict, difference=told)


def _ending(outcome: Outcome) -> str:
    told = str(outcome.error) if outcome.error else outcome.reason or outcome.summary
    return f"recorded done, replayed {outcome.ending}: {told}"


def _told(place: Separate, name: str, before: str, after: str) -> str:
    if after == ABSENT:
        return "recorded, and not made when replayed"
    if before == ABSENT:
        return "not recorded, and made when replayed"
    if not os.path.lexists(place.recorded / name):
        digests = f"recorded {before[:12]}, replayed {after[:12]}"
        return f"{digests}; the recorded content is no longer there"
    return difference.between(place.recorded / name, place.root / name)
