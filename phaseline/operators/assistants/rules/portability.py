"""Portability: it builds for other machines, with other builders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.reading import Dockerfile, Image, Instruction, Stage
from phaseline.operators.assistants.rules.model import APT, Hit, replaced, rule, runs

_ARCHITECTURE = re.compile(r"https?://\S*[-_./](amd64|x86_64|x64|arm64|aarch64)\b")
_ASKED = re.compile(r"TARGETARCH|TARGETPLATFORM|BUILDARCH|uname -m|--print-architecture|\$\{?ARCH")
_BASH = re.compile(r"(^|[;&|({]\s*|\bif\s+|\bwhile\s+)\[\[\s|<\(|\$\{\w+(\^\^|,,|//)|\bdeclare -")
_ALPINE = re.compile(r"(^|[-.])alpine")
_DEBIAN = re.compile(r"(^|-)(bookworm|bullseye|buster|jammy|noble|slim|trixie)\b")


@rule(
    "portability.fixed-platform",
    Severity.MEDIUM,
    "leave `--platform` to the build, or write `--platform=$BUILDPLATFORM`",
)
def fixed_platform(file: Dockerfile) -> Iterator[Hit]:
    """On another machine it is emulated, or does not run."""
    for stage in file.stages:
        platform = stage.start.flag("platform")
        if platform and "$" not in platform:
            edits = replaced(file, stage.start, r"--platform=\S+\s+", "")
            yield Hit(stage.start.start, f"it is built for {platform} alone", edits)


@rule(
    "portability.architecture-in-address",
    Severity.MEDIUM,
    "take it from `ARG TARGETARCH` or `dpkg --print-architecture`",
)
def architecture_in_address(file: Dockerfile) -> Iterator[Hit]:
    """The file that is fetched runs on one architecture alone."""
    for _, one in file.every:
        found = _ARCHITECTURE.search(one.script) if one.name in ("RUN", "ADD") else None
        if found and not _ASKED.search(one.script):
            yield Hit(one.start, f"what is fetched is for {found[1]} alone")


@rule(
    "portability.bash-in-sh",
    Severity.MEDIUM,
    '`SHELL ["/bin/bash", "-c"]` before it, or words that every shell knows',
)
def bash_in_sh(file: Dockerfile) -> Iterator[Hit]:
    """RUN uses /bin/sh, which on Debian and Alpine is no bash."""
    for stage, one in runs(file.every):
        if one.exec_form or _uses_bash(stage, one):
            continue
        sources = any(call.program == "source" for call in one.calls)
        if sources or _BASH.search(one.script):
            yield Hit(one.start, "these words are bash's own")


def _uses_bash(stage: Stage, one: Instruction) -> bool:
    shells = [s for each in reversed(stage.lineage) for s in each.of("SHELL") if _before(s, one)]
    own = any("bash" in word for shell in shells[-1:] for word in shell.args)
    named = re.search(r"\bbash\b", one.rest) or any("bash" in h[:40] for h in one.heredocs)
    return own or bool(named)


def _before(shell: Instruction, one: Instruction) -> bool:
    return shell.start < one.start


@rule("portability.outside-the-context", Severity.HIGH, "build with the folder above as context")
def outside_the_context(file: Dockerfile) -> Iterator[Hit]:
    """A build sees its context only: it fails, or takes another file."""
    for _, one in file.every:
        for source in one.sources if one.name in ("COPY", "ADD") else ():
            if re.match(r"\.\./|~/", source):
                yield Hit(one.start, f"{source} is outside the build's context")


@rule("portability.other-package-manager", Severity.HIGH, "use the base image's package manager")
def other_package_manager(file: Dockerfile) -> Iterator[Hit]:
    """The base image has no such program: the build fails."""
    for stage, one in runs(file.every):
        lacking = _lacking(stage.root)
        found = [call.program for call in one.calls if call.program in lacking]
        if found:
            yield Hit(one.start, f"{stage.root.text} has no {found[0]}")


def _lacking(image: Image) -> frozenset[str]:
    if not image.known:
        return frozenset()
    if image.short == "alpine" or _ALPINE.search(image.tag):
        return APT | {"dnf", "yum"}
    if image.short in ("debian", "ubuntu") or _DEBIAN.search(image.tag):
        return frozenset({"apk", "dnf", "yum"})
    if image.short in ("almalinux", "centos", "fedora", "rockylinux"):
        return APT | {"apk"}
    return frozenset()
