"""Environment variables that a program asks for in its log and does not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import (
    Running,
    earlier,
    edit_container,
    failing,
    lines_with,
    quoted,
    siblings,
)
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule
from phaseline.operators.ai_operations.snapshot.likeness import likeness, meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot
from phaseline.operators.ai_operations.snapshot.objects import Object

_NAME = r"(?P<name>[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"
_MISSING = re.compile(
    rf"(?:KeyError:? ['\"]?{_NAME})"
    rf"|(?:{_NAME.replace('<name>', '<before>')}\b['\"]?[^\n]{{0,40}}?"
    r"(?:not set|is not defined|required|missing|must be (?:set|specified|given)|unset|undefined"
    r"|is empty|not specified|not found))"
    rf"|(?:(?:missing|required|set|specify|need|provide|define)\w*[^\n]{{0,60}}?\b"
    rf"{_NAME.replace('<name>', '<after>')})"
    rf"|(?:neither\b[^\n]*\bnor\s+{_NAME.replace('<name>', '<nor>')})",
    re.I,
)
_UPPER = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """Variables that logs of failing containers miss."""
    for workload in snapshot.troubled(namespace):
        for one in failing(workload):
            yield from _of_log(snapshot, one)


def missing(log: str) -> list[str]:
    """The names of variables that a log says are not set, the last ones first."""
    found = []
    for match in _MISSING.finditer(log):
        name = next(filter(None, match.groupdict().values()))
        if _UPPER.fullmatch(name):
            found.append(name)
    return list(dict.fromkeys(reversed(found)))


def _of_log(snapshot: Snapshot, one: Running) -> Iterator[Cause]:
    log = one.logs(snapshot)
    held = {each["name"] for each in one.specified.get("env") or ()}
    given = held | set(_from_objects(snapshot, one))
    for name in [each for each in missing(log) if each not in given][:2]:
        lines = lines_with(log, re.compile(re.escape(name)))
        edit, source, confidence = _right(snapshot, one, name, held)
        yield Cause(
            rule="variable",
            subject=one.workload.ref,
            what=f"{one.name} needs the variable {name}, which is not set",
            evidence=(*quoted(lines), *((source,) if source else ())),
            edits=(edit,) if edit else (),
            confidence=confidence,
            advice="" if edit else f"set {name} in the workload",
        )


def _from_objects(snapshot: Snapshot, one: Running) -> Iterator[str]:
    """The variables that come from whole ConfigMaps and Secrets."""
    for source in one.specified.get("envFrom") or ():
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if named := source.get(field):
                found = snapshot.get(kind, one.workload.ref.namespace, named["name"]) or {}
                yield from (source.get("prefix", "") + key for key in found.get("data") or ())


def _right(
    snapshot: Snapshot, one: Running, name: str, held: set[str]
) -> tuple[Edit | None, str, float]:
    """The variable from where it stands: a template before, a wrong name, a sibling, an object."""
    for before in earlier(one.workload, one.name):
        if found := _variable(before, name):
            return _added(one, found), f"the revision before had {name}", 0.95
    if (wrong := meant(name, held)) and likeness(name, wrong) > 0.84:
        return _renamed(one, wrong, name), f"it has {wrong}", 0.9
    for other in siblings(snapshot, one.workload, one.specified["image"]):
        if found := _variable(other, name):
            return _added(one, found), "another workload of this image has it", 0.85
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        for each in snapshot.all(kind, one.workload.ref.namespace):
            if name in (each.get("data") or {}):
                holder = each["metadata"]["name"]
                value = {field: {"name": holder, "key": name}}
                return (
                    _added(one, {"name": name, "valueFrom": value}),
                    f"{kind}/{holder} has it",
                    0.8,
                )
    return None, "", 0.8


def _variable(container: Object, name: str) -> Object | None:
    return next((each for each in container.get("env") or () if each["name"] == name), None)


def _added(one: Running, variable: Object) -> Edit:
    def by(container: Any) -> None:
        container["env"] = [*(container.get("env") or ()), dict(variable)]

    return edit_container(
        one.workload, one.name, f"{one.name}: the variable {variable['name']}", by
    )


def _renamed(one: Running, wrong: str, name: str) -> Edit:
    def by(container: Any) -> None:
        for each in container["env"]:
            if each["name"] == wrong:
                each["name"] = name

    words = f"{one.name}: the variable {name} instead of {wrong}"
    return edit_container(one.workload, one.name, words, by)


RULE = Rule("variable", ("Pod", "Log", "ConfigMap", "Secret"), find)
