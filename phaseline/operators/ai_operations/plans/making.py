"""An object as it is, turned into one that can be made. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.operators.ai_operations.kinds import known

# What the API server gives an object.
_GIVEN = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink")
_GOING = ("deletionTimestamp", "deletionGracePeriodSeconds")
_OF_JOBS = ("controller-uid", "job-name")
_OF_CLAIMS = ("pv.kubernetes.io/", "volume.", "volume.beta.kubernetes.io/")


def remade(one: Mapping[str, Any]) -> dict[str, Any]:
    """An object without what the server and controllers have put there, fit to be made again."""
    kind = known()[one["kind"]]
    metadata = {k: v for k, v in one["metadata"].items() if k not in (*_GIVEN, *_GOING)}
    rest = {k: v for k, v in one.items() if k not in ("status", "metadata", "kind", "apiVersion")}
    made = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **rest}
    if by_kind := _BY_KIND.get(kind.name):
        by_kind(made)
    return made


def _job(made: dict[str, Any]) -> None:
    """Without the selector and labels by which the controller tells one Job's pods from others'."""
    spec = made["spec"] = {k: v for k, v in made["spec"].items() if k != "selector"}
    template = spec["template"]
    spec["template"] = {**template, "metadata": _unlabelled(template.get("metadata") or {})}
    made["metadata"] = _unlabelled(made["metadata"])


def _unlabelled(metadata: Mapping[str, Any]) -> dict[str, Any]:
    found = (metadata.get("labels") or {}).items()
    labels = {key: value for key, value in found if key.rpartition("/")[2] not in _OF_JOBS}
    rest = {key: value for key, value in metadata.items() if key != "labels"}
    return {**rest, "labels": labels} if labels else rest


def _pod(made: dict[str, Any]) -> None:
    made["spec"] = {k: v for k, v in made["spec"].items() if k != "nodeName"}


def _claim(made: dict[str, Any]) -> None:
    """Without the volume that it was bound to, and what says so."""
    made["spec"] = {k: v for k, v in made["spec"].items() if k != "volumeName"}
    metadata = made["metadata"]
    metadata.pop("finalizers", None)
    noted = (metadata.get("annotations") or {}).items()
    metadata["annotations"] = {k: v for k, v in noted if not k.startswith(_OF_CLAIMS)}


_BY_KIND = {"Job": _job, "Pod": _pod, "PersistentVolumeClaim": _claim}
