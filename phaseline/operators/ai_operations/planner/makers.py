"""Manifests in their usual form, and the wishes that go with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.operators.ai_operations.kinds import known
from phaseline.operators.ai_operations.planner.intent import Reading
from phaseline.operators.ai_operations.plans.model import (
    Create,
    Exists,
    ObjectReference,
    Patch,
)

Manifest = dict[str, Any]
LABEL = "app"


def manifest(kind: str, name: str, namespace: str, **content: Any) -> Manifest:
    """An object's manifest."""
    metadata: Manifest = {"name": name}
    if known()[kind].namespaced:
        metadata["namespace"] = namespace
    return {
        "apiVersion": known()[kind].api_version,
        "kind": kind,
        "metadata": metadata,
        **content,
    }


def labelled(one: Manifest, labels: Mapping[str, str]) -> Manifest:
    """A manifest with labels."""
    return {**one, "metadata": {**one["metadata"], "labels": dict(labels)}}


def workload(kind: str, name: str, namespace: str, pods: Manifest, **more: Any) -> Manifest:
    """A workload whose pods are found by the label `app`."""
    labels = {LABEL: name}
    spec = {
        **more,
        "selector": {"matchLabels": labels},
        "template": {"metadata": {"labels": labels}, "spec": pods},
    }
    return labelled(manifest(kind, name, namespace, spec=spec), labels)


def made(one: Manifest, says: str) -> Reading:
    """The reading that makes one object that needs no more than to be there."""
    target = ObjectReference.to(one)
    return Reading(says, (Create(manifest=one),), (Exists(target=target),), about=target)


def template(content: Mapping[str, Any]) -> dict[str, Any]:
    """The patch of a workload's pod spec."""
    return {"spec": {"template": {"spec": dict(content)}}}


def container(target: ObjectReference, name: str, content: Mapping[str, Any], why: str) -> Patch:
    """The patch of one container of a workload."""
    found = template({"containers": [{"name": name, **content}]})
    return Patch(target=target, patch=found, reason=why)


def in_container(name: str, *path: str | int) -> tuple[str | int, ...]:
    """The path of a container's field in a workload."""
    return ("spec", "template", "spec", "containers", f"name={name}", *path)
