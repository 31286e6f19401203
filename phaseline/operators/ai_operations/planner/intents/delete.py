"""Removing an object: one kind, its name in full, nothing that is only like it."""

from __future__ import annotations

import itertools

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.sentence import named
from phaseline.operators.ai_operations.planner.targets import ALIASES, mentioned, unknown_name
from phaseline.operators.ai_operations.planner.world import ALIKE, EXACT, Mention
from phaseline.operators.ai_operations.plans.model import Absent, Delete, ObjectReference

_KINDS = (
    "Deployment", "StatefulSet", "DaemonSet", "Pod", "Service", "ConfigMap", "Secret", "Job",
    "CronJob", "PersistentVolumeClaim", "HorizontalPodAutoscaler", "NetworkPolicy", "Ingress",
    "ResourceQuota", "LimitRange", "Role", "RoleBinding", "ServiceAccount", "Namespace",
    "PodDisruptionBudget",
)  # fmt: skip
_MANY = ("all", "every", "everything", "each", "any", "unused", "old")


def _read(clause: Clause) -> Reading:
    if _many(clause):
        raise NotUnderstood("several at once are not removed", fix="name each object in full")
    kinds = _said(clause) or _KINDS
    if kinds == ("Namespace",):
        return _namespace(clause)
    found = [one for one in mentioned(clause, kinds) if one.sure >= ALIKE]
    if not found:
        guess = unknown_name(clause)
        if near := mentioned(clause, kinds):
            why = f"nearest: {near[0].target}"
            raise NotUnderstood("nothing has that name in full", why=why, fix="name it in full")
        if guess:
            raise NotUnderstood(f"there is no {guess} to remove")
        raise Missing("what to remove")
    targets = _chosen(clause, found)
    return Reading(
        f"remove {', '.join(map(str, targets))}",
        tuple(Delete(target=one) for one in targets),
        tuple(Absent(target=one) for one in targets),
    )


def _many(clause: Clause) -> bool:
    """Whether several are meant; "not any more" is no number of them."""
    tokens = clause.sentence.tokens
    for place, token in enumerate(tokens):
        following = tokens[place + 1].low if place + 1 < len(tokens) else ""
        if token.low in _MANY and not (token.low == "any" and following in ("more", "longer")):
            return True
    return False


def _namespace(clause: Clause) -> Reading:
    """A namespace, with all that is in it: its name stands beside the word."""
    sentence = clause.sentence
    marks = [*sentence.behind("namespace", "ns"), *sentence.behind("called", "named")]
    beside = [text for _, text in sentence.after(marks, named)]
    beside += [sentence.tokens[m - 2].text for m in sentence.behind("namespace", "ns") if m > 1]
    found = [name for name in beside if name in clause.world.namespaces]
    if not found:
        raise NotUnderstood("there is no such namespace to remove", fix="name it in full")
    target = ObjectReference(kind="Namespace", name=found[0])
    says = f"remove {target} with all that is in it"
    return Reading(says, (Delete(target=target),), (Absent(target=target),))


def _said(clause: Clause) -> tuple[str, ...]:
    """The kinds that are named; two words count as one: stateful set, config map."""
    lows = [one.low for one in clause.sentence.tokens]
    singles = [word for low in lows for word in (low, low.rstrip("s"))]
    pairs = [f"{a} {b}".rstrip("s") for a, b in itertools.pairwise(lows)]
    found = [ALIASES[word] for word in (*pairs, *singles) if word in ALIASES]
    if "in" in lows or "from" in lows:
        found = [kind for kind in found if kind != "Namespace"] or found
    if "CronJob" in found:
        found = [kind for kind in found if kind != "Job"]
    return tuple(dict.fromkeys(kind for kind in found if kind in _KINDS))


def _chosen(clause: Clause, found: list[Mention]) -> list[ObjectReference]:
    """One object for each name; never one of two that are called the same.

    Raises:
        NotUnderstood: two objects have that name.
    """
    exact = [one for one in found if one.sure == EXACT] or found
    by_place: dict[int, list[ObjectReference]] = {}
    for one in exact:
        by_place.setdefault(one.place, []).append(one.target)
    chosen = []
    for listed in by_place.values():
        if len(listed) > 1:
            names = ", ".join(map(str, listed))
            fix = "say of which kind, and in which namespace"
            raise NotUnderstood("which is to be removed is not clear", why=names, fix=fix)
        chosen += listed
    return chosen


INTENT = Intent(
    name="remove an object",
    cues={
        "delete": 3.5,
        "copies": -2.5,
        "create": -1,
        "image": -0.5,
        "traffic": -0.5,
        "undo": -1,
    },
    all_of=(("delete",),),
    none_of=("why",),
    read=_read,
    examples=("delete the deployment old-web",),
)
