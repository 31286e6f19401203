"""A single pod."""

from __future__ import annotations

from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Reading
from phaseline.operators.ai_operations.planner.makers import labelled, manifest
from phaseline.operators.ai_operations.planner.names import base_name, images, new_name
from phaseline.operators.ai_operations.planner.pods import pod_spec
from phaseline.operators.ai_operations.plans.model import Create, ObjectReference, Ready


def _read(clause: Clause) -> Reading:
    spec = pod_spec(clause)
    name = new_name(clause, ("pod",), base_name(images(clause)[0][1]))
    labels = dict(clause.sentence.pairs) if clause.sentence.has("label") else {"app": name}
    one = labelled(manifest("Pod", name, clause.namespace, spec=spec), labels)
    target = ObjectReference.to(one)
    containers = ", ".join(f"{c['name']} of {c['image']}" for c in spec["containers"])
    says = f"make {target} with {containers}"
    return Reading(says, (Create(manifest=one),), (Ready(target=target),), about=target)


INTENT = Intent(
    name="make a pod",
    cues={
        "create": 2, "pod": 2.5, "image": 1, "container": 1, "deployment": -2, "replicas": -1,
        "job": -2, "cronjob": -3, "statefulset": -3, "sidecar": 0.5, "budget": -3, "network": -2,
    },
    all_of=(("pod",), ("create", "image")),
    none_of=("why", "restart", "delete", "canary", "autoscale", "policy", "daemonset"),
    read=_read,
    examples=("create a pod called probe-me running busybox with the command 'sleep 3600'",),
)  # fmt: skip
