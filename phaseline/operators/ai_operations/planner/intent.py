"""What an intent is: words that hint at it, and what it makes of a clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.sentence import Sentence
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.plans.model import ObjectReference, Operation, Wish


class Missing(Exception):
    """A clause lacks what an intent needs; says what."""


@dataclass(frozen=True)
class Reading:
    """What a clause was taken to mean, in one sentence, and what it comes to.

    Attributes:
        about: the workload or other object that "it" in a later clause stands for.
    """

    says: str
    operations: tuple[Operation, ...] = ()
    wishes: tuple[Wish, ...] = ()
    explanation: tuple[str, ...] = ()
    about: ObjectReference | None = None


@dataclass(frozen=True)
class Clause:
    """A clause to be read, in its place.

    Attributes:
        namespace: where objects are made; about: what "it" stands for.
    """

    sentence: Sentence
    world: World
    namespace: str
    about: ObjectReference | None = None


@dataclass(frozen=True, kw_only=True)
class Intent:
    """One thing that can be asked for.

    Attributes:
        name: for messages; cues: what each concept counts for or against it.
        all_of: of each of these groups of concepts one must occur; none_of: none of these may.
        examples: how it may be said; each is a test.
        read: makes a reading of a clause, or raises `Missing`.
    """

    name: str
    cues: Mapping[str, float]
    read: Callable[[Clause], Reading]
    examples: tuple[str, ...]
    all_of: tuple[tuple[str, ...], ...] = ()
    none_of: tuple[str, ...] = field(default=())

    def score(self, sentence: Sentence) -> float:
        """How much of a clause speaks for this intent; 0 where it cannot be it."""
        if sentence.has(*self.none_of):
            return 0.0
        if not all(sentence.has(*group) for group in self.all_of):
            return 0.0
        return sum(weight for concept, weight in self.cues.items() if sentence.has(concept))


__all__ = ["Clause", "Intent", "Missing", "NotUnderstood", "Reading"]
