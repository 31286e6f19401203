"""Objects as the API server tells them, with what rules read and little else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from phaseline.operators.ai_operations.snapshot.model import Snapshot

Made = dict[str, Any]
PLACE = "shop"


def thing(kind: str, name: str, **rest: Any) -> Made:
    """An object of the namespace."""
    return {"kind": kind, "metadata": {"name": name, "namespace": PLACE, "uid": name}, **rest}


def container(name: str = "main", image: str = "shop/web:1", **rest: Any) -> Made:
    """A container's specification."""
    return {"name": name, "image": image, **rest}


def web(*containers: Made, name: str = "web", up: bool = False, **spec: Any) -> list[Made]:
    """A Deployment of one pod, which is ready where it is `up`."""
    inner = {"containers": list(containers) or [container()], **spec}
    labels = {"app": name}
    template = {"metadata": {"labels": labels}, "spec": inner}
    status = {"updatedReplicas": 1, "availableReplicas": int(up)}
    whole = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    deployment = thing("Deployment", name, spec=whole, status=status)
    one = pod(f"{name}-2-x", inner, labels, owner=name)
    one["status"]["conditions"] = [{"type": "Ready", "status": str(up)}]
    return [deployment, replica_set(name, template, 2), one]


def replica_set(name: str, template: Made, revision: int) -> Made:
    """A ReplicaSet of a Deployment."""
    made = thing("ReplicaSet", f"{name}-{revision}", spec={"template": template})
    owner = {"kind": "Deployment", "name": name, "uid": name, "controller": True}
    made["metadata"]["ownerReferences"] = [owner]
    made["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": str(revision)}
    return made


def before(name: str, *containers: Made, **spec: Any) -> Made:
    """The ReplicaSet of a Deployment's template of before."""
    return replica_set(name, {"spec": {"containers": list(containers), **spec}}, 1)


def pod(name: str, spec: Made, labels: Mapping[str, str], owner: str = "") -> Made:
    """A pod, perhaps of the ReplicaSet `owner-2`."""
    made = thing("Pod", name, spec={**spec, "nodeName": "one"}, status={"phase": "Running"})
    made["metadata"]["labels"] = dict(labels)
    if owner:
        above = {"kind": "ReplicaSet", "name": f"{owner}-2", "controller": True, "uid": "x"}
        made["metadata"]["ownerReferences"] = [above]
    states = [state(one["name"], running={}) for one in spec["containers"]]
    made["status"]["containerStatuses"] = states
    return made


def state(name: str = "main", *, ready: bool = False, restarts: int = 0, **of: Any) -> Made:
    """A container's status: `waiting`, `running` or `terminated`, and `last`, how it ended."""
    last = {"terminated": of.pop("last")} if "last" in of else {}
    return {
        "name": name,
        "ready": ready,
        "restartCount": restarts,
        "state": of,
        "lastState": last,
        "containerID": "x" if "running" in of or last else "",
    }


def with_state(made: list[Made], *states: Made) -> list[Made]:
    """The same, with other statuses of the pod's containers."""
    made[-1]["status"]["containerStatuses"] = list(states)
    return made


def waits(made: list[Made], reason: str, message: str = "") -> list[Made]:
    """The same, with a container that waits."""
    return with_state(made, state(waiting={"reason": reason, "message": message}))


def crashed(
    made: list[Made], code: int = 1, reason: str = "Error", message: str = ""
) -> list[Made]:
    """The same, with a container that has ended badly and waits to be started again."""
    last = {"exitCode": code, "reason": reason, "message": message}
    waiting = {"reason": "CrashLoopBackOff", "message": "back-off 10s"}
    return with_state(made, state(restarts=3, waiting=waiting, last=last))


def service(name: str, selector: Mapping[str, str], *ports: Made) -> Made:
    """A Service."""
    listed = list(ports) or [{"port": 80, "targetPort": 8080}]
    return thing("Service", name, spec={"selector": dict(selector), "ports": listed})


def event(about: Made, reason: str, message: str) -> Made:
    """An event about an object."""
    made = thing("Event", f"{about['metadata']['name']}.{reason}.{len(message)}")
    involved = {"kind": about["kind"], "namespace": PLACE, "name": about["metadata"]["name"]}
    return {
        **made,
        "involvedObject": involved,
        "reason": reason,
        "message": message,
        "type": "Warning",
    }


def node(*images: str, labels: Mapping[str, str] | None = None, **spec: Any) -> Made:
    """A node with images, 4 cores and 8 GiB."""
    status = {
        "images": [{"names": [one]} for one in images],
        "allocatable": {"cpu": "4", "memory": "8Gi"},
    }
    metadata = {"name": "one", "labels": {"disk": "ssd", **(labels or {})}}
    return {"kind": "Node", "metadata": metadata, "spec": spec, "status": status}


def snapshot(*objects: Made, log: str = "", **told: Any) -> Snapshot:
    """A snapshot of objects; every container has said `log`."""
    found: dict[str, list[Made]] = {}
    for one in objects:
        found.setdefault(one["kind"], []).append(one)
    return Snapshot(found, logs=lambda *where: log, **told)
