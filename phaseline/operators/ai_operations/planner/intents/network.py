"""Network policies: nothing comes in, or only from some, on some ports."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.amounts import ports
from phaseline.operators.ai_operations.planner.containers import workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.names import new_name
from phaseline.operators.ai_operations.planner.targets import mentioned
from phaseline.operators.ai_operations.planner.world import ALIKE, LIKELY, WORKLOADS
from phaseline.operators.ai_operations.plans.model import Create, Exists, ObjectReference

_ACTIVE = ("reach", "talk", "access", "connect", "call", "contact", "speak")


def _read(clause: Clause) -> Reading:
    to, sources = _ends(clause)
    if to is None and sources:
        raise Missing("to what")
    deny = clause.sentence.has("deny")
    egress = clause.sentence.word("egress", "outgoing", "outbound", "leave", "leaving")
    if not sources and not deny and not clause.sentence.has("only"):
        raise Missing("who may reach it, or that nobody may")
    base = f"{to.name}-" if to else ""
    fallback = (
        f"{base}allow-{sources[0].name}"
        if sources
        else f"{base}deny-all"
        if to
        else ("default-deny")
    )
    name = new_name(clause, ("networkpolicy", "netpol", "policy"), fallback)
    if (to and name == to.name) or any(name == one.name for one in sources):
        name = fallback
    spec: dict[str, Any] = {
        "podSelector": {"matchLabels": _labels(clause, to)} if to else {},
        "policyTypes": _types(clause, bool(sources), egress),
    }
    if sources:
        spec["ingress"] = [_rule(clause, sources)]
    one = manifest("NetworkPolicy", name, clause.namespace, spec=spec)
    target = ObjectReference.to(one)
    says = (
        f"let {', '.join(s.name for s in sources) or 'nothing'} reach {to.name if to else 'pods'}"
    )
    return Reading(
        f"{says} in {clause.namespace}", (Create(manifest=one),), (Exists(target=target),), about=to
    )


def _types(clause: Clause, sources: bool, egress: bool) -> list[str]:
    ingress = clause.sentence.word("ingress", "incoming", "inbound", "in") or sources
    both = clause.sentence.word("both") or (egress and ingress)
    return ["Ingress", "Egress"] if both else ["Egress"] if egress else ["Ingress"]


def _ends(clause: Clause) -> tuple[ObjectReference | None, list[ObjectReference]]:
    """Whom the policy protects, and who may reach it; in the order that the words have it."""
    sure = [m for m in mentioned(clause, (*WORKLOADS, "Service")) if m.sure >= LIKELY]
    if any(m.sure >= ALIKE for m in sure):
        sure = [m for m in sure if m.sure >= ALIKE]
    workloads: dict[int, ObjectReference] = {}
    for one in sure:
        if one.target.kind != "Service" or one.place not in workloads:
            workloads[one.place] = one.target
    workloads = {
        m.place: m.target for m in reversed(sure) if m.target.kind != "Service"
    } or workloads
    listed = [workloads[place] for place in sorted(workloads)]
    if not listed:
        return (clause.about if clause.about and clause.about.kind in WORKLOADS else None), []
    if len(listed) == 1:
        return listed[0], []
    after_from = [m for m in sorted(workloads) if _preposition(clause, m) == "from"]
    if after_from:
        sources = [workloads[place] for place in after_from]
        to = [one for one in listed if one not in sources]
        return (to[0], sources) if to else (None, sources)
    if clause.sentence.word(*_ACTIVE) or clause.sentence.word("to"):
        return listed[-1], listed[:-1]
    return listed[0], listed[1:]


def _preposition(clause: Clause, place: int) -> str:
    """The nearest of from and to, and the like, before a place."""
    words = [token.low for token in clause.sentence.tokens[:place]]
    return next((w for w in reversed(words) if w in ("from", "to", "into", "reach", "for")), "")


def _labels(clause: Clause, one: ObjectReference) -> dict[str, str]:
    """Those by which its pods are found."""
    spec = workload_of(clause, one)["spec"]
    selector = spec.get("selector", {})
    return dict(selector.get("matchLabels", {} if one.kind != "Service" else selector))


def _rule(clause: Clause, sources: list[ObjectReference]) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "from": [{"podSelector": {"matchLabels": _labels(clause, one)}} for one in sources]
    }
    if listed := ports(clause.sentence):
        rule["ports"] = [{"port": port, "protocol": "TCP"} for port in listed]
    return rule


INTENT = Intent(
    name="make a network policy",
    cues={"network": 2, "policy": 3, "deny": 1.5, "only": 1.5, "allowed": 1, "create": 0.5,
          "expose": -0.5, "image": -3, "role": -2, "account": -4, "replicas": -1, "resources": -3},
    all_of=(("network", "policy", "deny"),),
    none_of=("why", "delete", "account", "image", "bluegreen", "trouble", "resources"),
    read=_read,
    examples=(
        "block all incoming traffic in the namespace team-red",
        "allow only frontend to talk to backend on port 8080",
    ),
)  # fmt: skip
