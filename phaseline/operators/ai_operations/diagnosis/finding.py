"""What a rule finds: a cause with its evidence, and the change that repairs it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, edited, ref

if TYPE_CHECKING:
    from phaseline.operators.ai_operations.snapshot.model import Snapshot

# The least confidence with which a change is offered to be applied without more being said.
SURE = 0.6


@dataclass(frozen=True)
class Edit:
    """One object as it is and as it should be.

    Attributes:
        before: None for one to be made. after: None for one to be removed.
        what: the change in words, without any value that may be secret.
    """

    target: Ref
    before: Object | None
    after: Object | None
    what: str


def change(one: Object, what: str, by: Callable[[Any], None]) -> Edit:
    """An edit of an object that is there."""
    return Edit(ref(one), one, edited(one, by), what)


def creation(one: Object, what: str) -> Edit:
    """An edit that makes an object."""
    return Edit(ref(one), None, one, what)


@dataclass(frozen=True, kw_only=True)
class Cause:
    """Why something does not work.

    Attributes:
        rule: the name of the rule that found it.
        subject: the object at fault: the owner of pods, not one of them.
        what: the cause in one sentence.
        evidence: what was seen, a line each; texts of the cluster's are quoted there.
        edits: what repairs it; none where a person has to decide or to know something.
        advice: what to do where there is no edit, or what to look at besides.
        confidence: from 0 to 1, that this is the cause and the edits are right.
        symptom: it is what something else leads to, and a cause only where nothing else is found.
        about: what else is at fault or missing, such as the Secret that a Deployment names.
    """

    rule: str
    subject: Ref
    what: str
    evidence: tuple[str, ...] = ()
    edits: tuple[Edit, ...] = ()
    advice: str = ""
    confidence: float = 0.9
    symptom: bool = False
    about: tuple[Ref, ...] = ()


@dataclass(frozen=True)
class Rule:
    """One way in which things go wrong.

    Attributes:
        looks_at: the kinds that it reads, for people.
        find: the causes of this kind in one namespace.
    """

    name: str
    looks_at: tuple[str, ...]
    find: Callable[[Snapshot, str], Iterator[Cause]]
