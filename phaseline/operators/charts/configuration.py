"""T017: what workloads refer to exists, and no secret stands where everybody may read it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from typing import Any

from phaseline.operators.charts.finding import Finding
from phaseline.operators.charts.manifest import Object, Workload, of_kind, workloads

_SECRET_NAME = re.compile(
    r"(?i)(pass(word|wd|phrase)|secrets?|token|credentials?|api[-_]?key|private[-_]?key)$"
)
_SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@"
)


def judge_configuration(objects: tuple[Object, ...], named: Set[str]) -> list[Finding]:
    """Faults in ConfigMaps, Secrets, and the references to them.

    Args:
        named: values that the user gave the chart; an object so named may be the user's own.
    """
    findings: list[Finding] = []
    for kind in ("ConfigMap", "Secret"):
        there = of_kind(objects, kind)
        for workload in workloads(objects):
            findings += _dangling(workload, kind, there, named)
    for name, settings in of_kind(objects, "ConfigMap").items():
        findings += _exposed(f"ConfigMap/{name}", settings.get("data") or {})
    for workload in workloads(objects):
        for container in workload.every_container:
            literal = {e["name"]: e["value"] for e in container.get("env") or () if "value" in e}
            findings += _exposed(f"{workload}", literal, f"{container.get('name')}: ")
    return findings


def strings(value: Any) -> Iterator[str]:
    """Every text in a tree of values."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from strings(inner)


def _exposed(subject: str, data: Object, where: str = "") -> Iterator[Finding]:
    for key, value in data.items():
        if value and (_SECRET_NAME.search(key) or _SECRET_VALUE.search(str(value))):
            yield Finding(subject, f"{where}{key} looks like a secret", "move it to a Secret")


def _dangling(
    workload: Workload, kind: str, there: dict[str, Object], named: Set[str]
) -> Iterator[Finding]:
    for name, keys in _references(workload, kind):
        if name not in there and name not in named:
            yield Finding(
                f"{workload}", f"refers to {kind} {name}, which is not there", f"add the {kind}"
            )
        elif name in there:
            yield from _lacking(workload, f"{kind} {name}", there[name], keys)


def _lacking(workload: Workload, title: str, one: Object, keys: list[str]) -> Iterator[Finding]:
    held = {key for field in ("data", "stringData", "binaryData") for key in one.get(field) or {}}
    for key in keys:
        if key not in held:
            fix = f"use one of: {', '.join(sorted(held)) or 'none'}"
            yield Finding(f"{workload}", f"refers to the key {key} that {title} lacks", fix)


def _references(workload: Workload, kind: str) -> Iterator[tuple[str, list[str]]]:
    """Names of the referred objects, with the keys that are wanted of each; optional ones not."""
    prefix, name_in_volume = (
        ("configMap", "name") if kind == "ConfigMap" else ("secret", "secretName")
    )
    for container in workload.every_container:
        for source in container.get("envFrom") or ():
            yield from _one(source.get(f"{prefix}Ref"), "name")
        for variable in container.get("env") or ():
            yield from _one((variable.get("valueFrom") or {}).get(f"{prefix}KeyRef"), "name")
    for volume in workload.pod.get("volumes") or ():
        yield from _one(volume.get(prefix), name_in_volume)
        for source in (volume.get("projected") or {}).get("sources") or ():
            yield from _one(source.get(prefix), "name")
    if kind == "Secret":
        for reference in workload.pod.get("imagePullSecrets") or ():
            yield from _one(reference, "name")


def _one(reference: Object | None, name: str) -> Iterator[tuple[str, list[str]]]:
    if reference and not reference.get("optional"):
        keys = [item["key"] for item in reference.get("items") or ()]
        yield reference[name], [*keys, *([reference["key"]] if "key" in reference else [])]
