"""A rule's edits as the typed operations of a plan, and what is to come true after them. Pure.

Patches are strategic where Kubernetes has merge keys for a list, so that they name only what
changes: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/update-api-object-kubectl-patch/.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phaseline.operators.ai_operations.diagnosis.finding import Edit
from phaseline.operators.ai_operations.plans.making import remade
from phaseline.operators.ai_operations.plans.model import (
    Create,
    Delete,
    EndpointsReady,
    Exists,
    ObjectReference,
    Operation,
    Patch,
    Ready,
    RolledOut,
    Wish,
)
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref

# By which field the items of a list are told apart when they are merged.
_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "env": "name",
    "volumes": "name",
    "imagePullSecrets": "name",
    "volumeMounts": "mountPath",
}
_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_REPLACED = ("Pod", "Job", "PersistentVolumeClaim")  # what their specs say stays as it was made


def operations(edits: Iterable[Edit]) -> Iterator[Operation]:
    """The operations that bring edits about, in their order."""
    for edit in edits:
        target = reference(edit.target)
        if edit.after is None:
            yield Delete(target=target)
        elif edit.before is None:
            yield Create(manifest=remade(edit.after))
        elif edit.target.kind in _REPLACED and not _only_image(edit):
            yield Delete(target=target)
            yield Create(manifest=remade(edit.after))
        else:
            yield _patch(target, edit)


def _only_image(edit: Edit) -> bool:
    """Whether all that changes of a pod is an image: of all its spec that alone may change."""
    if edit.target.kind != "Pod" or edit.before is None or edit.after is None:
        return False
    changed = difference(edit.before, edit.after)
    spec = changed.get("spec", {})
    inner = [one for name in ("containers", "initContainers") for one in spec.get(name, ())]
    whole = changed.keys() == {"spec"} and spec.keys() <= {"containers", "initContainers"}
    return whole and all(one.keys() == {"name", "image"} for one in inner)


def _patch(target: ObjectReference, edit: Edit) -> Patch:
    if edit.before is None or edit.after is None:
        raise AssertionError("a patch is of an object that is there and stays")
    return Patch(target=target, patch=difference(edit.before, edit.after), reason=edit.what)


def difference(before: Object, after: Object) -> dict[str, Any]:
    """The strategic merge patch that makes `after` of `before`."""
    found: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        old = before.get(name)
        if value == old:
            continue
        if isinstance(value, Mapping) and isinstance(old, Mapping):
            found[name] = difference(old, value)
        elif name in _KEYS and isinstance(value, list) and isinstance(old, list):
            found[name] = _items(old, value, _KEYS[name])
        else:
            found[name] = value
    return found


def _items(before: list[Any], after: list[Any], key: str) -> list[Any]:
    old, new = ({one[key]: one for one in listed} for listed in (before, after))
    gone = [{key: name, "$patch": "delete"} for name in old if name not in new]
    made = [one for name, one in new.items() if name not in old]
    other = [
        {key: name, **difference(old[name], one)}
        for name, one in new.items()
        if name in old and one != old[name]
    ]
    return [*gone, *other, *made]


def wishes(edits: Iterable[Edit], subject: Ref) -> list[Wish]:
    """What is to come true: all that was changed is there and well, and so is the subject."""
    targets = dict.fromkeys([*(e.target for e in edits if e.after is not None), subject])
    gone = {edit.target for edit in edits if edit.after is None}
    return [_wish(one) for one in targets if one not in gone]


def _wish(one: Ref) -> Wish:
    target = reference(one)
    if one.kind in _WORKLOADS:
        return RolledOut(target=target)
    if one.kind in ("Pod", "Job", "PersistentVolumeClaim"):
        return Ready(target=target)
    return EndpointsReady(target=target) if one.kind == "Service" else Exists(target=target)


def reference(one: Ref) -> ObjectReference:
    """The same reference as plans have it."""
    return ObjectReference(kind=one.kind, name=one.name, namespace=one.namespace)
