"""What a patch may not bring, whoever proposes it and however good it looks.

The rules say whether a Dockerfile got worse. This says whether it got power: over the machine that
renders and builds it, or over what the image reaches and starts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.operators.assistants.advice import Finding, rate
from phaseline.operators.assistants.builtin import judged
from phaseline.operators.assistants.reading import Dockerfile, Instruction, read
from phaseline.operators.assistants.rules.model import APT, installs, packages
from phaseline.operators.assistants.target import Target

_PLACEHOLDER = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_NETWORK = re.compile(
    r"\b(aria2c|curl|ftp|lynx|nc|ncat|netcat|nmap|rsync|scp|sftp|socat|ssh|telnet|tftp|wget)\b"
    r"|\bgit\s+(clone|fetch|pull|push)\b|/dev/(tcp|udp)/|\burllib\b|\brequests\.|\bsocket\b"
)
_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s\"']+|\bgit@[^\s\"']+")
_DIRECTIVE = re.compile(r"^#\s*(syntax|escape|check)\s*=.*$", re.IGNORECASE | re.MULTILINE)
_STEERING = re.compile(
    r"LD_|BASH_ENV$|ENV$|PYTHON(STARTUP|HOME|INSPECT)|NODE_OPTIONS|.*_PROXY$", re.I
)
_MANAGERS = (*APT, "apk", "dnf", "microdnf", "npm", "pip", "pnpm", "yarn", "yum")


def vet(target: Target, new: str) -> None:
    """See that `new` may take the place of the target's text.

    Raises:
        CheckFailed: it brings what no patch may bring, is no Dockerfile, or is rated worse.
    """
    if foreign := _placeholders(new) - _placeholders(target.text):
        raise _refused(f"it brings a placeholder: {min(foreign)[:60]!r}")  # it would be evaluated
    try:
        before, after = read(target.rendered()), read(target.rendered(new))
    except InvalidConfiguration as error:
        raise _refused(f"{error.what}: {error.why}") from error
    if reasons := list(_powers(before, after)):
        raise _refused("; ".join(reasons))
    worse(judged(before.text), judged(after.text))


def worse(before: Iterable[Finding], after: Iterable[Finding]) -> None:
    """See that no rating falls and no rule is broken more often.

    Raises:
        CheckFailed: naming what got worse.
    """
    old, new = list(before), list(after)
    counts = Counter(one.rule for one in new) - Counter(one.rule for one in old)
    was, now = rate(old), rate(new)
    fallen = [f"{d} {was[d]} to {now[d]}" for d in was if now[d] < was[d]]
    if counts or fallen:
        found = [*sorted(counts), *(f"the rating of {text}" for text in fallen)]
        raise _refused(f"the rules find it worse: {', '.join(found)}")


def _placeholders(text: str) -> set[str]:
    rest = _PLACEHOLDER.sub("", text)
    return {*_PLACEHOLDER.findall(text), *re.findall(r"\{[{%#]|[%#}]\}", rest)}


def _powers(before: Dockerfile, after: Dockerfile) -> Iterator[str]:
    if Counter(_directives(after)) != Counter(_directives(before)):
        yield "it changes a parser directive"
    yield from _new("image", _images(before), _images(after))
    yield from _new("address", _addresses(before), _addresses(after))
    yield from _new("network program", _programs(before), _programs(after))
    yield from _new("file that is copied", Counter(), _sources(before, after))
    yield from _new("package", _packages(before), _packages(after))
    yield from _new("flag", _flags(before), _flags(after))
    yield from _new("variable", _steering(before), _steering(after))
    yield from _new("word in what is started", _started(before), _started(after))
    roots = [
        sum(one.rest.partition(":")[0] in ("0", "root") for one in users)
        for users in (_all(before, "USER"), _all(after, "USER"))
    ]
    if roots[1] > roots[0]:
        yield "it switches to root"


def _new(what: str, before: Counter[str], after: Counter[str]) -> Iterator[str]:
    if more := after - before:
        yield f"it brings a new {what}: {min(more)[:60]!r}"


def _all(file: Dockerfile, *names: str) -> list[Instruction]:
    return [one for _, one in file.every if one.name in names]


def _directives(file: Dockerfile) -> list[str]:
    found = (re.match(_DIRECTIVE, line) for line in file.lines)
    return [match[0] for match in found if match]


def _images(file: Dockerfile) -> Counter[str]:
    """Names of images without tag and digest, which a patch may set; once each."""
    stages = {stage.name for stage in file.stages}
    names = {stage.image.name for stage in file.stages if not stage.parent}
    for _, one in file.every:
        mounted = (re.search(r"(?:^|,)from=([^,]+)", mount) for mount in one.mounts)
        used = [one.flag("from"), *(match[1] for match in mounted if match)]
        names |= {name for name in used if name and not name.isdecimal()} - stages
    return Counter({re.sub(r"(:[\w.-]+)?(@.+)?$", "", name): 1 for name in names})


def _addresses(file: Dockerfile) -> Counter[str]:
    return Counter({found: 1 for text in _texts(file) for found in _ADDRESS.findall(text)})


def _sources(before: Dockerfile, after: Dockerfile) -> Counter[str]:
    """What is copied of the context and was not, by itself or with a folder that it lies in."""
    old, new = _copied(before), _copied(after)
    below = {source for source in new if ".." not in source.parts and {*source.parents} & old}
    return Counter(str(source) for source in new - old - below)


def _copied(file: Dockerfile) -> set[PurePosixPath]:
    copies = (one for one in _all(file, "ADD", "COPY") if not one.flag("from"))
    return {PurePosixPath(source) for one in copies for source in one.sources}


def _programs(file: Dockerfile) -> Counter[str]:
    return Counter(found[0] for text in _texts(file) for found in _NETWORK.finditer(text))


def _texts(file: Dockerfile) -> Iterator[str]:
    for _, one in file.every:
        yield from (one.text, *one.heredocs)


def _packages(file: Dockerfile) -> Counter[str]:
    found = (call for one in _all(file, "RUN") for call in installs(one, *_MANAGERS))
    names = {
        re.split(r"[=<>~!@\[]", name, maxsplit=1)[0] or name for c in found for name in packages(c)
    }
    return Counter(dict.fromkeys(names, 1))


def _flags(file: Dockerfile) -> Counter[str]:
    """Flags by which a build gets at the machine, at secrets or at addresses."""
    wide = re.compile(r"--(security|network)=|--mount=.*type=(secret|ssh)|--mount=.*rw\b|--device")
    return Counter(flag for _, one in file.every for flag in one.flags if wide.match(flag))


def _steering(file: Dockerfile) -> Counter[str]:
    names = {n for one in _all(file, "ENV", "ARG") for n, _ in one.pairs if _STEERING.match(n)}
    return Counter(dict.fromkeys(names, 1))


def _started(file: Dockerfile) -> Counter[str]:
    """The words of what is started, which may be arranged anew but not added to."""
    words = {
        word
        for one in _all(file, "CMD", "ENTRYPOINT", "SHELL", "ONBUILD")
        for word in re.findall(r"[^\s\"'\[\],]+", one.text.partition(" ")[2])
    }
    return Counter(dict.fromkeys(words - {"exec"}, 1))


def _refused(why: str) -> CheckFailed:
    return CheckFailed("the patch is refused", why=why)
