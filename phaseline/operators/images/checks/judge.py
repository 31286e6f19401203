"""The judgement of one image by its layers and its configuration; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from phaseline.core.settings import Component
from phaseline.operators.images.checks import secrets
from phaseline.operators.images.checks.finding import Finding, Sheet, covers, found
from phaseline.operators.images.checks.layer import Member
from phaseline.operators.images.checks.rules import RULES
from phaseline.operators.images.checks.survey import Survey
from phaseline.operators.images.labels import wanted

SHELLS = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "csh", "tcsh", "fish", "busybox"})
MANAGERS = frozenset(
    {"apt", "apt-get", "aptitude", "dpkg", "apk", "rpm", "yum", "dnf", "pip", "pip3", "npm"}
)
_PROGRAM_FOLDERS = frozenset({"bin", "sbin"})
_SET_ID, _STICKY, _EVERYBODY = 0o6000, 0o1000, 0o002
_OF_THE_BASE = "it comes with the upstream base"
_COSTLIEST = 3


def judge(component: Component, image: Survey, below: int) -> list[Finding]:
    """The findings on one image.

    Args:
        below: how many layers, from the lowest, are an upstream base's: their bytes are not
            counted, and what they hold is told, but not held against the component.
    """
    return [
        *_size(component, image, below),
        *_user(component, image),
        *_files(component, image, below),
        *_ports(component, image),
        *_configuration(component, image),
        *_labels(component, image),
        *_secrets(component, image),
        *(found("IMG015", component, "its content has another digest", d) for d in image.false),
    ]


def _size(component: Component, image: Survey, below: int) -> Iterator[Finding]:
    own = list(enumerate(image.layers))[below:]
    size = sum(layer.size for _, layer in own)
    if size <= component.size_mb * 1e6:
        return
    costly = sorted(own, key=lambda one: one[1].size, reverse=True)[:_COSTLIEST]
    told = [f"{one.size / 1e6:.1f} MB by {image.step_of(index)[:60]!r}" for index, one in costly]
    above = " above the upstream base" if below else ""
    what = f"{size / 1e6:.1f} MB of {component.size_mb} MB{above}: {'; '.join(told)}"
    yield found("IMG001", component, what)


def _user(component: Component, image: Survey) -> Iterator[Finding]:
    user, expected = str(image.run.get("User") or ""), str(component.user)
    if user.partition(":")[0] != expected:
        yield found("IMG002", component, f"it runs as {user or 'root'} instead of {expected}")


def _files(component: Component, image: Survey, below: int) -> Iterator[Finding]:
    for path, (index, member) in sorted(image.files.items()):
        for rule, what in _faults(path, member, component.user):
            finding = found(rule, component, what, path)
            yield _excused(finding) if index < below else finding


def _faults(path: str, member: Member, user: int) -> Iterator[tuple[str, str]]:
    """The rules that one member breaks, and how."""
    if member.kind == "device":
        yield "IMG017", "device"
    if member.kind == "file" and member.mode & _SET_ID:
        yield "IMG004", f"mode {member.mode:04o}"
    if member.capable:
        yield "IMG003", "file capabilities"
    if member.kind != "folder" and PurePosixPath(path).parent.name in _PROGRAM_FOLDERS:
        name = PurePosixPath(path).name
        if name in SHELLS:
            yield "IMG005", "shell"
        if name in MANAGERS:
            yield "IMG006", "package manager"
    if writer := _writer(member, user):
        yield "IMG007", f"{writer} may write it, mode {member.mode:04o}"


def _writer(member: Member, user: int) -> str:
    """Who may change the member and should not; empty for nobody."""
    if member.kind == "link" or (member.kind == "folder" and member.mode & _STICKY):
        return ""
    if member.mode & _EVERYBODY:
        return "everybody"
    own = member.uid == user and member.mode & 0o200
    group = member.gid == user and member.mode & 0o020
    return f"user {user}" if own or group else ""


def _ports(component: Component, image: Survey) -> Iterator[Finding]:
    ports = sorted(image.run.get("ExposedPorts") or {})
    if ports != [f"{component.port}/tcp"]:
        what = f"{', '.join(ports) or 'none'} instead of {component.port}/tcp"
        yield found("IMG008", component, what)


def _configuration(component: Component, image: Survey) -> Iterator[Finding]:
    test = (image.run.get("Healthcheck") or {}).get("Test") or ["NONE"]
    if test[0] == "NONE":
        yield found("IMG009", component, "no health check")
    for path in sorted(image.run.get("Volumes") or {}):
        yield found("IMG013", component, "declared as a volume", path)
    if component.image and "@sha256:" not in component.image:
        yield found("IMG014", component, f"pulled as {component.image}")


def _labels(component: Component, image: Survey) -> Iterator[Finding]:
    given: Mapping[str, str] = image.run.get("Labels") or {}
    for name in wanted(component):
        if not given.get(name):
            yield found("IMG010", component, "no such label", name)


def _secrets(component: Component, image: Survey) -> Iterator[Finding]:
    for index, layer in enumerate(image.layers):
        for path, kinds in sorted(layer.secrets.items()):
            seen = image.files.get(path, (-1,))[0] == index
            hidden = "" if seen else f" in layer {index + 1}, hidden by a later one"
            for kind in kinds:
                yield found("IMG011", component, f"{kind}{hidden}", path)
    yield from _told(component, image)


def _told(component: Component, image: Survey) -> Iterator[Finding]:
    """Secrets in what `docker inspect` and `docker history` show."""
    pairs = [text.partition("=") for text in image.run.get("Env") or ()]
    places = [(f"ENV {name}", secrets.in_pair(name, value)) for name, _, value in pairs]
    labels: Mapping[str, str] = image.run.get("Labels") or {}
    places += [(f"LABEL {name}", secrets.in_pair(name, one)) for name, one in labels.items()]
    for number, (text, _) in enumerate(image.history, 1):
        places.append((f"history {number}", secrets.in_command(text)))
    for place, kinds in places:
        yield from (found("IMG012", component, kind, place) for kind in kinds)


def _excused(finding: Finding) -> Finding:
    return dataclasses.replace(finding, allowed=_OF_THE_BASE)


def unused(component: Component, sheet: Sheet) -> list[Finding]:
    """A finding for each allowance of the component that nothing on its whole sheet meets.

    What was skipped might have met one that is not of our own rules.
    """
    return [
        found("IMG016", component, "nothing needs this allowance", one.rule)
        for one in component.allows
        if (one.rule in RULES or not sheet.skipped)
        and not any(covers(one, finding) for finding in sheet.findings)
    ]
