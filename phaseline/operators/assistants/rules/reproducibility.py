"""Reproducibility: the same file gives the same image next year."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.reading import Dockerfile
from phaseline.operators.assistants.rules.model import (
    APT,
    Hit,
    installs,
    packages,
    replaced,
    rule,
    runs,
)
from phaseline.operators.assistants.shell import Call

_NEWEST = frozenset({"edge", "latest", "lts", "mainline", "nightly", "rolling", "stable"})


@rule(
    "reproducibility.no-version",
    Severity.HIGH,
    "name a version, best with its digest: `python:3.11.16-slim@sha256:…`",
)
def no_version(file: Dockerfile) -> Iterator[Hit]:
    """What `latest` means changes without anybody having changed the file."""
    names = {stage.name for stage in file.stages if stage.name}
    used = [(s.start.start, s.image.text, s.image) for s in file.stages if not s.parent]
    for line, text, image in used:
        variable = "$" in text
        if image.digest or image.name == "scratch" or variable or text.lower() in names:
            continue
        if not image.tag or image.tag in _NEWEST:
            found = f"it is {image.tag}" if image.tag else "it has no tag"
            yield Hit(line, f"{text} may be another image tomorrow: {found}")


@rule(
    "reproducibility.copied-from-no-version",
    Severity.MEDIUM,
    "name a version of the image that is copied from",
)
def copied_from_no_version(file: Dockerfile) -> Iterator[Hit]:
    """`COPY --from` takes an image, too."""
    from phaseline.operators.assistants.reading import image

    names = {stage.name for stage in file.stages if stage.name}
    for _, one in file.every:
        source = one.flag("from")
        if not source or source.isdecimal() or source.lower() in names or "$" in source:
            continue
        found = image(source)
        contextual = not found.tag and "/" not in source  # a context that the build is given
        if not found.digest and not contextual and found.tag in {"", *_NEWEST}:
            yield Hit(one.start, f"{source} may be another image tomorrow")


@rule(
    "reproducibility.unpinned-python-package",
    Severity.MEDIUM,
    "name its version, `flask==3.1.2`, or install from a requirements file with hashes",
)
def unpinned_python_package(file: Dockerfile) -> Iterator[Hit]:
    """The newest version is installed, whichever that is."""
    for _, one in runs(file.every):
        for call in installs(one, "pip"):
            loose = [name for name in packages(call) if _is_loose(name)]
            manifest = call.has("-r", "--requirement", "-c", "--constraint", "-e", "--editable")
            if loose and not manifest and not call.has("--no-index", "--require-hashes"):
                yield Hit(one.start, f"{loose[0]} has no version")
                break


def _is_loose(name: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z][\w.-]*(\[[\w,-]+\])?([<>~!]=?[\w.,<>=!~*]+)?", name)) and (
        name not in ("pip", "setuptools", "wheel") and not re.search(r"\.(whl|zip|gz)$", name)
    )


@rule(
    "reproducibility.unpinned-node-package",
    Severity.MEDIUM,
    "name its version: `npm install -g serve@14.2.5`",
)
def unpinned_node_package(file: Dockerfile) -> Iterator[Hit]:
    """The newest version is installed, whichever that is."""
    for _, one in runs(file.every):
        for call in installs(one, "npm", "yarn", "pnpm"):
            loose = [n for n in packages(call) if re.fullmatch(r"(@[\w-]+/)?[\w.-]+(@latest)?", n)]
            if loose and loose[0] not in (".", "./") and not loose[0].endswith(".tgz"):
                yield Hit(one.start, f"{loose[0]} has no version")
                break


@rule(
    "reproducibility.lock-ignored",
    Severity.MEDIUM,
    "install what the lock names: `npm ci`, `yarn --immutable`, `pnpm --frozen-lockfile`",
)
def lock_ignored(file: Dockerfile) -> Iterator[Hit]:
    """The lock is rewritten where it does not fit, instead of the build failing."""
    for _, one in runs(file.every):
        for call in one.calls:
            if _ignores_lock(call):
                edits = replaced(file, one, r"\bnpm\s+(install|i)\b", "npm ci")
                yield Hit(one.start, f"{call.program} {call.verb} may change the lock", edits)


def _ignores_lock(call: Call) -> bool:
    name, verb, more = call.program, call.verb, call.operands[1:]
    if call.has("-g", "--global") or (name, verb) in _UPDATING:
        return (name, verb) in _UPDATING
    if name == "npm":
        return verb in ("i", "install") and not more
    frozen = call.has("--frozen-lockfile", "--immutable", "--offline")
    version = call.has("--version", "-v")
    return name in ("yarn", "pnpm") and verb in _PLAIN[name] and not (frozen or version)


_PLAIN = {"yarn": ("", "install"), "pnpm": ("i", "install")}
_UPDATING = {("composer", "update"), ("poetry", "update"), ("bundle", "update"), ("npm", "update")}


@rule(
    "reproducibility.newest-tool",
    Severity.MEDIUM,
    "name its version: `go install tool@v1.2.3`, `cargo install tool --version 1.2.3 --locked`",
)
def newest_tool(file: Dockerfile) -> Iterator[Hit]:
    """The newest version is built, whichever that is."""
    for _, one in runs(file.every):
        for call in one.calls:
            if call.verb != "install":
                continue
            latest = call.program == "go" and any(w.endswith("@latest") for w in call.operands)
            pinned = call.has("--version", "--path", "--git", "--locked", "-v")
            gem = call.program in ("gem", "cargo") and bool(packages(call)) and not pinned
            if latest or (gem and ":" not in packages(call)[0] and "@" not in packages(call)[0]):
                yield Hit(one.start, f"{call.operands[-1]} has no version")


_RPM = ("dnf", "microdnf", "yum")
_UPGRADING = frozenset({"dist-upgrade", "full-upgrade", "upgrade"})


@rule(
    "reproducibility.upgrade",
    Severity.MEDIUM,
    "take a newer base image instead, by its digest",
)
def upgrade(file: Dockerfile) -> Iterator[Hit]:
    """What is upgraded depends on the day."""
    for _, one in runs(file.every):
        for call in one.calls:
            verbs = _UPGRADING | ({"update"} if call.program in _RPM else set())
            if call.program in (*APT, "apk", *_RPM) and call.verb in verbs:
                yield Hit(one.start, f"{call.program} {call.verb} gives another image each day")
                break


@rule(
    "reproducibility.branch-cloned",
    Severity.MEDIUM,
    "clone a tag and check out a commit, or `ADD` the repository at a commit",
)
def branch_cloned(file: Dockerfile) -> Iterator[Hit]:
    """A branch moves."""
    for _, one in runs(file.every):
        cloned = any(call.program == "git" and call.verb == "clone" for call in one.calls)
        fixed = re.search(r"\bgit\b[^;&|]*\b(checkout|reset|switch)\b|--branch|\s-b\s", one.script)
        if cloned and not fixed:
            yield Hit(one.start, "the newest commit of a branch is taken")


@rule(
    "reproducibility.clock",
    Severity.LOW,
    "tell the date by a label that the build is given",
)
def clock(file: Dockerfile) -> Iterator[Hit]:
    """The time of the build is in a file, so no two images are the same."""
    for _, one in runs(file.shipped):
        written = any(call.program == "date" and call.writes for call in one.calls)
        if written or re.search(r"echo[^;&|]*\$\(date[^)]*\)[^;&|]*>", one.script):
            yield Hit(one.start, "the time of the build is written into the image")
