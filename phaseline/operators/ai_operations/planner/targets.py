"""The workloads that a clause is about."""

from __future__ import annotations

from collections.abc import Sequence

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.kinds import KINDS
from phaseline.operators.ai_operations.planner.intent import Clause, Missing
from phaseline.operators.ai_operations.planner.sentence import named, ordinary
from phaseline.operators.ai_operations.planner.world import (
    ALIKE,
    WORKLOADS,
    Mention,
    World,
    single,
)
from phaseline.operators.ai_operations.plans.model import ObjectReference
from phaseline.operators.ai_operations.view import Object

ALIASES = {alias: kind.name for kind in KINDS for alias in (*kind.aliases, kind.name.lower())}


def target(
    clause: Clause, kinds: Sequence[str] = WORKLOADS, *, exact: bool = False, what: str = "workload"
) -> ObjectReference:
    """The one object of these kinds that a clause is about.

    Raises:
        Missing: it names none. NotUnderstood: it names two, or one that is not there.
    """
    found = mentioned(clause, kinds)
    if one := single(_of_kind_said(clause, found), what, exact=exact):
        return one.target
    if described := _described(clause, kinds):
        return described
    if clause.about and clause.about.kind in kinds:
        return clause.about
    if guess := unknown_name(clause):
        _refuse(clause.world, kinds, guess)
    if only := _only(clause, kinds):
        return only
    raise Missing(f"which {what}")


def targets(clause: Clause, kinds: Sequence[str] = WORKLOADS) -> list[ObjectReference]:
    """All objects that a clause names for certain, or that it calls all of them."""
    lows = {one.low for one in clause.sentence.tokens}
    if lows & {"all", "every", "each", "everything"} and lows & {
        "deployments",
        "deployment",
        "workloads",
        "apps",
        "services",
        "everything",
        "pods",
    }:
        found = [o for kind in kinds for o in clause.world.inside(kind, clause.namespace)]
        return [ObjectReference.to(one) for one in found]
    sure = [one for one in mentioned(clause, kinds) if one.sure >= ALIKE]
    places = {one.place for one in sure}
    if len(sure) > 1 and len(places) == len(sure):
        return [one.target for one in sorted(sure, key=lambda one: one.place)]
    return [target(clause, kinds)]


def mentioned(clause: Clause, kinds: Sequence[str]) -> list[Mention]:
    """What a clause names, without words that say something else: a namespace, an image."""
    skipped = _elsewhere(clause)
    found = clause.world.mentions(clause.sentence, kinds)
    return [one for one in found if one.place not in skipped]


def _elsewhere(clause: Clause) -> set[int]:
    sentence, skipped = clause.sentence, set[int]()
    for place, token in enumerate(sentence.tokens):
        following = sentence.tokens[place + 1].low if place + 1 < len(sentence.tokens) else ""
        before = sentence.tokens[place - 1].low if place else ""
        spaces = ("namespace", "ns")
        if token.low in clause.world.namespaces and (following in spaces or before in spaces):
            skipped.add(place)
    return skipped


def _of_kind_said(clause: Clause, found: list[Mention]) -> list[Mention]:
    """Where two kinds have an object of that name, the one whose kind was said."""
    said = {ALIASES[one.low] for one in clause.sentence.tokens if one.low in ALIASES}
    best = [one for one in found if one.sure == found[0].sure] if found else []
    chosen = [one for one in best if one.target.kind in said]
    return chosen if len(best) > 1 and chosen else found


def _described(clause: Clause, kinds: Sequence[str]) -> ObjectReference | None:
    """A workload told by the image that it runs, or by a label."""
    pairs = clause.sentence.pairs
    words = {one.low for one in clause.sentence.tokens}
    labelled = words & {"label", "labelled", "labeled", "labels"}
    running = words & {"running", "runs", "using", "uses"}
    found = []
    for kind in kinds:
        for one in clause.world.inside(kind, clause.namespace):
            labels = one["metadata"].get("labels", {})
            by_label = labelled and pairs and pairs.items() <= labels.items()
            images = {part for image in _images(one) for part in (image, _base(image))}
            if by_label or (running and words & images):
                found.append(ObjectReference.to(one))
    if len(found) > 1:
        names = ", ".join(map(str, found))
        raise NotUnderstood("which is meant is not clear", why=names, fix="name it in full")
    return found[0] if found else None


def _images(one: Object) -> list[str]:
    spec = one.get("spec", {}).get("template", {}).get("spec", {})
    return [each.get("image", "") for each in spec.get("containers", [])]


def _base(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[0]


def _only(clause: Clause, kinds: Sequence[str]) -> ObjectReference | None:
    """The only one there is, where the words say its kind with a "the" and no name."""
    words = [one.low for one in clause.sentence.tokens]
    said = any(
        word in ("it", "app", "application", "workload", *ALIASES) and place
        for place, word in enumerate(words)
    )
    space = clause.world.namespace
    found = [one for kind in kinds for one in clause.world.inside(kind, space)] if space else []
    return ObjectReference.to(found[0]) if said and len(found) == 1 else None


def unknown_name(clause: Clause) -> str:
    """A word that can only be a name, of something that is not there; "" where none is."""
    for place, token in enumerate(clause.sentence.tokens):
        low = token.low
        if not low or ordinary(low) or not named(low) or low[0].isdigit() or len(low) < 2:
            continue
        before = clause.sentence.tokens[place - 1].low if place else ""
        if before in ("the", "deployment", "app", "scale", "restart", "of", "service", "delete"):
            return token.text
    return ""


def _refuse(world: World, kinds: Sequence[str], name: str) -> None:
    """Say what is there instead.

    Raises:
        NotUnderstood: always.
    """
    there = sorted({one["metadata"]["name"] for kind in kinds for one in world.inside(kind)})
    where = f" in {world.namespace}" if world.namespace else ""
    listed = ", ".join(there[:12]) or "nothing of that kind"
    raise NotUnderstood(f"there is no {name}{where}", why=f"there are: {listed}")
