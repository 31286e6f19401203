"""Secrets and ConfigMaps that are named and are not there, and keys that they do not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import edit_spec, quoted
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, Ref, statuses

_NO_KEY = re.compile(
    r"couldn't find key (?P<key>\S+) in (?P<kind>Secret|ConfigMap) (?P<place>[^/\s]+)/(?P<name>\S+)"
)
_NOT_HELD = re.compile(r"references non-existent (?:config|secret) key: (?P<key>\S+)")


@dataclass(frozen=True)
class Use:
    """A place of a pod spec that names a Secret or ConfigMap.

    Attributes:
        path: to the object that holds the name; field: which of its fields that is.
        keys: those that are asked for by name.
    """

    kind: str
    name: str
    path: tuple[str | int, ...]
    field: str
    keys: tuple[str, ...] = ()
    optional: bool = False

    @property
    def by_environment(self) -> bool:
        """Whether a variable is made of it."""
        return "env" in self.path or "envFrom" in self.path


def uses(spec: Object) -> Iterator[Use]:
    """All places of a pod spec that name Secrets and ConfigMaps."""
    for group in ("initContainers", "containers"):
        for number, one in enumerate(spec.get(group) or ()):
            yield from _of_container(one, (group, number))
    for number, volume in enumerate(spec.get("volumes") or ()):
        yield from _of_volume(volume, ("volumes", number))


def _of_container(one: Object, path: tuple[str | int, ...]) -> Iterator[Use]:
    for number, variable in enumerate(one.get("env") or ()):
        for field, kind in (("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")):
            if found := (variable.get("valueFrom") or {}).get(field):
                where = (*path, "env", number, "valueFrom", field)
                optional = bool(found.get("optional"))
                yield Use(kind, found["name"], where, "name", (found["key"],), optional)
    for number, source in enumerate(one.get("envFrom") or ()):
        for field, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
            if found := source.get(field):
                where = (*path, "envFrom", number, field)
                yield Use(kind, found["name"], where, "name", (), bool(found.get("optional")))


def _of_volume(volume: Object, path: tuple[str | int, ...]) -> Iterator[Use]:
    if found := volume.get("secret"):
        yield _volume("Secret", found, (*path, "secret"), "secretName")
    if found := volume.get("configMap"):
        yield _volume("ConfigMap", found, (*path, "configMap"), "name")
    for number, source in enumerate((volume.get("projected") or {}).get("sources") or ()):
        for field, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
            if found := source.get(field):
                yield _volume(kind, found, (*path, "projected", "sources", number, field), "name")


def _volume(kind: str, found: Object, path: tuple[str | int, ...], field: str) -> Use:
    keys = tuple(item["key"] for item in found.get("items") or ())
    return Use(kind, found.get(field, ""), path, field, keys, bool(found.get("optional")))


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Of workloads that are not all up: what they name and what is not there."""
    for workload in snapshot.workloads(namespace):
        said = _said(snapshot, workload)
        for use in dict.fromkeys(uses(workload.spec)):
            if use.optional or use.kind in snapshot.unseen:
                continue
            found = snapshot.get(use.kind, namespace, use.name)
            if found is None:
                yield _missing(snapshot, workload, use, said)
            else:
                for key in use.keys:
                    if _lacks(found, key, said, use):
                        yield _without_key(workload, use, found, key, said)


def _said(snapshot: Snapshot, workload: Workload) -> list[str]:
    states = [
        one.get("state", {}).get("waiting") or {} for p in workload.pods for one in statuses(p)
    ]
    messages = snapshot.messages(workload, "Failed", "FailedMount")
    return [*(one.get("message", "") for one in states), *messages]


def _lacks(found: Object, key: str, said: list[str], use: Use) -> bool:
    """Whether an object has no such key; what is not known of a Secret, kubelet tells."""
    held = {**(found.get("data") or {}), **(found.get("binaryData") or {})}
    if found["kind"] == "ConfigMap" or held:
        return key not in held
    named = [m for text in said for m in _NO_KEY.finditer(text)]
    held_not = [m for text in said for m in _NOT_HELD.finditer(text)]
    return any(m["key"] == key and m["name"] == use.name for m in named) or any(
        m["key"] == key for m in held_not
    )


def _missing(snapshot: Snapshot, workload: Workload, use: Use, said: list[str]) -> Cause:
    namespace = workload.ref.namespace
    name = _meant(snapshot, workload, use)
    edits = (_edit(workload, use, name),) if name else ()
    about = Ref(use.kind, namespace, use.name)
    evidence = (f"{_place(workload, use)} names {about}", *_quotes(said, use.name))
    others = [p for p in snapshot.namespaces if snapshot.get(use.kind, p, use.name)]
    if name:
        evidence = (*evidence, f"there is {use.kind}/{name}, which has what is asked for")
    elsewhere = f"; there is one in {', '.join(others)}" if others else ""
    keys = f" with {', '.join(use.keys)}" if use.keys else ""
    return Cause(
        rule=f"missing-{use.kind.lower()}",
        subject=workload.ref,
        what=f"{about} is not there{elsewhere}",
        evidence=evidence,
        edits=edits,
        about=(about,),
        confidence=0.9 if edits else 0.95,
        advice="" if edits else f"make {about}{keys}: nobody else knows what it is to hold",
    )


def _meant(snapshot: Snapshot, workload: Workload, use: Use) -> str:
    """The object that was meant: that of the revision before, else one with a name like it."""
    namespace, asked = workload.ref.namespace, use.keys
    for template in workload.earlier:
        for before in uses(template.get("spec") or {}):
            same = before.path == use.path and before.kind == use.kind
            if same and snapshot.get(use.kind, namespace, before.name):
                return before.name
    found = [
        one["metadata"]["name"]
        for one in snapshot.all(use.kind, namespace)
        if one["metadata"]["name"] != "kube-root-ca.crt" and _holds(one, asked)
    ]
    holders = [
        one["metadata"]["name"]
        for one in snapshot.all(use.kind, namespace)
        if asked and one.get("data") and set(asked) <= one["data"].keys()
    ]
    return meant(use.name, found) or (meant(use.name, holders, least=0.5))


def _holds(one: Object, keys: tuple[str, ...]) -> bool:
    data = one.get("data") or {}
    return not data or set(keys) <= data.keys()


def _without_key(workload: Workload, use: Use, found: Object, key: str, said: list[str]) -> Cause:
    held = list(found.get("data") or ())
    right = meant(key, held) or (held[0] if len(held) == 1 else "")
    edits = (_key_edit(workload, use, key, right),) if right else ()
    keys = ", ".join(held) or "keys that may not be listed"
    return Cause(
        rule=f"missing-{use.kind.lower()}-key",
        subject=workload.ref,
        what=f"{use.kind}/{use.name} has no key {key}",
        evidence=(
            f"{_place(workload, use)} asks for the key {key}",
            f"{use.kind}/{use.name} has {keys}",
            *_quotes(said, key),
        ),
        edits=edits,
        confidence=0.9 if edits and meant(key, held) else 0.7,
        about=(Ref(use.kind, workload.ref.namespace, use.name),),
        advice="" if edits else f"add the key {key} to {use.kind}/{use.name}, or name another",
    )


def _quotes(said: list[str], name: str) -> tuple[str, ...]:
    return quoted([text for text in said if name in text], most=2)


def _place(workload: Workload, use: Use) -> str:
    inner: Any = workload.spec
    words = [str(workload.ref)]
    for step in use.path:
        inner = inner[step]
        if isinstance(inner, dict) and isinstance(step, int) and "name" in inner:
            words.append(inner["name"])
    return " ".join([*words, "(variable)" if use.by_environment else "(volume)"])


def _at(spec: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        spec = spec[step]
    return spec


def _edit(workload: Workload, use: Use, name: str) -> Edit:
    """Name another object in every place that names this one."""

    def by(spec: Any) -> None:
        for each in uses(workload.spec):
            if (each.kind, each.name) == (use.kind, use.name):
                _at(spec, each.path)[each.field] = name

    return edit_spec(workload, f"{use.kind} {name} instead of {use.name}", by)


def _key_edit(workload: Workload, use: Use, key: str, right: str) -> Edit:
    def by(spec: Any) -> None:
        source = _at(spec, use.path)
        if "key" in source:
            source["key"] = right
        for item in source.get("items") or ():
            if item["key"] == key:
                item["key"] = right

    return edit_spec(workload, f"key {right} instead of {key} of {use.kind}/{use.name}", by)


RULE = Rule("reference", ("Pod", "Secret", "ConfigMap", "Event"), find)
