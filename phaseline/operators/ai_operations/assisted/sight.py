"""What of a namespace an assistant is shown: names, numbers, images, states. No texts of others.

No log, event, annotation, environment, command or content of a ConfigMap is in it, and nothing of
a Secret, not even its name: what could hold a secret, or an instruction, is not sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.snapshot.objects import statuses, waiting

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
_NAMED = ("ConfigMap", "PersistentVolumeClaim", "Job", "CronJob", "HorizontalPodAutoscaler")
_MOST = 60  # objects of a kind
Object = Mapping[str, Any]


def seen(world: World) -> dict[str, Any]:
    """The namespace that is meant, as plain values."""
    space = world.namespace
    return {
        "namespace": space,
        "workloads": [_workload(one) for kind in _WORKLOADS for one in _of(world, kind)],
        "services": [_service(one) for one in _of(world, "Service")],
        "others": [f"{kind}/{_name(one)}" for kind in _NAMED for one in _of(world, kind)],
        "pods": [told for one in _of(world, "Pod") if (told := _unwell(one))],
        "images": world.images[:_MOST],
    }


def _of(world: World, kind: str) -> list[Any]:
    return world.inside(kind, world.namespace)[:_MOST]


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])


def _workload(one: Object) -> dict[str, Any]:
    spec = one["spec"]
    template = spec["template"]
    return {
        "kind": one["kind"],
        "name": _name(one),
        "replicas": spec.get("replicas"),
        "ready": one.get("status", {}).get("readyReplicas", 0),
        "labels": template.get("metadata", {}).get("labels", {}),
        "containers": [_container(each) for each in template["spec"]["containers"]],
    }


def _container(one: Object) -> dict[str, Any]:
    kept = ("name", "image", "resources")
    ports = [each.get("containerPort") for each in one.get("ports", ())]
    return {**{name: one[name] for name in kept if name in one}, "ports": ports}


def _service(one: Object) -> dict[str, Any]:
    spec = one["spec"]
    ports = [(each.get("port"), each.get("targetPort")) for each in spec.get("ports", ())]
    return {"name": _name(one), "selector": spec.get("selector", {}), "ports": ports}


def _unwell(pod: Object) -> str:
    """Why a pod's containers wait, in Kubernetes' own words; "" for one that is well."""
    reasons = dict.fromkeys(_reasons(pod))
    return f"{_name(pod)}: {', '.join(reasons)}" if reasons else ""


def _reasons(pod: Object) -> Iterator[str]:
    for one in statuses(pod):
        if reason := waiting(one)[0]:
            yield reason
