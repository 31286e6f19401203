"""What leads to Services and Deployments from above: Ingresses and autoscalers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import edit_spec
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule, change
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, condition, ref

_SCALED = ("Deployment", "StatefulSet", "ReplicaSet")


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Ingresses without a backend, autoscalers without a target or without requests."""
    for one in snapshot.all("Ingress", namespace):
        yield from _ingress(snapshot, one)
    for one in snapshot.all("HorizontalPodAutoscaler", namespace):
        yield from _autoscaler(snapshot, one)


def backends(ingress: Object) -> Iterator[tuple[tuple[int, int] | None, Object]]:
    """The Services that an Ingress names, each with the numbers of its rule and path."""
    if default := (ingress["spec"].get("defaultBackend") or {}).get("service"):
        yield None, default
    for number, rule in enumerate(ingress["spec"].get("rules") or ()):
        for other, path in enumerate((rule.get("http") or {}).get("paths") or ()):
            if service := path["backend"].get("service"):
                yield (number, other), service


def _ingress(snapshot: Snapshot, ingress: Object) -> Iterator[Cause]:
    place = ingress["metadata"].get("namespace", "")
    for where, backend in backends(ingress):
        service = snapshot.get("Service", place, backend["name"])
        if service is None:
            right = meant(backend["name"], snapshot.names("Service", place))
            edits = (_backend(ingress, where, {"name": right}),) if right else ()
            yield _led(ingress, f"Service/{backend['name']} is not there", right, edits)
            continue
        port = backend.get("port") or {}
        known = [(p.get("name"), p["port"]) for p in service["spec"].get("ports") or ()]
        if not any(
            port.get("name") == n if "name" in port else port.get("number") == p for n, p in known
        ):
            number = known[0][1] if len(known) == 1 else 0
            edits = (_backend(ingress, where, {"port": {"number": number}}),) if number else ()
            what = f"Service/{backend['name']} has no port {port.get('name') or port.get('number')}"
            yield _led(ingress, what, str(number or ""), edits)
    name = ingress["spec"].get("ingressClassName")
    classes = snapshot.names("IngressClass", "") or [
        one["metadata"]["name"] for one in snapshot.all("IngressClass")
    ]
    if name and name not in classes and classes and "IngressClass" not in snapshot.unseen:
        right = meant(name, classes) or (classes[0] if len(classes) == 1 else "")

        def by(made: Any) -> None:
            made["spec"]["ingressClassName"] = right

        edits = (change(ingress, f"ingress class {right} instead of {name}", by),) if right else ()
        yield _led(ingress, f"there is no ingress class {name}", right, edits)


def _led(ingress: Object, what: str, right: str, edits: tuple[Edit, ...]) -> Cause:
    return Cause(
        rule="ingress",
        subject=ref(ingress),
        what=f"{ref(ingress)}: {what}",
        evidence=(f"there is {right}",) if right else (),
        edits=edits,
        confidence=0.9,
        advice="" if edits else "correct the Ingress, or make what it names",
    )


def _backend(ingress: Object, where: tuple[int, int] | None, new: Object) -> Edit:
    def by(made: Any) -> None:
        spec = made["spec"]
        if where is None:
            spec["defaultBackend"]["service"].update(new)
        else:
            spec["rules"][where[0]]["http"]["paths"][where[1]]["backend"]["service"].update(new)

    return change(ingress, f"backend {new}", by)


def _autoscaler(snapshot: Snapshot, one: Object) -> Iterator[Cause]:
    place, target = one["metadata"].get("namespace", ""), one["spec"]["scaleTargetRef"]
    kind = target["kind"]
    if kind in _SCALED and not snapshot.get(kind, place, target["name"]):
        right = meant(target["name"], snapshot.names(kind, place))

        def by(made: Any) -> None:
            made["spec"]["scaleTargetRef"]["name"] = right

        words = f"target {right} instead of {target['name']}"
        yield Cause(
            rule="autoscaler-target",
            subject=ref(one),
            what=f"{ref(one)} scales {kind}/{target['name']}, which is not there",
            edits=(change(one, words, by),) if right else (),
            about=(Ref(kind, place, target["name"]),),
            evidence=(condition(one, "AbleToScale").get("message", ""),),
            advice="" if right else "name a workload that is there",
        )
        return
    for workload in snapshot.workloads(place):
        if workload.ref == Ref(kind, place, target["name"]):
            yield from _requests(one, workload)


def _requests(one: Object, workload: Workload) -> Iterator[Cause]:
    """An autoscaler by utilization needs requests to compare use with."""
    for metric in one["spec"].get("metrics") or ():
        resource = metric.get("resource") or {}
        if (resource.get("target") or {}).get("type") != "Utilization":
            continue
        name = resource["name"]
        without = [
            c["name"]
            for c in workload.spec["containers"]
            if name not in ((c.get("resources") or {}).get("requests") or {})
            and name not in ((c.get("resources") or {}).get("limits") or {})
        ]
        if without:
            yield _without(one, workload, name, without)


def _without(one: Object, workload: Workload, name: str, containers: list[str]) -> Cause:
    value = {"cpu": "100m", "memory": "128Mi"}[name]

    def by(spec: Any) -> None:
        for each in spec["containers"]:
            if each["name"] in containers:
                each.setdefault("resources", {}).setdefault("requests", {})[name] = value

    return Cause(
        rule="autoscaler-requests",
        subject=ref(one),
        what=f"{ref(one)} goes by the {name} that {workload.ref} asks for, and it asks for none",
        evidence=(f"no request of {name}: {', '.join(containers)}",),
        edits=(edit_spec(workload, f"requests.{name} {value} for {', '.join(containers)}", by),),
        about=(workload.ref,),
        confidence=0.85,
    )


RULE = Rule("exposure", ("Ingress", "Service", "HorizontalPodAutoscaler", "Deployment"), find)
