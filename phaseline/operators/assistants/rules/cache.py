"""Cache: what has not changed is not built again."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.reading import Dockerfile, Instruction
from phaseline.operators.assistants.rules.model import (
    APT,
    Hit,
    installs,
    replaced,
    rule,
    runs,
    runs_dependencies,
)

_CHANGING = re.compile(
    r"(BUILD_?(DATE|ID|NUMBER|TIME)|CACHE_?BUST|COMMIT|GIT_?(COMMIT|HASH|SHA)|REVISION|TIMESTAMP)",
    re.IGNORECASE,
)


@rule(
    "cache.sources-before-dependencies",
    Severity.MEDIUM,
    "copy the manifest and the lock alone, install, and copy the sources after that",
)
def sources_before_dependencies(file: Dockerfile) -> Iterator[Hit]:
    """All sources are copied before dependencies are installed: each edit installs them again."""
    for stage in file.stages:
        whole: Instruction | None = None
        for one in stage.instructions:
            if one.name in ("COPY", "ADD") and not one.flag("from") and _is_everything(one):
                whole = whole or one
            elif whole and runs_dependencies(one):
                yield Hit(whole.start, f"line {one.start} installs again after each edit")
                break


def _is_everything(one: Instruction) -> bool:
    return any(source in (".", "./", "*", "./*") for source in one.sources)


@rule(
    "cache.update-alone",
    Severity.HIGH,
    "put `apt-get update` and `apt-get install` into one RUN",
)
def update_alone(file: Dockerfile) -> Iterator[Hit]:
    """The package lists of a cached layer get old while what is installed after it changes."""
    for _, one in runs(file.every):
        updates = any(call.program in APT and call.verb == "update" for call in one.calls)
        if updates and not any(call.program in APT and call.verb != "update" for call in one.calls):
            yield Hit(one.start, "the lists are updated in a layer of their own, which gets old")


@rule(
    "cache.changing-argument-early",
    Severity.MEDIUM,
    "declare it after what it does not concern, just before the LABEL or ENV that uses it",
)
def changing_argument_early(file: Dockerfile) -> Iterator[Hit]:
    """An argument that is another one in each build makes every RUN after it run again."""
    for stage in file.stages:
        for index, one in enumerate(stage.instructions):
            names = [name for name, _ in one.pairs if one.name == "ARG" and _CHANGING.search(name)]
            later = [run for run in stage.instructions[index:] if run.name == "RUN"]
            unused = [run for run in later if names and names[0] not in run.script]
            if names and unused:
                yield Hit(one.start, f"{names[0]} changes in each build, and RUN follows it")


@rule(
    "cache.disabled",
    Severity.LOW,
    "leave the option out: a layer is made again when what it reads has changed",
)
def disabled(file: Dockerfile) -> Iterator[Hit]:
    """Packages are installed again though they are there, of which the cache then has no use."""
    for _, one in runs(file.every):
        for call in installs(one, "pip", "npm"):
            if call.has("--force-reinstall", "--ignore-installed", "--force"):
                edits = replaced(file, one, r" --(force-reinstall|ignore-installed|force)\b", "")
                yield Hit(one.start, f"{call.program} installs again what is there", edits)
