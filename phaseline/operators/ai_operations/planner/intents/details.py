"""What a workload's container has: amounts, variables, probes, labels."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.planner.amounts import resources
from phaseline.operators.ai_operations.planner.containers import container_of, workload_of
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import container, in_container, template
from phaseline.operators.ai_operations.planner.mounts import mounts
from phaseline.operators.ai_operations.planner.pods import env_sources, environment, probes
from phaseline.operators.ai_operations.planner.targets import target
from phaseline.operators.ai_operations.plans.model import (
    FieldEquals,
    ObjectReference,
    Patch,
    RolledOut,
    Wish,
)


def _changed(clause: Clause, content: dict[str, Any], what: str) -> Reading:
    """The reading that gives a container of the named workload `content`."""
    one, name = _container(clause)
    wishes: list[Wish] = [RolledOut(target=one)]
    for field, value in content.items():
        if field == "resources":
            wishes += [
                FieldEquals(target=one, path=in_container(name, field, mode, of), value=amount)
                for mode, amounts in value.items()
                for of, amount in amounts.items()
            ]
    says = f"give container {name} of {one} {what}"
    return Reading(says, (container(one, name, content, what),), tuple(wishes), about=one)


def _container(clause: Clause) -> tuple[ObjectReference, str]:
    one = target(clause)
    return one, container_of(clause, workload_of(clause, one))["name"]


def _read_amounts(clause: Clause) -> Reading:
    found = resources(clause.sentence)
    if not found:
        raise Missing("how much processor or memory")
    said = "; ".join(f"{m} {', '.join(f'{v} {k}' for k, v in a.items())}" for m, a in found.items())
    return _changed(clause, {"resources": found}, said)


def _read_environment(clause: Clause) -> Reading:
    sources = env_sources(clause.sentence)
    if sources:
        return _changed(clause, {"envFrom": sources}, f"variables from {sources}")
    found = environment(clause.sentence)
    if clause.sentence.has("configmap", "secret"):
        raise Missing("what is of the config map or secret, and what is of the workload")
    if not found:
        raise Missing("which variable and its value")
    listed = [{"name": name, "value": value} for name, value in found.items()]
    return _changed(clause, {"env": listed}, f"the variables {', '.join(found)}")


def _read_probe(clause: Clause) -> Reading:
    one = target(clause)
    chosen = container_of(clause, workload_of(clause, one))
    own = chosen.get("ports", [])
    found = probes(clause.sentence, own[0]["containerPort"] if own else 0)
    if not found:
        raise Missing("which probe")
    there = {
        kind: {**probe, "$patch": "replace"} for kind, probe in found.items() if kind in chosen
    }
    return _changed(clause, {**found, **there}, " and ".join(found))


def _read_mount(clause: Clause) -> Reading:
    one, name = _container(clause)
    volumes, mounted = mounts(clause)
    if not volumes:
        raise Missing("what to mount, and where")
    used = {
        v["name"] for v in workload_of(clause, one)["spec"]["template"]["spec"].get("volumes", ())
    }
    for number, (volume, mount) in enumerate(zip(volumes, mounted, strict=True)):
        source = next(iter(volume[k] for k in volume if k != "name"))
        label = next((str(v) for v in source.values()), "scratch")
        fresh = label if label not in used else f"{label}-{number + 1}"
        volume["name"] = mount["name"] = fresh
    patch = template({"volumes": volumes, "containers": [{"name": name, "volumeMounts": mounted}]})
    paths = ", ".join(mount["mountPath"] for mount in mounted)
    return Reading(
        f"mount {', '.join(volume['name'] for volume in volumes)} at {paths} of {one}",
        (Patch(target=one, patch=patch, reason="a mount"),),
        (RolledOut(target=one),),
        about=one,
    )


_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Service", "Pod", "ConfigMap", "Namespace")


def _read_label(clause: Clause) -> Reading:
    one = target(clause, _WORKLOADS, what="object")
    pairs = dict(clause.sentence.pairs)
    if not pairs:
        raise Missing("the label as KEY=VALUE")
    field = "annotations" if clause.sentence.has("annotation") else "labels"
    patch = Patch(target=one, patch={"metadata": {field: pairs}}, strategy="merge", reason=field)
    wishes = tuple(
        FieldEquals(target=one, path=("metadata", field, name), value=value)
        for name, value in pairs.items()
    )
    return Reading(f"give {one} the {field} {pairs}", (patch,), wishes, about=one)


AMOUNTS = Intent(
    name="set requests and limits",
    cues={"#size": 1, "#cpu": 1, "resources": 2, "limit": 1, "request": 1, "set": 1.2,
          "quota": -2, "limitrange": -4, "create": -0.5, "image": -2, "claim": -3,
          "autoscale": -5, "namespace": -1.5},
    all_of=(("resources", "limit", "request", "set", "up", "down"),),
    none_of=("why", "delete", "autoscale", "limitrange", "image", "#image", "claim", "replicas"),
    read=_read_amounts,
    examples=("give the api half a core and 256Mi", "set a memory limit of 512Mi on web"),
)  # fmt: skip
ENVIRONMENT = Intent(
    name="set variables",
    cues={"env": 2.5, "set": 1.5, "create": 0.2, "image": -3, "configmap": -0.7, "secret": -0.7,
          "label": -3, "namespace": -0.5, "update": 0.5},
    all_of=(("env", "set"),),
    none_of=("why", "delete", "image", "quota", "label"),
    read=_read_environment,
    examples=("set LOG_LEVEL=debug on web", "set the environment variable MODE to fast on api"),
)  # fmt: skip
PROBE = Intent(
    name="set a probe",
    cues={"probe": 4, "set": 1, "create": 0.5, "image": -3, "pod": -0.5},
    all_of=(("probe",),),
    none_of=("why", "delete", "image", "trouble"),
    read=_read_probe,
    examples=("add a readiness probe on /healthz port 8080 to web",),
)
MOUNT = Intent(
    name="mount something",
    cues={"mount": 3, "configmap": 1.5, "secret": 1.5, "claim": 1.5, "image": -3, "create": -0.3},
    all_of=(("mount",), ("configmap", "secret", "claim")),
    none_of=("why", "delete", "image", "statefulset"),
    read=_read_mount,
    examples=("mount the config map settings at /etc/app in web",),
)
LABEL = Intent(
    name="set labels or annotations",
    cues={"label": 3.5, "annotation": 4, "set": 0.5, "image": -3, "create": -0.7, "pod": -0.3},
    all_of=(("label", "annotation"),),
    none_of=("why", "delete", "image", "list"),
    read=_read_label,
    examples=("label the deployment web with tier=front",),
)
