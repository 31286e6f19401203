"""A new Deployment, with its Service where one is asked for in the same breath."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.amounts import count
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Reading
from phaseline.operators.ai_operations.planner.makers import labelled, manifest, workload
from phaseline.operators.ai_operations.planner.names import base_name, images, new_name
from phaseline.operators.ai_operations.planner.pods import container_ports, pod_spec
from phaseline.operators.ai_operations.plans.model import (
    Create,
    EndpointsReady,
    ObjectReference,
    Replicas,
)

_NOUNS = (
    "deployment",
    "deploy",
    "app",
    "application",
    "workload",
    "server",
    "run",
    "launch",
    "start",
)


def _read(clause: Clause) -> Reading:
    pods = pod_spec(clause)
    name = new_name(clause, _NOUNS, base_name(images(clause)[0][1]))
    wanted = count(clause.sentence)
    number = 1 if wanted is None else wanted
    one = workload("Deployment", name, clause.namespace, pods, replicas=number)
    target = ObjectReference.to(one)
    operations, wishes = [Create(manifest=one)], [Replicas(target=target, count=number)]
    says = f"make {target} with {number} replicas of {pods['containers'][0]['image']}"
    listed = container_ports(clause.sentence)
    if not (clause.sentence.has("service") and listed):
        return Reading(says, tuple(operations), tuple(wishes), about=target)
    service = _service(name, clause.namespace, listed)
    there = ObjectReference.to(service)
    return Reading(
        f"{says}, and {there} in front of it",
        (*operations, Create(manifest=service)),
        (*wishes, EndpointsReady(target=there)),
        about=target,
    )


def _service(name: str, namespace: str, listed: list[int]) -> dict[str, object]:
    ports = [{"port": listed[0], "targetPort": listed[-1]}]
    labels = {"app": name}
    spec = {"selector": labels, "ports": ports}
    return labelled(manifest("Service", name, namespace, spec=spec), labels)


INTENT = Intent(
    name="make a deployment",
    cues={
        "create": 2, "deployment": 2, "replicas": 1, "image": 1, "container": 0.3, "pod": -0.4,
        "job": -2, "cronjob": -4, "statefulset": -4, "daemonset": -4, "update": -0.2,
        "canary": -4, "delete": -2, "expose": -1,
    },
    all_of=(("create", "deployment"),),
    none_of=("why", "undo", "canary", "bluegreen", "restart", "autoscale", "daemonset"),
    read=_read,
    examples=(
        "create a deployment called web with image nginx:1.27, 3 replicas and port 80",
        "run three copies of nginx:1.27 as shop",
    ),
)  # fmt: skip
