"""An operation as the request that the API server is sent, and the request that takes it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.execution.revisions import template_patch
from phaseline.operators.ai_operations.plans.making import remade
from phaseline.operators.ai_operations.plans.model import (
    Create,
    Delete,
    ObjectReference,
    Operation,
    Patch,
    Restart,
    Rollback,
    Scale,
)
from phaseline.operators.ai_operations.view import ClusterView, Object

_FORMS = {
    "strategic": "application/strategic-merge-patch+json",
    "merge": "application/merge-patch+json",
}
_JSON = "application/json"
_RESTARTED = "kubectl.kubernetes.io/restartedAt"  # as kubectl has it
_TOLD = ("apiVersion", "kind", "metadata", "status")


@dataclass(frozen=True)
class Change:
    """One request that changes one object.

    Attributes:
        before: the object as it was; None where it was not there, and for a Secret, never read.
    """

    target: ObjectReference
    method: str
    path: str
    body: dict[str, Any] | None = None
    form: str = _JSON
    before: Object | None = None


def change(one: Operation, view: ClusterView, *, replaced: bool = False) -> Change:
    """What carries out an operation on the cluster as it is now.

    Args:
        replaced: the object is there now, and an operation before this one removes it.

    Raises:
        Refused: what is to be made is there, or what is to be changed is not.
    """
    target, before = one.target, None
    there = view.exists(target)
    if there and target.kind != "Secret":
        before = view.find(target)
    if isinstance(one, Create):
        if there and not replaced:
            raise Refused(f"{target} is there already", fix="name another, or ask to change it")
        return Change(target, "POST", target.of.folder(target.namespace), dict(one.manifest))
    if not there:
        raise Refused(f"{target} is not there")
    if isinstance(one, Delete):
        return Change(
            target,
            "DELETE",
            target.path,
            {"propagationPolicy": "Foreground"} if (target.kind != "Namespace") else None,
            before=before,
        )
    body, form = _patch(one, before or {}, view)
    return Change(target, "PATCH", target.path, body, form, before)


def _patch(
    one: Patch | Scale | Restart | Rollback, before: Object, view: ClusterView
) -> tuple[dict[str, Any], str]:
    strategic = _FORMS["strategic"]
    if isinstance(one, Patch):
        return dict(one.patch), _FORMS[one.strategy]
    if isinstance(one, Scale):
        return {"spec": {"replicas": one.replicas}}, strategic
    if isinstance(one, Rollback):
        return template_patch(one.target, before, one.revision, view), strategic
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"spec": {"template": {"metadata": {"annotations": {_RESTARTED: now}}}}}, strategic


def back(done: Change, after: Mapping[str, Any]) -> Change | None:
    """What takes a change back that was applied and answered with `after`; None if nothing can.

    A merge patch that gives each field its value of before, and takes out those that were not
    there; fields that were not changed are left out, they may be another's.
    """
    if done.method == "POST":
        body: dict[str, Any] = {"preconditions": {"uid": after["metadata"]["uid"]}}
        if done.target.kind != "Namespace":
            body["propagationPolicy"] = "Foreground"
        return Change(done.target, "DELETE", done.target.path, body)
    if done.before is None:
        return None
    if done.method == "DELETE":
        return Change(
            done.target, "POST", done.target.of.folder(done.target.namespace), remade(done.before)
        )
    undone = _difference(_asked(after), _asked(done.before))
    return Change(done.target, "PATCH", done.target.path, undone, _FORMS["merge"])


def _asked(one: Mapping[str, Any]) -> dict[str, Any]:
    """What can be asked for in an object: its content, labels and annotations."""
    metadata = {name: one["metadata"].get(name, {}) for name in ("labels", "annotations")}
    return {**{k: v for k, v in one.items() if k not in _TOLD}, "metadata": metadata}


def _difference(now: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The merge patch (RFC 7386) that makes `wanted` of `now`."""
    patch: dict[str, Any] = {name: None for name in now if name not in wanted}
    for name, value in wanted.items():
        old = now.get(name)
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            if inner := _difference(old, value):
                patch[name] = inner
        elif value != old:
            patch[name] = value
    return patch
