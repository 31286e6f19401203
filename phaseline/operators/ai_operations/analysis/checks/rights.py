"""Roles that give more than a program needs, and API versions that will be gone."""

from __future__ import annotations

from collections.abc import Iterator

from phaseline.operators.ai_operations.analysis.finding import Finding, Severity
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import Object, ref
from phaseline.operators.ai_operations.snapshot.trimming import WRITTEN_AS

_ADMIN = "cluster-admin"


def check(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    """The roles of a namespace, who holds what, and objects written by old API versions."""
    for role in snapshot.all("Role", namespace):
        if any(_everything(rule) for rule in role.get("rules") or ()):
            yield Finding(
                "wildcard-role", Severity.MEDIUM, ref(role), "it allows every verb or resource"
            )
    for binding in snapshot.all("RoleBinding", namespace):
        if binding["roleRef"]["name"] == _ADMIN:
            yield Finding(
                "admin", Severity.HIGH, ref(binding), "it makes its subjects cluster-admin here"
            )
        for subject in binding.get("subjects") or ():
            place = subject.get("namespace", namespace)
            here = subject["kind"] == "ServiceAccount" and place == namespace
            if here and not snapshot.get("ServiceAccount", namespace, subject["name"]):
                what = f"it is about ServiceAccount/{subject['name']}, which is not there"
                yield Finding("binding-to-nobody", Severity.LOW, ref(binding), what)
    yield from _versions(snapshot, namespace)


def _everything(rule: Object) -> bool:
    return "*" in (rule.get("verbs") or ()) or "*" in (rule.get("resources") or ())


def _versions(snapshot: Snapshot, namespace: str) -> Iterator[Finding]:
    for kind, listed in snapshot.objects.items():
        if kind in ("Pod", "Event", "ReplicaSet", "EndpointSlice"):
            continue
        for one in snapshot.all(kind, namespace) if listed else ():
            for version in one["metadata"].get(WRITTEN_AS, ()):
                what = f"it was written as {version}, which newer releases may not have"
                yield Finding("old-version", Severity.MEDIUM, ref(one), what)
