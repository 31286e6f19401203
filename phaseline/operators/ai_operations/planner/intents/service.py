"""A Service in front of a workload."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.amounts import ports
from phaseline.operators.ai_operations.planner.containers import workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.planner.world import WORKLOADS
from phaseline.operators.ai_operations.plans.model import (
    Create,
    EndpointsReady,
    Exists,
    ObjectReference,
    Wish,
)
from phaseline.operators.ai_operations.view import Object

_KINDS = (*WORKLOADS, "Pod")


def _read(clause: Clause) -> Reading:
    one = target(clause, _of_kinds(clause))
    workload = workload_of(clause, one)
    name = _name(clause, one)
    if clause.world.find("Service", name, one.namespace) is not None:
        raise NotUnderstood(f"there is a Service {name} already", fix="give the new one a name")
    spec: dict[str, Any] = {"selector": _labels(workload), "ports": _ports(clause, workload)}
    if clause.sentence.has("headless"):
        spec["clusterIP"] = "None"
    elif clause.sentence.has("loadbalancer"):
        spec["type"] = "LoadBalancer"
    elif clause.sentence.has("nodeport"):
        spec["type"] = "NodePort"
    made = manifest("Service", name, one.namespace, spec=spec)
    service = ObjectReference.to(made)
    ready = workload["spec"].get("replicas", 1) != 0
    wish: Wish = EndpointsReady(target=service) if ready else Exists(target=service)
    first = spec["ports"][0]
    says = f"make {service} on port {first['port']}, to port {first['targetPort']} of {one}"
    return Reading(says, (Create(manifest=made),), (wish,), about=one)


def _of_kinds(clause: Clause) -> tuple[str, ...]:
    """Workloads; pods of their own only where none of them is named."""
    found = clause.world.mentions(clause.sentence, WORKLOADS)
    return WORKLOADS if found or clause.about else _KINDS


def _name(clause: Clause, one: ObjectReference) -> str:
    said = [text for _, text in clause.sentence.called if text != one.name]
    return said[0] if said else one.name


def _labels(workload: Object) -> dict[str, str]:
    selector = workload["spec"].get("selector", {}).get("matchLabels")
    found = selector or workload["metadata"].get("labels", {})
    if not found:
        raise Missing("a label by which its pods are found")
    return dict(found)


def _ports(clause: Clause, workload: Object) -> list[dict[str, Any]]:
    """`80 going to 8080`; of one number only, the container's own port is where it leads."""
    spec = workload["spec"].get("template", workload)["spec"]
    own = [p["containerPort"] for c in spec["containers"] for p in c.get("ports", ())]
    said = ports(clause.sentence)
    if not said and not own:
        raise Missing("on which port")
    if len(said) >= 2:
        return _several(clause, said)
    port = said[0] if said else own[0]
    leads = port if port in own or not own else own[0]
    return [{"port": port, "targetPort": leads}]


def _several(clause: Clause, said: list[int]) -> list[dict[str, Any]]:
    leads = ("to", "target", "targetport", "targeting", "forward", "forwarding", "forwards", "maps")
    more = ("onto", "container", "where", "listens", "listening", "pods")
    if clause.sentence.word(*leads, *more) or any(
        "->" in one.text or ":" in one.text for one in (clause.sentence.tokens)
    ):
        first, last = said[0], said[1]
        if _from_container(clause, first, last):
            first, last = last, first
        return [{"port": first, "targetPort": last}]
    return [{"name": f"port-{one}", "port": one, "targetPort": one} for one in said]


def _from_container(clause: Clause, first: int, last: int) -> bool:
    """Whether the container's port was told first: `port 8080 of web as 80`."""
    place = clause.sentence.phrase("as", "port")
    bare = clause.sentence.phrase("as", str(last))
    listens = clause.sentence.behind("listens", "listening")
    near = any(str(first) in [t.low for t in clause.sentence.tokens[m : m + 3]] for m in listens)
    return place >= 0 or bare >= 0 or near


INTENT = Intent(
    name="put a service in front of a workload",
    cues={
        "expose": 3, "service": 2.5, "create": 0.8, "nodeport": 1, "headless": 2, "network": -0.5,
        "deny": -4, "only": -2, "allowed": -1, "image": -0.3, "account": -5, "claim": -1,
        "loadbalancer": 2, "bluegreen": -1,
    },
    all_of=(
        ("expose", "service", "nodeport", "loadbalancer"),
        ("expose", "create", "nodeport", "headless", "loadbalancer", "set"),
    ),
    none_of=("why", "delete", "account", "deny", "only", "canary"),
    read=_read,
    examples=("expose frontend inside the cluster on port 80 going to 8080",),
)  # fmt: skip
