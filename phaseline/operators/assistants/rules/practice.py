"""Best practice: what does what it looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.edits import Edit
from phaseline.operators.assistants.reading import Dockerfile, Instruction
from phaseline.operators.assistants.rules.model import APT, Hit, installs, replaced, rule, runs

_ARCHIVE = re.compile(r"\.(tar|tgz|tbz2?|txz|tzst|tar\.\w+)$")
_PLAIN = re.compile(r"[\w./:=,@%+-]+( +[\w./:=,@%+-]+)*")


@rule("practice.add-for-copy", Severity.LOW, "use COPY: ADD unpacks archives and fetches addresses")
def add_for_copy(file: Dockerfile) -> Iterator[Hit]:
    """ADD says that something is unpacked or fetched."""
    for _, one in file.every:
        special = any(
            _ARCHIVE.search(source) or "://" in source or source.startswith("git@") or "$" in source
            for source in one.sources
        )
        if one.name == "ADD" and not special and not one.flag("checksum"):
            yield Hit(one.start, "ADD is used as COPY", replaced(file, one, r"(?i)\AADD", "COPY"))


@rule(
    "practice.shell-form",
    Severity.MEDIUM,
    'write it as an array, `["program", "argument"]`: signals then reach the program',
)
def shell_form(file: Dockerfile) -> Iterator[Hit]:
    """The process is a shell, which does not pass on SIGTERM: it is killed after ten seconds."""
    for name in ("ENTRYPOINT", "CMD"):
        one = file.final.last(name)
        if one and not one.exec_form and one.rest and not re.match(r"\s*exec\s", one.rest):
            yield Hit(one.start, f"{name} starts a shell that gets the signals", _as_array(one))


def _as_array(one: Instruction) -> tuple[Edit, ...]:
    if not _PLAIN.fullmatch(one.rest):
        return ()
    return (Edit(one.start, one.end, (f"{one.name} {json.dumps(one.rest.split())}",)),)


@rule(
    "practice.no-healthcheck",
    Severity.LOW,
    "add a HEALTHCHECK that asks the program itself; Kubernetes has probes of its own",
)
def no_healthcheck(file: Dockerfile) -> Iterator[Hit]:
    """Docker cannot tell a server that hangs from one that works."""
    stage, image = file.final, file.final.root
    bare = image.name == "scratch" or "distroless" in image.name or "static" in image.name
    if stage.last("EXPOSE") and image.known and not bare and not stage.last("HEALTHCHECK"):
        yield Hit(stage.start.start, "nothing tells whether the server works")


@rule("practice.directory-lost", Severity.MEDIUM, "use WORKDIR: each RUN begins where WORKDIR says")
def directory_lost(file: Dockerfile) -> Iterator[Hit]:
    """A `cd` ends with its RUN."""
    for _, one in runs(file.every):
        calls = one.calls
        if calls and calls[-1].program == "cd" and calls[-1].joined != "||":
            edits: tuple[Edit, ...] = ()
            if len(calls) == 1 and calls[0].verb.startswith("/"):
                edits = (Edit(one.start, one.end, (f"WORKDIR {calls[0].verb}",)),)
            yield Hit(one.start, "the change of folder ends with this RUN", edits)


@rule("practice.no-workdir", Severity.LOW, "set WORKDIR once, before the RUNs that change to it")
def no_workdir(file: Dockerfile) -> Iterator[Hit]:
    """Each RUN changes the folder again, and what is started begins somewhere else."""
    for stage in file.stages:
        moving = [one for one in stage.of("RUN") if one.calls and one.calls[0].program == "cd"]
        if moving and len(moving[0].calls) > 1 and not stage.last("WORKDIR"):
            yield Hit(moving[0].start, "it changes the folder by itself, and no WORKDIR is set")


@rule("practice.relative-workdir", Severity.LOW, "name the folder from the root: `WORKDIR /app`")
def relative_workdir(file: Dockerfile) -> Iterator[Hit]:
    """Where it leads depends on the base image."""
    for stage in file.stages:
        first = next(iter(stage.of("WORKDIR")), None)
        inherited = stage.parent and stage.parent.last("WORKDIR")
        relative = r"(?![A-Za-z]:)[\w.]"  # and no folder of Windows
        if first and not inherited and re.match(relative, first.rest):
            yield Hit(first.start, f"{first.rest} is relative to what the base image says")


@rule("practice.apt-for-people", Severity.LOW, "use apt-get: apt's interface may change")
def apt_for_people(file: Dockerfile) -> Iterator[Hit]:
    """apt says itself that it has no stable interface."""
    for _, one in runs(file.every):
        if any(call.program == "apt" for call in one.calls):
            edits = replaced(file, one, r"\bapt(?=\s)", "apt-get", every=True)
            yield Hit(one.start, "apt is meant for people", edits)


@rule("practice.install-asks", Severity.HIGH, "install with `--yes`")
def install_asks(file: Dockerfile) -> Iterator[Hit]:
    """Nobody can answer: the build fails."""
    for _, one in runs(file.every):
        for call in installs(one, *APT, "dnf", "yum"):
            quiet = any(re.fullmatch(r"-(y|qq|[a-z]*y[a-z]*)", word) for word in call.arguments)
            if not quiet and not call.has("--yes", "--assume-yes", "--assumeyes"):
                edits = replaced(file, one, r"\binstall\b", "install --yes")
                yield Hit(one.start, f"{call.program} asks whether it shall go on", edits)
                break


@rule(
    "practice.frontend-kept",
    Severity.LOW,
    "use `ARG DEBIAN_FRONTEND=noninteractive`, which ends with the build",
)
def frontend_kept(file: Dockerfile) -> Iterator[Hit]:
    """Whoever works in the container finds that nothing asks any more."""
    for _, one in file.shipped:
        if one.name == "ENV" and any(name == "DEBIAN_FRONTEND" for name, _ in one.pairs):
            only = len(one.pairs) == 1 and "=" in one.text
            edits = replaced(file, one, r"(?i)\AENV", "ARG") if only else ()
            yield Hit(one.start, "a setting of the build stays in the image", edits)


@rule(
    "practice.argument-out-of-scope",
    Severity.MEDIUM,
    "repeat `ARG NAME` after FROM: what stands before it is for FROM lines alone",
)
def argument_out_of_scope(file: Dockerfile) -> Iterator[Hit]:
    """The variable is empty there."""
    outer = {name for one in file.before for name, _ in one.pairs}
    for stage in file.stages:
        inner = {name for each in stage.lineage for one in each.of("ARG") for name, _ in one.pairs}
        inner |= stage.environment.keys()
        for one in stage.instructions:
            used = {a or b for a, b in re.findall(r"\$(?:\{(\w+)[^}]*\}|(\w+))", one.text)}
            if lost := sorted((used & outer) - inner):
                yield Hit(one.start, f"{lost[0]} is set for FROM only, and empty here")
                break


@rule("practice.several-commands", Severity.MEDIUM, "keep the last one: it alone counts")
def several_commands(file: Dockerfile) -> Iterator[Hit]:
    """Of several CMD, ENTRYPOINT or HEALTHCHECK only the last one has an effect."""
    for stage in file.stages:
        for name in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for one in stage.of(name)[:-1]:
                edits = (Edit(one.start, one.end, ()),)
                yield Hit(one.start, f"this {name} has no effect", edits)


@rule("practice.target-no-folder", Severity.MEDIUM, "end the target with `/`")
def target_no_folder(file: Dockerfile) -> Iterator[Hit]:
    """Several files need a folder: the build fails."""
    for _, one in file.every:
        several = one.name in ("COPY", "ADD") and len(one.args) > 2
        if several and not re.search(r"(/|\.|\}|\$\w+)$", one.args[-1].strip("\"'")):
            yield Hit(one.start, f"{one.args[-1]} must end with / to be a folder")


@rule("practice.package-manager-as-command", Severity.LOW, "start node itself")
def package_manager_as_command(file: Dockerfile) -> Iterator[Hit]:
    """npm stands between, and does not pass on SIGTERM as the program needs it."""
    for name in ("ENTRYPOINT", "CMD"):
        one = file.final.last(name)
        words = one.args if one and one.exec_form else ()
        started = words[1:2] in (("start",), ("run",)) and "dev" not in words
        if one and started and words[0] in ("npm", "pnpm", "yarn"):
            yield Hit(one.start, f"{words[0]} stands between the signals and the program")


@rule("practice.volume-then-written", Severity.MEDIUM, "declare the VOLUME last")
def volume_then_written(file: Dockerfile) -> Iterator[Hit]:
    """What is written below a volume after its declaration may be lost."""
    for stage in file.stages:
        for index, one in enumerate(stage.instructions):
            places = one.args if one.name == "VOLUME" else ()
            for later in stage.instructions[index + 1 :]:
                if any(_writes_below(later, place) for place in places):
                    yield Hit(later.start, f"the VOLUME of line {one.start} discards this")
                    return


def _writes_below(one: Instruction, place: str) -> bool:
    place = place.rstrip("/")
    if one.name in ("COPY", "ADD"):
        return (one.args[-1].rstrip("/") + "/").startswith(f"{place}/")
    return one.name == "RUN" and any(
        word.startswith(place) for call in one.calls for word in (*call.arguments, *call.writes)
    )


@rule("practice.no-such-port", Severity.MEDIUM, "ports are 1 to 65535")
def no_such_port(file: Dockerfile) -> Iterator[Hit]:
    """EXPOSE tells of a port that there cannot be."""
    for _, one in file.every:
        for word in one.args if one.name == "EXPOSE" else ():
            number = word.partition("/")[0]
            if number.isdecimal() and not 1 <= int(number) <= 65535:
                yield Hit(one.start, f"there is no port {number}")
