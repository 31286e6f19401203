"""The rights that one plan takes, as RBAC rules: each verb on each object that it names. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.plans.model import Create, Delete, Operation, Plan

Rule = dict[str, Any]


def rights(plan: Plan) -> dict[str, list[Rule]]:
    """By namespace, and by "" for what is in none, the rules that its writer is given."""
    found: dict[str, list[Rule]] = {}
    for one in plan.operations:
        found.setdefault(one.target.namespace, []).extend(_rules(one))
    return found


def _rules(one: Operation) -> Iterator[Rule]:
    """`create` cannot be limited to a name, all else can; each comes with its way back."""
    target = one.target
    of = {"apiGroups": [target.of.group], "resources": [target.of.plural]}
    named = {**of, "resourceNames": [target.name]}
    if isinstance(one, Create):
        yield {**of, "verbs": ["create"]}
        yield {**named, "verbs": ["delete"]}
    elif isinstance(one, Delete):
        yield {**named, "verbs": ["delete"]}
        yield {**of, "verbs": ["create"]}
    else:
        yield {**named, "verbs": ["patch"]}
    if target.kind == "Role":
        yield {**of, "verbs": ["escalate"], "resourceNames": [target.name]}
    if target.kind == "RoleBinding" and isinstance(one, Create):
        reference = one.manifest["roleRef"]
        plural = "clusterroles" if reference["kind"] == "ClusterRole" else "roles"
        bound = {"apiGroups": [of["apiGroups"][0]], "resources": [plural]}
        yield {**bound, "resourceNames": [reference["name"]], "verbs": ["bind"]}
