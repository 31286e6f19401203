"""What a rule is, and what rules share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from phaseline.operators.assistants.advice import Dimension, Severity
from phaseline.operators.assistants.edits import Edit
from phaseline.operators.assistants.reading import Dockerfile, Instruction, Stage
from phaseline.operators.assistants.shell import Call

_PREFIXES = {"practice": Dimension.BEST_PRACTICE}


@dataclass(frozen=True)
class Hit:
    """Where a rule is broken, how, and where that is mechanical the change that mends it."""

    line: int
    message: str
    edits: tuple[Edit, ...] = ()


Look = Callable[[Dockerfile], Iterator[Hit]]


@dataclass(frozen=True)
class Rule:
    """One rule. `look` is pure."""

    id: str
    severity: Severity
    fix: str
    look: Look

    @property
    def dimension(self) -> Dimension:
        """What it counts for: the part of its ID before the dot."""
        prefix = self.id.partition(".")[0]
        return _PREFIXES.get(prefix) or Dimension(prefix)


def rule(id: str, severity: Severity, fix: str) -> Callable[[Look], Rule]:
    """Make a rule of a function."""
    return lambda look: Rule(id, severity, fix, look)


def replaced(
    file: Dockerfile, one: Instruction, pattern: str, replacement: str, *, every: bool = False
) -> tuple[Edit, ...]:
    """The change of an instruction's text as it stands in the file; none where nothing matches."""
    old = file.source(one)
    new = re.sub(pattern, replacement, old, count=0 if every else 1)
    return (Edit(one.start, one.end, tuple(new.split("\n"))),) if new != old else ()


def runs(stages: Iterable[tuple[Stage, Instruction]]) -> Iterator[tuple[Stage, Instruction]]:
    """The RUN instructions among `stages`."""
    return ((stage, one) for stage, one in stages if one.name == "RUN")


APT = frozenset({"apt", "apt-get", "aptitude"})
_PIP = frozenset({"pip", "pip3"})
_RPM = frozenset({"dnf", "microdnf", "yum"})
_NODE = frozenset({"npm", "pnpm", "yarn"})
_INSTALLING = {
    **dict.fromkeys(APT | _PIP | _RPM, frozenset({"install"})),
    "apk": frozenset({"add"}),
    "npm": frozenset({"add", "ci", "i", "install"}),
    "pnpm": frozenset({"add", "i", "install"}),
    "yarn": frozenset({"", "add", "install"}),
}


def installs(one: Instruction, *managers: str) -> Iterator[Call]:
    """The calls of `one` with which one of `managers` installs packages."""
    for call in one.calls:
        if call.program in managers and call.verb in _INSTALLING[call.program]:
            yield call


def packages(call: Call) -> tuple[str, ...]:
    """What such a call installs, by name."""
    return call.operands[1:]


def cached_at(one: Instruction, path: str) -> bool:
    """Whether a cache mount of `one` keeps what is written below `path` out of the layer."""
    wanted = [mount for mount in one.mounts if "type=cache" in mount or "type=tmpfs" in mount]
    return any(re.search(rf"(target|dst|destination)=\S*{path}", mount) for mount in wanted)


def runs_dependencies(one: Instruction) -> bool:
    """Whether `one` installs what a manifest of the application names."""
    return one.name == "RUN" and any(_of_a_manifest(call) for call in one.calls)


def _of_a_manifest(call: Call) -> bool:
    name, verb = call.program, call.verb
    if name in _PIP:
        return verb == "install" and call.has("-r", "--requirement")
    if name in _NODE:
        return verb in ("", "ci", "i", "install") and not call.operands[1:]
    return (name, verb) in _MANIFESTS or (name, *call.operands[:2]) == ("go", "mod", "download")


_MANIFESTS = {
    ("bundle", "install"),
    ("cargo", "fetch"),
    ("composer", "install"),
    ("dotnet", "restore"),
    ("mix", "deps.get"),
    ("pipenv", "install"),
    ("poetry", "install"),
    ("uv", "sync"),
}
