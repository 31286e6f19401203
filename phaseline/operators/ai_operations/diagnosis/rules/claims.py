"""Volumes that do not come: claims that are missing or that nothing can satisfy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import edit_spec, quoted
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule, change, creation
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, ref
from phaseline.operators.ai_operations.snapshot.quantity import amount

_DEFAULT = "storageclass.kubernetes.io/is-default-class"


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Claims that workloads wait for."""
    for workload in snapshot.workloads(namespace):
        for name in claimed(workload.spec):
            if not snapshot.get("PersistentVolumeClaim", namespace, name):
                yield _missing(snapshot, workload, name)
    for claim in snapshot.all("PersistentVolumeClaim", namespace):
        if claim.get("status", {}).get("phase") == "Pending":
            yield from _pending(snapshot, claim)


def claimed(spec: Object) -> list[str]:
    """The names of the claims that a pod spec mounts."""
    found = (one.get("persistentVolumeClaim") for one in spec.get("volumes") or ())
    return [one["claimName"] for one in found if one]


def _missing(snapshot: Snapshot, workload: Workload, name: str) -> Cause:
    namespace = workload.ref.namespace
    claims = snapshot.names("PersistentVolumeClaim", namespace)
    right = meant(name, claims)
    about = Ref("PersistentVolumeClaim", namespace, name)

    def by(spec: Any) -> None:
        for one in spec["volumes"]:
            if (one.get("persistentVolumeClaim") or {}).get("claimName") == name:
                one["persistentVolumeClaim"]["claimName"] = right

    edit = edit_spec(workload, f"claim {right} instead of {name}", by) if right else _made(about)
    return Cause(
        rule="missing-claim",
        subject=workload.ref,
        what=f"{about} is not there",
        evidence=(f"{workload.ref} mounts it", f"claims here: {', '.join(claims) or 'none'}"),
        edits=(edit,),
        about=(about,),
        confidence=0.9 if right else 0.6,
        advice="" if right else "1Gi of the default class is a guess; name what it needs",
    )


def _made(about: Ref) -> Edit:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    metadata = {"name": about.name, "namespace": about.namespace}
    made = {"apiVersion": "v1", "kind": about.kind, "metadata": metadata, "spec": spec}
    return creation(made, "a claim of 1Gi")


def _pending(snapshot: Snapshot, claim: Object) -> Iterator[Cause]:
    classes = {one["metadata"]["name"]: one for one in snapshot.all("StorageClass")}
    name = claim["spec"].get("storageClassName")
    said = quoted(one.get("message", "") for one in snapshot.events(ref(claim)))
    if name and name not in classes:
        if not _matching(snapshot, claim):
            yield _class(claim, name, classes, said)
    elif name is None and not any(_is_default(one) for one in classes.values()):
        yield _class(claim, "", classes, said)
    elif any(
        word in line.lower()
        for line in said
        for word in ("access mode", "accessmode", "readwritemany")
    ):
        yield _modes(claim, said)
    elif _fails(snapshot, claim):
        yield Cause(
            rule="provisioning",
            subject=ref(claim),
            what=f"{ref(claim)} gets no volume from its storage class",
            evidence=said,
            advice="look at the provisioner of the class, and at what it says above",
        )


def _fails(snapshot: Snapshot, claim: Object) -> bool:
    return any(one.get("reason") == "ProvisioningFailed" for one in snapshot.events(ref(claim)))


def _is_default(one: Object) -> bool:
    return bool((one["metadata"].get("annotations") or {}).get(_DEFAULT) == "true")


def _matching(snapshot: Snapshot, claim: Object) -> bool:
    """Whether a volume that nobody has would do."""
    asked = amount(claim["spec"]["resources"]["requests"].get("storage"))
    return any(
        one["spec"].get("storageClassName", "") == claim["spec"].get("storageClassName", "")
        and amount(one["spec"]["capacity"]["storage"]) >= asked
        and set(claim["spec"]["accessModes"]) <= set(one["spec"]["accessModes"])
        and not one["spec"].get("claimRef")
        for one in snapshot.all("PersistentVolume")
    )


def _class(claim: Object, name: str, classes: dict[str, Object], said: tuple[str, ...]) -> Cause:
    default = next((n for n, one in classes.items() if _is_default(one)), "")
    only = next(iter(classes)) if len(classes) == 1 else ""
    right = (meant(name, classes) if name else "") or default or only

    def by(made: Any) -> None:
        made["spec"]["storageClassName"] = right

    edits = (
        (change(claim, f"storage class {right} instead of {name or 'none'}", by),) if right else ()
    )
    return Cause(
        rule="storage-class",
        subject=ref(claim),
        what=f"there is no storage class {name}" if name else "no storage class is the default",
        evidence=(f"classes: {', '.join(sorted(classes)) or 'none'}", *said),
        edits=edits,
        confidence=0.85,
        advice="" if edits else "install a provisioner with a storage class",
    )


def _modes(claim: Object, said: tuple[str, ...]) -> Cause:
    def by(made: Any) -> None:
        made["spec"]["accessModes"] = ["ReadWriteOnce"]

    return Cause(
        rule="access-mode",
        subject=ref(claim),
        what=f"no volume of {ref(claim)}'s class is {', '.join(claim['spec']['accessModes'])}",
        evidence=said,
        edits=(change(claim, "access mode ReadWriteOnce", by),),
        confidence=0.75,
        advice="pods on several nodes need a class that can do it",
    )


RULE = Rule("claim", ("PersistentVolumeClaim", "PersistentVolume", "StorageClass", "Pod"), find)
