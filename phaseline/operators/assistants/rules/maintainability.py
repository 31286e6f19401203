"""Maintainability: the next reader understands it, and the next change touches one place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.edits import Edit
from phaseline.operators.assistants.reading import Dockerfile, Instruction
from phaseline.operators.assistants.rules.model import APT, Hit, installs, replaced, rule, runs

_MOST_CALLS = 20


@rule(
    "maintainability.maintainer",
    Severity.LOW,
    "use `LABEL org.opencontainers.image.authors`",
)
def maintainer(file: Dockerfile) -> Iterator[Hit]:
    """MAINTAINER is deprecated since 2017."""
    for _, one in file.every:
        if one.name == "MAINTAINER":
            name = one.rest.strip("\"'").replace('"', "'")
            label = f'LABEL org.opencontainers.image.authors="{name}"'
            yield Hit(one.start, "MAINTAINER is deprecated", (Edit(one.start, one.end, (label,)),))


@rule("maintainability.stage-by-number", Severity.LOW, "name the stage: `FROM … AS build`")
def stage_by_number(file: Dockerfile) -> Iterator[Hit]:
    """A stage put in between changes what the number means."""
    for _, one in file.every:
        if one.flag("from").isdecimal():
            yield Hit(one.start, f"stage {one.flag('from')} has no name that tells what it is")


@rule("maintainability.stage-unused", Severity.LOW, "remove it, or name it as a target")
def stage_unused(file: Dockerfile) -> Iterator[Hit]:
    """Nothing starts from it or copies of it, and without a name nobody can ask for it."""
    for stage in file.stages[:-1]:
        numbered = any(one.flag("from") == str(stage.index) for _, one in file.every)
        if not stage.name and not numbered:
            yield Hit(stage.start.start, "nothing uses this stage")


@rule(
    "maintainability.endless-run",
    Severity.LOW,
    "use a heredoc, `RUN <<EOF`, or a script of its own",
)
def endless_run(file: Dockerfile) -> Iterator[Hit]:
    """When one of them fails, nobody sees which."""
    for _, one in runs(file.every):
        chained = [call for call in one.calls if call.joined == "&&"]
        if len(chained) > _MOST_CALLS:
            yield Hit(one.start, f"{len(chained) + 1} commands are chained by &&")


@rule("maintainability.old-form", Severity.LOW, "write `NAME=value`")
def old_form(file: Dockerfile) -> Iterator[Hit]:
    """`ENV NAME value` is kept for old files; it cannot set two names."""
    for _, one in file.every:
        if one.name in ("ENV", "LABEL") and len(one.args) == 3 and not one.args[2]:
            yield Hit(one.start, f"{one.name} without =", _with_sign(one))


def _with_sign(one: Instruction) -> tuple[Edit, ...]:
    name, value = one.args[0], one.args[1].strip()
    if one.start != one.end:
        return ()
    quoted = value if re.fullmatch(r"\"[^\"]*\"|[\w./:@%+,$-]+", value) else None
    return (Edit(one.start, one.end, (f"{one.name} {name}={quoted}",)),) if quoted else ()


@rule("maintainability.empty-continuation", Severity.LOW, "remove the empty line")
def empty_continuation(file: Dockerfile) -> Iterator[Hit]:
    """Docker warns that it will be an error."""
    for line in file.empty_continuations:
        inside = next((one for _, one in file.every if one.start <= line <= one.end), None)
        yield Hit(line, "an empty line stands in a continued one", _joined(file, inside))


def _joined(file: Dockerfile, one: Instruction | None) -> tuple[Edit, ...]:
    if one is None:
        return ()
    kept = tuple(line for line in file.lines[one.start - 1 : one.end] if line.strip())
    return (Edit(one.start, one.end, kept),)


@rule("maintainability.mixed-case", Severity.LOW, "write all instructions in capitals")
def mixed_case(file: Dockerfile) -> Iterator[Hit]:
    """Instructions are told from their arguments by their case."""
    every = [*file.before]
    for stage in file.stages:
        every += [stage.start, *stage.instructions]
    if len({one.written.isupper() for one in every}) == 1:
        return
    for one in every:
        if not one.written.isupper():
            edits = replaced(file, one, re.escape(one.written), one.name)
            yield Hit(one.start, f"{one.written} is not in capitals as the others are", edits)


@rule("maintainability.split-installs", Severity.LOW, "install them in one RUN, sorted by name")
def split_installs(file: Dockerfile) -> Iterator[Hit]:
    """One place for what is installed is enough."""
    for stage in file.stages:
        found = [one for one in stage.of("RUN") if any(installs(one, *APT, "apk"))]
        if len(found) > 2:
            yield Hit(found[1].start, f"{len(found)} RUNs of one stage install packages")


@rule("maintainability.set-twice", Severity.LOW, "keep the one that counts")
def set_twice(file: Dockerfile) -> Iterator[Hit]:
    """A name is given one value, and then another."""
    for stage in file.stages:
        seen: dict[str, tuple[Instruction, str]] = {}
        for one in stage.of("ENV"):
            for name, value in one.pairs:
                if name in seen and seen[name][1] != value and "$" not in value:
                    yield Hit(one.start, f"{name} is set on line {seen[name][0].start} too")
                seen[name] = (one, value)
