"""The diagnosis: all rules over one look at the cluster, as causes with typed repairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from phaseline.operators.ai_operations import causes as answer
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Rule
from phaseline.operators.ai_operations.diagnosis.operations import operations, reference, wishes
from phaseline.operators.ai_operations.diagnosis.ranking import needs, ranked, reached
from phaseline.operators.ai_operations.diagnosis.rules import (
    accounts,
    addresses,
    claims,
    crashes,
    exposure,
    images,
    memory,
    policies,
    probes,
    quotas,
    references,
    scheduling,
    services,
    states,
    symptoms,
    variables,
)
from phaseline.operators.ai_operations.plans.model import (
    Delete,
    NoRestarts,
    ObjectReference,
    Operation,
    Restart,
    Wish,
)
from phaseline.operators.ai_operations.snapshot.loading import load
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import Ref, ready, ref
from phaseline.operators.ai_operations.view import ClusterView

RULES: tuple[Rule, ...] = tuple(
    module.RULE
    for module in (
        *(images, references, claims, accounts, quotas, scheduling, crashes, variables, memory),
        *(probes, addresses, services, policies, exposure, states, symptoms),
    )
)
# Without a readiness probe a program counts as available while it is about to end.
_CRASHES = ("command", "argument", "variable", "memory", "read-only", "permission", "address")
_ROLLING = ("Deployment", "StatefulSet", "DaemonSet")
# What pods read once, or are refused for, with ever longer pauses: they are made anew after it.
_READ_ONCE = ("ConfigMap", "Secret", "ServiceAccount", "Role", "RoleBinding")


def diagnose(
    view: ClusterView,
    namespace: str,
    target: ObjectReference | None = None,
) -> Sequence[answer.Cause]:
    """What is wrong in a namespace, the cause that explains most first; nothing where all is well.

    Args:
        target: only what it needs, or what has to do with it; None for all of the namespace.

    Raises:
        Unreachable: the API server does not answer.
    """
    snapshot = load(view, namespace)
    about = Ref(target.kind, target.namespace, target.name) if target else None
    return [_typed(snapshot, one) for one in found(snapshot, namespace, about)]


def found(snapshot: Snapshot, namespace: str, target: Ref | None = None) -> list[Cause]:
    """The causes in a snapshot, by rank."""
    listed = [cause for rule in RULES for cause in rule.find(snapshot, namespace)]
    causes = ranked(snapshot, namespace, listed)
    if target is None:
        return [one for one in causes if one.rule != "suspended"]
    near = reached(needs(snapshot, namespace), (_owner(snapshot, target),))
    return [one for one in causes if near & {one.subject, *one.about}]


def _owner(snapshot: Snapshot, target: Ref) -> Ref:
    one = snapshot.get(target.kind, target.namespace, target.name)
    return snapshot.owner(one) if one else target


def _typed(snapshot: Snapshot, one: Cause) -> answer.Cause:
    return answer.Cause(
        code=one.rule,
        target=reference(one.subject),
        what=one.what,
        evidence=tuple(line for line in one.evidence if line),
        confidence=one.confidence,
        operations=tuple(_operations(snapshot, one)),
        wishes=tuple(_wishes(one)) if one.edits else (),
        advice=one.advice,
    )


def _wishes(one: Cause) -> Iterator[Wish]:
    yield from wishes(one.edits, one.subject)
    if one.rule in _CRASHES and one.subject.kind in _ROLLING:
        yield NoRestarts(target=reference(one.subject))


def _operations(snapshot: Snapshot, one: Cause) -> Iterator[Operation]:
    yield from operations(one.edits)
    edited = {edit.target for edit in one.edits}
    subject = one.subject
    if subject.kind in _ROLLING and edited and all(each.kind in _READ_ONCE for each in edited):
        yield Restart(target=reference(subject))
    if subject.kind == "StatefulSet" and subject in edited:
        # its controller waits for a pod that will never be ready before it replaces it
        for workload in snapshot.workloads(subject.namespace):
            if workload.ref == subject:
                broken = [pod for pod in workload.pods if not ready(pod)]
                yield from (Delete(target=reference(ref(pod))) for pod in broken)
