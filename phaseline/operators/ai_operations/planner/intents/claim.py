"""Claims for storage: new ones, and more room in those that are there."""

from __future__ import annotations

from typing import Any

from phaseline.operators.ai_operations.errors import NotUnderstood
from phaseline.operators.ai_operations.planner.amounts import storage
from phaseline.operators.ai_operations.planner.intent import Clause, Intent, Missing, Reading
from phaseline.operators.ai_operations.planner.makers import manifest
from phaseline.operators.ai_operations.planner.names import new_name
from phaseline.operators.ai_operations.planner.sentence import named
from phaseline.operators.ai_operations.planner.targets import mentioned, target
from phaseline.operators.ai_operations.plans.model import (
    Create,
    FieldEquals,
    ObjectReference,
    Patch,
    Ready,
)

_NOUNS = ("pvc", "claim", "volume", "disk", "persistentvolumeclaim", "storage")
_BYTES = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_KIND = "PersistentVolumeClaim"


def _read_new(clause: Clause) -> Reading:
    size = storage(clause.sentence)
    if not size:
        raise Missing("how large")
    name = new_name(clause, _NOUNS)
    if clause.world.find(_KIND, name, clause.namespace):
        raise Missing("a name that is free")
    shared = clause.sentence.word("many", "shared", "readwritemany", "rwx")
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteMany" if shared else "ReadWriteOnce"],
        "resources": {"requests": {"storage": size}},
    }
    marks = clause.sentence.behind("class", "storageclass")
    classes = {one["metadata"]["name"] for one in clause.world.all("StorageClass")}
    for _, text in clause.sentence.after(marks, named):
        spec["storageClassName"] = text
    for token in clause.sentence.tokens:
        if token.text in classes:
            spec["storageClassName"] = token.text
    one = manifest(_KIND, name, clause.namespace, spec=spec)
    made = ObjectReference.to(one)
    return Reading(
        f"make {made} of {size}", (Create(manifest=one),), (Ready(target=made),), about=made
    )


def _read_growth(clause: Clause) -> Reading:
    if not clause.sentence.has("claim", "storage") and not mentioned(clause, (_KIND,)):
        raise Missing("which claim")
    one = target(clause, (_KIND,), what="claim")
    found = clause.world.find(_KIND, one.name, one.namespace)
    size = storage(clause.sentence)
    now = str(found["spec"]["resources"]["requests"]["storage"]) if found else ""
    if not size and clause.sentence.has("double") and now:
        size = f"{_bytes(now) * 2 // 2**20}Mi"
    if not size:
        raise Missing("to what size")
    added = clause.sentence.word("by", "more", "additional", "extra", "another", "further")
    if added and not clause.sentence.word("to"):
        size = f"{(_bytes(now) + _bytes(size)) // 2**20}Mi"
        size = f"{int(size[:-2]) // 1024}Gi" if int(size[:-2]) % 1024 == 0 else size
    if _bytes(size) < _bytes(now):
        raise NotUnderstood(f"{one} has {now}: a claim cannot shrink")
    path = ("spec", "resources", "requests", "storage")
    patch = {"spec": {"resources": {"requests": {"storage": size}}}}
    return Reading(
        f"grow {one} from {now} to {size}",
        (Patch(target=one, patch=patch, reason="more room"),),
        (FieldEquals(target=one, path=path, value=size),),
        about=one,
    )


def _bytes(text: str) -> int:
    """An amount of bytes; of what is not written in powers of two, as it stands."""
    for suffix, factor in _BYTES.items():
        if text.endswith(suffix):
            return int(float(text[:-2]) * factor)
    units = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
    if text[-1:] in units:
        return int(float(text[:-1]) * units[text[-1]])
    return int(text or 0)


NEW = Intent(
    name="claim storage",
    cues={"create": 2, "claim": 3, "storage": 0.5, "image": -2, "statefulset": -4, "deployment": -2,
          "quota": -3, "mount": -1, "up": -0.5, "pod": -1.5},
    all_of=(("claim", "storage"), ("create", "claim")),
    none_of=("why", "delete", "statefulset", "quota"),
    read=_read_new,
    examples=("create a 2Gi volume claim called uploads",),
)  # fmt: skip
GROWTH = Intent(
    name="grow a claim",
    cues={"up": 2, "scale": 0.5, "#size": 1.5, "claim": 3, "storage": 0.5, "double": 1, "image": -3,
          "set": 0.5},
    all_of=(("claim", "storage", "#size"), ("up", "scale", "double", "set")),
    none_of=("why", "delete", "statefulset", "quota", "image"),
    read=_read_growth,
    examples=("grow the claim uploads to 5Gi",),
)  # fmt: skip
