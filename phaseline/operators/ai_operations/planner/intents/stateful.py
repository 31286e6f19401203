"""StatefulSets with their claims and the Service of their names; DaemonSets."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.amounts import count, storage
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Reading
from phaseline.operators.ai_operations.planner.makers import labelled, manifest, workload
from phaseline.operators.ai_operations.planner.names import base_name, images, new_name
from phaseline.operators.ai_operations.planner.pods import container_ports, pod_spec
from phaseline.operators.ai_operations.plans.model import (
    Create,
    ObjectReference,
    Replicas,
    RolledOut,
)

_PATHS = {"postgres": "/var/lib/postgresql/data", "redis": "/data", "mysql": "/var/lib/mysql"}


def _read(clause: Clause) -> Reading:
    pods = pod_spec(clause)
    image = images(clause)[0][1]
    name = new_name(clause, ("statefulset", "sts", "set", "app"), base_name(image))
    number = count(clause.sentence)
    number = 1 if number is None else number
    more: dict[str, Any] = {"serviceName": name, "replicas": number}
    if size := storage(clause.sentence):
        path = _path(clause) or _PATHS.get(base_name(image), "/data")
        _mount(pods, path)
        more["volumeClaimTemplates"] = [_claim(size)]
    one = workload("StatefulSet", name, clause.namespace, pods, **more)
    target = ObjectReference.to(one)
    operations = [Create(manifest=one)]
    if clause.world.find("Service", name, clause.namespace) is None:
        operations.insert(0, Create(manifest=_service(clause, name)))
    disk = f", each with a disk of {size}" if size else ""
    return Reading(
        f"make {target} with {number} replicas of {pods['containers'][0]['image']}{disk}",
        tuple(operations),
        (Replicas(target=target, count=number),),
        about=target,
    )


def _path(clause: Clause) -> str:
    marks = clause.sentence.ends("mount", "claim", "storage") + clause.sentence.behind("at", "on")
    found = clause.sentence.after(marks, lambda text: text.startswith("/"), reach=6)
    return next((text for _, text in found), "")


def _mount(pods: dict[str, Any], path: str) -> None:
    container = pods["containers"][0]
    kept = [one for one in container.get("volumeMounts", ()) if one["mountPath"] != path]
    container["volumeMounts"] = [*kept, {"name": "data", "mountPath": path}]
    used = {one["name"] for one in container["volumeMounts"]}
    kept = [one for one in pods.pop("volumes", ()) if one["name"] in used]
    pods.update({"volumes": kept} if kept else {})


def _claim(size: str) -> dict[str, Any]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
    return {"metadata": {"name": "data"}, "spec": spec}


def _service(clause: Clause, name: str) -> dict[str, Any]:
    """The headless Service that gives each pod its name."""
    ports = [{"port": port, "name": f"port-{port}"} for port in container_ports(clause.sentence)]
    spec = {"clusterIP": "None", "selector": {"app": name}, "ports": ports}
    return labelled(manifest("Service", name, clause.namespace, spec=spec), {"app": name})


def _read_daemon(clause: Clause) -> Reading:
    pods = pod_spec(clause)
    name = new_name(clause, ("daemonset", "ds", "agent"), base_name(images(clause)[0][1]))
    one = workload("DaemonSet", name, clause.namespace, pods)
    target = ObjectReference.to(one)
    says = f"make {target} of {pods['containers'][0]['image']} on every node"
    return Reading(says, (Create(manifest=one),), (RolledOut(target=target),), about=target)


STATEFULSET = Intent(
    name="make a stateful set",
    cues={"create": 2, "statefulset": 4, "image": 1, "replicas": 1, "claim": 0.5},
    all_of=(("statefulset",), ("create", "image")),
    none_of=("why", "delete", "restart", "undo", "autoscale"),
    read=_read,
    examples=("create a statefulset db with image redis:7, 2 replicas and 1Gi of storage each",),
)
DAEMONSET = Intent(
    name="make a daemon set",
    cues={"create": 2, "daemonset": 4, "image": 1},
    all_of=(("daemonset",), ("create", "image")),
    none_of=("why", "delete", "restart", "undo", "service"),
    read=_read_daemon,
    examples=("create a daemonset agent with image busybox that runs 'sleep 3600'",),
)
