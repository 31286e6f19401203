"""Blue and green: a Service is pointed to the pods of another version."""

from __future__ import annotations

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.targets import mentioned
from phaseline.operators.ai_operations.planner.world import ALIKE, WORKLOADS, single
from phaseline.operators.ai_operations.plans.model import (
    EndpointsReady,
    FieldEquals,
    ObjectReference,
    Patch,
    Wish,
)
from phaseline.operators.ai_operations.view import Object


def _read(clause: Clause) -> Reading:
    """The labels in which the Service's selector and the new pods differ are those to change."""
    service = _service(clause)
    selector = dict(service["spec"].get("selector") or {})
    labels, name = _labels(clause, selector)
    changed = {k: labels[k] for k in selector if k in labels and labels[k] != selector[k]}
    gone = [k for k in selector if k not in labels]
    if not changed and not gone:
        raise NotUnderstood(f"the service leads to {name} already")
    one = ObjectReference.to(service, "Service")
    patch = {"spec": {"selector": {**changed, **dict.fromkeys(gone)}}}
    wishes: list[Wish] = [
        FieldEquals(target=one, path=("spec", "selector", k), value=v) for k, v in changed.items()
    ]
    wishes.append(EndpointsReady(target=one))
    says = f"point {one} to {name} ({', '.join(f'{k}={v}' for k, v in changed.items())})"
    change = Patch(target=one, patch=patch, strategy="merge", reason="another version serves")
    return Reading(says, (change,), tuple(wishes), about=one)


def _service(clause: Clause) -> Object:
    """The Service that is named; else the only one that leads to a sibling of the new pods."""
    found = [m for m in mentioned(clause, ("Service",)) if m.sure >= ALIKE] or (
        mentioned(clause, ("Service",))
    )
    if one := single(found, "service"):
        listed = clause.world.inside("Service", one.target.namespace)
        return next(o for o in listed if o["metadata"]["name"] == one.target.name)
    candidates = [
        o
        for o in clause.world.inside("Service", clause.namespace)
        if (o["spec"].get("selector") and o["metadata"]["name"] != "kubernetes")
    ]
    if len(candidates) == 1:
        return candidates[0]
    raise Missing("which service")


def _labels(clause: Clause, selector: dict[str, str]) -> tuple[dict[str, str], str]:
    """The labels of the pods that are to serve: of a workload that is named, or told by a word.

    Raises:
        Missing: neither is there. NotUnderstood: several are as likely.
    """
    templates = {
        one["metadata"]["name"]: one["spec"]["template"]["metadata"].get("labels", {})
        for kind in WORKLOADS
        for one in clause.world.inside(kind, clause.namespace)
    }
    others = {n: have for n, have in templates.items() if not selector.items() <= have.items()}
    words = _wanted(clause)
    by_name = [n for n in others if n in words]
    by_label = [
        n for n, have in others.items() if set(have.values()) & words and _family(have, selector)
    ]
    by_part = [n for n in others if set(n.split("-")) & words and _family(others[n], selector)]
    for found in (by_name, by_label, by_part):
        if len(found) == 1:
            return others[found[0]], found[0]
        if len(found) > 1:
            raise NotUnderstood("which version is to serve is not clear", why=", ".join(found))
    siblings = [n for n, have in others.items() if _family(have, selector) and selector]
    if len(siblings) == 1 and clause.sentence.word("other", "new", "newer", "idle", "standby"):
        return others[siblings[0]], siblings[0]
    if any(n in words for n in templates):
        raise NotUnderstood("the service leads there already")
    raise Missing("to which version")


def _family(labels: dict[str, str], selector: dict[str, str]) -> bool:
    """Whether pods carry the keys that the Service selects by, and one of its values too."""
    shared = [k for k in selector if labels.get(k) == selector[k]]
    return set(selector) <= set(labels) and (bool(shared) or len(selector) == 1)


def _wanted(clause: Clause) -> set[str]:
    """The words that tell the new version: those behind "to", else all but those behind "from"."""
    lows = [one.low for one in clause.sentence.tokens]
    behind_to = set[str]()
    for place, low in enumerate(lows):
        if low in ("to", "onto", "with", "at", "=>", "->"):
            behind_to |= set(lows[place + 1 : place + 4])
    from_ = {
        lows[i + k]
        for i, low in enumerate(lows)
        for k in (1, 2)
        if low == "from" and i + k < len(lows)
    }
    return (behind_to or set(lows)) - from_ - {"the", "and", "version", "", "from"}


INTENT = Intent(
    name="switch a service to another version",
    cues={"bluegreen": 3, "traffic": 1, "update": 1, "service": 0.5, "image": -0.5, "canary": -1,
          "create": -0.5, "expose": -0.5},
    all_of=(("bluegreen", "traffic"), ("bluegreen", "update", "promote")),
    none_of=("why", "delete", "restart", "scaling", "replicas"),
    read=_read,
    examples=("switch the traffic of shop to green",),
)  # fmt: skip
