"""The templates that a workload has had, as its controller keeps them."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.errors import Refused
from phaseline.operators.ai_operations.plans.model import ObjectReference
from phaseline.operators.ai_operations.view import ClusterView, Object

_REVISION = "deployment.kubernetes.io/revision"
_HASH = "pod-template-hash"  # the ReplicaSet's own mark, not the Deployment's


def template_patch(
    target: ObjectReference, workload: Object, revision: int, view: ClusterView
) -> dict[str, Any]:
    """The strategic patch that gives a workload the template of `revision`; 0: the one before.

    Raises:
        Refused: there is no such revision, or it has the template already.
    """
    known = (
        _of_deployment(workload, view)
        if target.kind == "Deployment"
        else (_of_others(workload, view))
    )
    numbers = sorted(known)
    if revision == 0 and len(numbers) > 1:
        revision = numbers[-2]
    if revision not in known:
        listed = ", ".join(map(str, numbers)) or "none"
        raise Refused(f"{target} has no such revision to go back to", why=f"known: {listed}")
    template = {**known[revision], "$patch": "replace"}
    return {"spec": {"template": template}}


def _owned(kind: str, workload: Object, view: ClusterView) -> list[Object]:
    metadata = workload["metadata"]
    return [
        one
        for one in view.items(kind, metadata["namespace"])
        if any(o["uid"] == metadata["uid"] for o in one["metadata"].get("ownerReferences", []))
    ]


def _of_deployment(workload: Object, view: ClusterView) -> dict[int, dict[str, Any]]:
    found = {}
    for one in _owned("ReplicaSet", workload, view):
        number = one["metadata"].get("annotations", {}).get(_REVISION)
        template = one["spec"]["template"]
        labels = {k: v for k, v in template["metadata"].get("labels", {}).items() if k != _HASH}
        if number:
            metadata = {**template["metadata"], "labels": labels}
            found[int(number)] = {**template, "metadata": metadata}
    return found


def _of_others(workload: Object, view: ClusterView) -> dict[int, dict[str, Any]]:
    revisions = _owned("ControllerRevision", workload, view)
    return {one["revision"]: one["data"]["spec"]["template"] for one in revisions}
