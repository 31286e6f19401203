"""Programs that cannot start or that end by themselves: commands, arguments, variables, rights."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from phaseline.operators.ai_operations.diagnosis.common import (
    Running,
    earlier,
    edit_container,
    edit_spec,
    failing,
    lines_with,
    quoted,
    running,
    siblings,
)
from phaseline.operators.ai_operations.diagnosis.finding import Cause, Edit, Rule
from phaseline.operators.ai_operations.snapshot.likeness import meant
from phaseline.operators.ai_operations.snapshot.model import Snapshot, Workload
from phaseline.operators.ai_operations.snapshot.objects import Object, ended, waiting

_NO_PROGRAM = re.compile(
    r"executable file not found|exec:? .*no such file or directory|command not found"
    r"|stat \S+: no such file or directory|can't open file|cannot find module",
    re.I,
)
_MAY_NOT_RUN = re.compile(r"exec.*permission denied|is a directory", re.I)
_CHOICES = re.compile(
    r"(?:invalid choice|unknown (?:command|subcommand)|no such command):? "
    r"['\"]?(?P<wrong>[\w.-]+)['\"]?"
    r"(?:.*(?:choose from|expected one of|did you mean):? (?P<known>[^)\n]+))?",
    re.I,
)
_BAD_ARGUMENT = re.compile(
    r"unrecognized (?:arguments?|option)|unknown (?:flag|option|argument)"
    r"|flag provided but not defined"
    r"|invalid option|unexpected argument|usage:",
    re.I,
)
_READ_ONLY = re.compile(r"['\"]?(?P<path>/[\w./-]+)['\"]?[^\n]*read-only file system", re.I)
_READ_ONLY_AFTER = re.compile(r"read-only file system:? ['\"]?(?P<path>/[\w./-]+)", re.I)
_DENIED = re.compile(r"permission denied:? ['\"]?(?P<path>/[\w./-]+)", re.I)
_DENIED_BEFORE = re.compile(r"['\"]?(?P<path>/[\w./-]+)['\"]?:? [^\n]*permission denied", re.I)
_AS_ROOT = re.compile(r"runAsNonRoot and image (?:will run as root|has non-numeric user)", re.I)


def find(snapshot: Snapshot, namespace: str) -> Iterator[Cause]:
    """The cause of each container that ends badly, as its end and its log tell it."""
    for workload in snapshot.troubled(namespace):
        seen = set()
        for one in failing(workload):
            if found := _cause(snapshot, one):
                seen.add(one.name)
                yield found
        yield from _not_created(snapshot, workload, seen)


def _not_created(snapshot: Snapshot, workload: Workload, seen: set[str]) -> Iterator[Cause]:
    """Containers that the runtime could not even start once."""
    for one in running(workload):
        reason, message = waiting(one.status)
        if one.name in seen or reason not in (
            "RunContainerError",
            "CreateContainerError",
            "CreateContainerConfigError",
        ):
            continue
        seen.add(one.name)
        if _AS_ROOT.search(message):
            yield _root(snapshot, one, message)
        elif _NO_PROGRAM.search(message) or _MAY_NOT_RUN.search(message):
            yield _command(snapshot, one, message)


def _cause(snapshot: Snapshot, one: Running) -> Cause | None:
    end = ended(one.status)
    said = " ".join((end.get("message", ""), waiting(one.status)[1]))
    if end.get("reason") == "OOMKilled" or "OOM" in said:
        return None  # the rule on memory
    if end.get("reason") in ("StartError", "ContainerCannotRun") or end.get("exitCode") in (
        126,
        127,
    ):
        return _command(snapshot, one, said or one.logs(snapshot))
    log = one.logs(snapshot)
    if found := _CHOICES.search(log):
        return _choice(snapshot, one, found, log)
    for pattern in (_READ_ONLY, _READ_ONLY_AFTER):
        if found := pattern.search(log):
            return _read_only(one, found["path"], lines_with(log, pattern))
    for pattern in (_DENIED, _DENIED_BEFORE):
        if found := pattern.search(log):
            return _denied(one, found["path"], lines_with(log, pattern))
    if _overridden(one) and (_BAD_ARGUMENT.search(log) or _NO_PROGRAM.search(log)):
        return _command(snapshot, one, "\n".join(lines_with(log, _BAD_ARGUMENT)[-2:]) or log)
    return None


def _overridden(one: Running) -> bool:
    return bool(one.specified.get("command") or one.specified.get("args"))


def _command(snapshot: Snapshot, one: Running, said: str) -> Cause:
    edit, words, confidence = _right_command(snapshot, one)
    own = " ".join([*(one.specified.get("command") or ()), *(one.specified.get("args") or ())])
    return Cause(
        rule="command",
        subject=one.workload.ref,
        what=f"{one.name} is started by a command or arguments that its image does not know",
        evidence=(
            f"command and arguments: {own or 'those of the image'}",
            *quoted([*said.splitlines(), words]),
        ),
        edits=(edit,) if edit else (),
        confidence=confidence,
        advice="" if edit else "correct the command in the workload or in the image",
    )


def _right_command(snapshot: Snapshot, one: Running) -> tuple[Edit | None, str, float]:
    """The command of a revision before, of another workload of this image, or the image's own."""
    image = one.specified["image"]
    now = _started_by(one.specified)
    for source, known in (
        ("the revision before", earlier(one.workload, one.name)),
        (f"another workload of {image}", siblings(snapshot, one.workload, image)),
    ):
        for other in known:
            if _started_by(other) != now:
                words = f"command and arguments of {source}"
                return _start(one, words, other), words, 0.9
    if not _overridden(one):
        return None, "", 0.7
    keep: dict[str, Any] = {}
    if one.specified.get("command") and one.specified.get("args"):
        keep = {"args": one.specified["args"]}
    words = "the image's own command"
    return _start(one, words, keep), words, 0.7


def _started_by(container: Object) -> tuple[Any, Any]:
    return container.get("command") or None, container.get("args") or None


def _start(one: Running, words: str, other: Object) -> Edit:
    def by(container: Any) -> None:
        for name in ("command", "args"):
            container.pop(name, None)
            if other.get(name):
                container[name] = other[name]

    return edit_container(one.workload, one.name, f"{one.name}: {words}", by)


def _choice(snapshot: Snapshot, one: Running, found: re.Match[str], log: str) -> Cause:
    wrong = found["wrong"]
    known = re.findall(r"[\w.-]+", found["known"] or "")
    right = meant(wrong, known)
    if not right:
        return _command(snapshot, one, "\n".join(lines_with(log, _CHOICES)))

    def by(container: Any) -> None:
        for name in ("command", "args"):
            if name in container:
                container[name] = [right if word == wrong else word for word in container[name]]

    return Cause(
        rule="argument",
        subject=one.workload.ref,
        what=f"{one.name} is given {wrong}, which its program does not know; {right} it does",
        evidence=quoted(lines_with(log, _CHOICES)),
        edits=(edit_container(one.workload, one.name, f"argument {right} instead of {wrong}", by),),
    )


def _read_only(one: Running, path: str, lines: list[str]) -> Cause:
    folder = posixpath.dirname(path) if posixpath.basename(path).count(".") else path
    folder = folder if folder.count("/") > 1 or folder in ("/tmp", "/run", "/data") else path  # noqa: S108
    volume = "written-" + re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:40]

    def by(spec: Any) -> None:
        spec["volumes"] = [*(spec.get("volumes") or ()), {"name": volume, "emptyDir": {}}]
        for each in (*(spec.get("initContainers") or ()), *spec["containers"]):
            if each["name"] == one.name:
                mount = {"name": volume, "mountPath": folder}
                each["volumeMounts"] = [*(each.get("volumeMounts") or ()), mount]

    return Cause(
        rule="read-only",
        subject=one.workload.ref,
        what=f"{one.name} writes to {path}, and its root file system is read-only",
        evidence=quoted(lines),
        edits=(edit_spec(one.workload, f"an emptyDir at {folder}", by),),
        confidence=0.8,
    )


def _denied(one: Running, path: str, lines: list[str]) -> Cause:
    mounts = [
        m["mountPath"]
        for m in one.specified.get("volumeMounts") or ()
        if path.startswith(m["mountPath"])
    ]
    inner = one.specified.get("securityContext") or {}
    outer = one.workload.spec.get("securityContext") or {}
    user = inner.get("runAsUser", outer.get("runAsUser", 0))
    if not mounts or not user or "fsGroup" in outer:
        advice = f"let the image own {path}, or mount a volume there"
        return Cause(
            rule="permission",
            subject=one.workload.ref,
            what=f"{one.name} may not use {path}",
            evidence=quoted(lines),
            confidence=0.7,
            advice=advice,
        )

    def by(spec: Any) -> None:
        spec.setdefault("securityContext", {})["fsGroup"] = user

    return Cause(
        rule="permission",
        subject=one.workload.ref,
        what=f"{one.name} runs as {user} and may not use the volume at {mounts[0]}",
        evidence=quoted(lines),
        edits=(edit_spec(one.workload, f"fsGroup {user}", by),),
        confidence=0.8,
    )


def _root(snapshot: Snapshot, one: Running, message: str) -> Cause:
    users = [
        (each.get("securityContext") or {}).get("runAsUser")
        for each in (
            *earlier(one.workload, one.name),
            *siblings(snapshot, one.workload, one.specified["image"]),
        )
    ]
    user = next((each for each in users if each), None)

    def by(container: Any) -> None:
        container.setdefault("securityContext", {})["runAsUser"] = user

    edits = (edit_container(one.workload, one.name, f"runAsUser {user}", by),) if user else ()
    return Cause(
        rule="root",
        subject=one.workload.ref,
        what=f"the image of {one.name} runs as root, which runAsNonRoot forbids",
        evidence=quoted([message]),
        edits=edits,
        advice=""
        if user
        else "name a user in the image, or set runAsUser to one that it works with",
    )


RULE = Rule("crash", ("Pod", "Log"), find)
