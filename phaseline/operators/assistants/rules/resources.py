"""Resources: it takes what it is given, and no more."""

from __future__ import annotations

import re
from collections.abc import Iterator

from phaseline.operators.assistants.advice import Severity
from phaseline.operators.assistants.reading import Dockerfile, Instruction
from phaseline.operators.assistants.rules.model import Hit, replaced, rule, runs

_DEVELOPMENT = re.compile(
    r"--reload\b|--debug\b|\brunserver\b|\b(npm|yarn|pnpm)( run)? dev\b|\bnodemon\b"
    r"|\bvite\b(?! pre)"
    r"|\bwebpack[- ](dev-server|serve)\b|\bng serve\b|\bflask run\b"
)
_SETTINGS = {"FLASK_DEBUG": "1", "FLASK_ENV": "development", "NODE_ENV": "development"}
_IDLING = re.compile(r"\btail\s+-[fF]\s+/dev/null|\bsleep\s+infinity|\bwhile\s+(true|:)\s*;")


def _commands(file: Dockerfile) -> Iterator[Instruction]:
    found = (file.final.last(name) for name in ("ENTRYPOINT", "CMD"))
    return (one for one in found if one)


@rule(
    "resources.fixed-heap",
    Severity.MEDIUM,
    "use `-XX:MaxRAMPercentage`: it follows the container's limit",
)
def fixed_heap(file: Dockerfile) -> Iterator[Hit]:
    """A heap that is larger than the limit ends in a kill, a smaller one wastes it."""
    for one in (*_commands(file), *file.final.of("ENV")):
        if found := re.search(r"-Xmx\w+", one.rest):
            yield Hit(one.start, f"{found[0]} does not follow the container's limit")


@rule("resources.development-server", Severity.MEDIUM, "start the server that is meant for use")
def development_server(file: Dockerfile) -> Iterator[Hit]:
    """It watches files, keeps sources, and serves one request at a time."""
    for one in _commands(file):
        if _DEVELOPMENT.search(one.rest.replace('"', " ")):
            yield Hit(one.start, "this server is for development")
    for one in file.final.of("ENV"):
        if any(_SETTINGS.get(name) == value for name, value in one.pairs):
            yield Hit(one.start, "it is set up for development")


@rule(
    "resources.idling", Severity.MEDIUM, "let the server itself be the process, in the foreground"
)
def idling(file: Dockerfile) -> Iterator[Hit]:
    """The container lives on when the server has died, and nobody restarts it."""
    for one in _commands(file):
        if _IDLING.search(one.rest):
            yield Hit(one.start, "the container waits for nothing while the server is elsewhere")


@rule(
    "resources.several-servers", Severity.MEDIUM, "one container for each, so each has its limits"
)
def several_servers(file: Dockerfile) -> Iterator[Hit]:
    """One limit, one log and one restart for several programs."""
    for one in _commands(file):
        started = re.findall(r"\bservice\s+[\w-]+\s+start\b", one.rest)
        if len(started) > 1 or re.search(r"\b(supervisord|s6-svscan|runsvdir)\b", one.rest):
            yield Hit(one.start, "several servers share one container")


@rule("resources.unbounded-jobs", Severity.MEDIUM, 'write `make -j"$(nproc)"`')
def unbounded_jobs(file: Dockerfile) -> Iterator[Hit]:
    """make starts as many compilers as there are files, and the machine runs out of memory."""
    for _, one in runs(file.every):
        for call in one.calls:
            words = [*call.arguments, ""] if call.program == "make" else []
            following = words[words.index("-j") + 1] if "-j" in words else "1"
            if not following.isdecimal() and not re.search(r"-j \$", one.rest):
                edits = replaced(file, one, r"(?<=\s)-j(?=\s|$)", '-j"$(nproc)"')
                yield Hit(one.start, "make -j has no bound", edits)


@rule("resources.check-too-often", Severity.LOW, "check every 10 seconds or less often")
def check_too_often(file: Dockerfile) -> Iterator[Hit]:
    """Each check starts a process."""
    one = file.final.last("HEALTHCHECK")
    found = re.fullmatch(r"([\d.]+)(ms|s)", one.flag("interval")) if one else None
    if one and found and float(found[1]) / (1000 if found[2] == "ms" else 1) < 5:
        yield Hit(one.start, f"a process is started every {one.flag('interval')}")


@rule(
    "resources.check-without-end", Severity.LOW, "give HEALTHCHECK a `--timeout` of a few seconds"
)
def check_without_end(file: Dockerfile) -> Iterator[Hit]:
    """Checks that hang are held for longer than the next one takes to come."""
    one = file.final.last("HEALTHCHECK")
    found = re.fullmatch(r"(\d+)(s|m)", one.flag("timeout")) if one else None
    if one and found and int(found[1]) * (60 if found[2] == "m" else 1) > 60:
        yield Hit(one.start, f"a check that hangs is held for {one.flag('timeout')}")
