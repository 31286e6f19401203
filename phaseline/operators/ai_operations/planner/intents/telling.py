"""Questions that change nothing: what is there, and what it is."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from phaseline.core.texts import plain
from phaseline.operators.ai_operations.execution.difference import difference
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.targets import ALIASES, target
from phaseline.operators.ai_operations.planner.world import WORKLOADS
from phaseline.operators.ai_operations.view import Object

_KINDS = (*WORKLOADS, "Pod", "Service", "Job", "CronJob", "PersistentVolumeClaim", "ConfigMap")
_MORE = ("HorizontalPodAutoscaler", "NetworkPolicy", "ResourceQuota", "LimitRange", "Role",
         "RoleBinding", "ServiceAccount", "Ingress", "Namespace", "Node")  # fmt: skip


def _read_list(clause: Clause) -> Reading:
    kinds = _kinds(clause)
    if not kinds:
        raise Missing("what to list")
    lines = [line for kind in kinds for line in _lines(clause, kind)]
    where = clause.world.namespace or "all namespaces"
    says = f"{', '.join(kinds)} in {where}: {len(lines)}"
    return Reading(says, explanation=tuple(lines) or ("none",))


def _kinds(clause: Clause) -> list[str]:
    lows = [one.low for one in clause.sentence.tokens]
    words = [word for low in lows for word in (low, low.removesuffix("s"), low.removesuffix("es"))]
    pairs = [f"{a} {b.removesuffix('s')}" for a, b in itertools.pairwise(lows)]
    found = [ALIASES[word] for word in (*words, *pairs) if word in ALIASES]
    if len(set(found)) > 1 and ("in" in lows or clause.world.namespace):
        found = [kind for kind in found if kind != "Namespace"]
    if not found and clause.sentence.word("running", "everything", "there", "workloads"):
        found = list(_KINDS[:5])
    return list(dict.fromkeys(found))


def _lines(clause: Clause, kind: str) -> Iterator[str]:
    for one in clause.world.inside(kind):
        metadata = one["metadata"]
        place = "" if clause.world.namespace else f"{metadata.get('namespace', '')}/"
        yield plain(f"{kind} {place}{metadata['name']} {state(one)}").rstrip()


def state(one: Object) -> str:
    """How an object is, in a few words."""
    spec, status = one.get("spec", {}), one.get("status", {})
    if one["kind"] in ("Deployment", "StatefulSet", "ReplicaSet"):
        return f"{status.get('readyReplicas', 0)} of {spec.get('replicas', 1)} ready"
    if one["kind"] == "Service":
        ports = ", ".join(str(port["port"]) for port in spec.get("ports", ()))
        return f"{spec.get('type', 'ClusterIP')} {spec.get('clusterIP', '')} port {ports}"
    if one["kind"] == "CronJob":
        return f"{spec['schedule']}{' (suspended)' if spec.get('suspend') else ''}"
    if one["kind"] == "Job":
        return f"{status.get('succeeded', 0)} succeeded, {status.get('failed', 0)} failed"
    return str(status.get("phase", ""))


def _read_explain(clause: Clause) -> Reading:
    one = target(clause, (*_KINDS, *_MORE), what="object")
    found = clause.world.find(one.kind, one.name, one.namespace) or {}
    lines = [line.removeprefix("+ ") for line in difference(None, found)]
    kept = [line for line in lines if not line.startswith(("kind", "apiVersion"))]
    return Reading(
        f"{one}: {state({**found, 'kind': one.kind})}", explanation=tuple(kept), about=one
    )


LIST = Intent(
    name="list what is there",
    cues={
        "list": 2.5,
        "create": -1,
        "delete": -2,
        "fix": -3,
        "trouble": -1.5,
        "why": -4,
        "role": -2,
    },
    all_of=(("list",),),
    none_of=("why", "delete", "restart", "undo", "allowed", "limitrange"),
    read=_read_list,
    examples=("list the pods", "how many deployments are there"),
)
EXPLAIN = Intent(
    name="explain an object",
    cues={"explain": 3.5, "create": -1, "trouble": -2, "why": -3, "fix": -3},
    all_of=(("explain",),),
    none_of=("delete", "restart", "undo"),
    read=_read_explain,
    examples=("describe the deployment web",),
)
