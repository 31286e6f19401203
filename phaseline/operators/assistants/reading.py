"""A Dockerfile as stages and instructions, as BuildKit reads it; pure.

The grammar (parser directives, continuations, builder flags, exec forms, heredocs) is that of
BuildKit's own parser, as e2b-dockerfile-utils ports it. Here are the meanings that rules ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from phaseline.core.errors import InvalidConfiguration
from phaseline.operators.assistants import shell
from phaseline.operators.assistants.shell import Call

_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::-(?P<default>[^}]*))?\}|(?P<bare>\w+))")
_IMAGE = re.compile(r"(?P<name>[^@]+?)(?::(?P<tag>[\w][\w.-]*))?(?:@(?P<digest>.+))?")


@dataclass(frozen=True)
class Image:
    """An image reference. `known` is whether it holds no variable without a default."""

    text: str
    name: str
    tag: str
    digest: str
    known: bool

    @property
    def short(self) -> str:
        """The last part of its name: `python` of `docker.io/library/python`."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Attributes:
        name: in capitals; written: as it stands in the file.
        args: as BuildKit's parser splits them; of ENV and LABEL (key, value, separator) in turn.
        exec_form: they were given as a JSON array.
        text: the whole instruction in one line, without its heredocs.
        heredocs: their contents.
        start, end: its first and last line, counted from 1.
    """

    name: str
    written: str
    flags: tuple[str, ...]
    args: tuple[str, ...]
    exec_form: bool
    text: str
    heredocs: tuple[str, ...]
    start: int
    end: int

    @property
    def rest(self) -> str:
        """What follows its name and flags."""
        return " ".join(self.args)

    @cached_property
    def script(self) -> str:
        """The text that a shell is given, heredocs included; of an exec form its words."""
        bare = re.sub(r"\d?<<-?\s*\S+", "", self.rest).strip()
        return "\n".join((bare, *self.heredocs)) if self.heredocs else self.rest

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The programs that a RUN, CMD or ENTRYPOINT calls; none of other instructions."""
        if self.name not in ("RUN", "CMD", "ENTRYPOINT"):
            return ()
        if self.exec_form:
            return shell.of_argv(self.args)
        bare = re.sub(r"\d?<<-?\s*\S+", "", self.rest).strip()
        return shell.calls(bare) if bare else shell.calls("\n".join(self.heredocs))

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """Names and values, without quotes, of an ENV, LABEL or ARG; an ARG may have none."""
        if self.name == "ARG":
            parts = [word.partition("=") for word in self.args]
            return tuple((name, value.strip("\"'")) for name, _, value in parts)
        named = zip(self.args[::3], self.args[1::3], strict=False)
        return tuple((name.strip("\"'"), value.strip("\"'")) for name, value in named)

    @property
    def mounts(self) -> tuple[str, ...]:
        """The values of its `--mount` flags."""
        return tuple(f.partition("=")[2] for f in self.flags if f.startswith("--mount="))

    def flag(self, name: str) -> str:
        """The value of the flag `--name`; empty where it is not given."""
        found = [flag for flag in self.flags if flag.partition("=")[0] == f"--{name}"]
        return found[0].partition("=")[2] if found else ""

    @property
    def sources(self) -> tuple[str, ...]:
        """What a COPY or ADD takes; without those that are heredocs."""
        return tuple(word for word in self.args[:-1] if not word.startswith("<<"))


@dataclass
class Stage:
    """One stage. `parent` is the stage that its FROM names, `image` the image otherwise."""

    index: int
    name: str
    start: Instruction
    image: Image
    parent: Stage | None
    instructions: list[Instruction] = field(default_factory=list)

    def of(self, *names: str) -> list[Instruction]:
        """Its instructions with one of `names`, in order."""
        return [one for one in self.instructions if one.name in names]

    @property
    def lineage(self) -> tuple[Stage, ...]:
        """Itself, its parent, and so on: all of whose layers it has."""
        return (self, *(self.parent.lineage if self.parent else ()))

    @property
    def root(self) -> Image:
        """The image that its lineage begins with."""
        return self.lineage[-1].image

    @property
    def environment(self) -> Mapping[str, str]:
        """What ENV sets in it, and in the stages that it starts from."""
        found = dict(self.parent.environment) if self.parent else {}
        for one in self.of("ENV"):
            found.update(one.pairs)
        return found

    def last(self, *names: str) -> Instruction | None:
        """The last such instruction that its image has, inherited ones included."""
        for stage in self.lineage:
            if found := stage.of(*names):
                return found[-1]
        return None


@dataclass(frozen=True)
class Dockerfile:
    """A whole file. It has at least one stage; the last one is what is built.

    Attributes:
        lines: without their ends.
        before: the ARGs before the first FROM.
        empty_continuations: lines that end a continued instruction's empty line.
    """

    text: str
    lines: tuple[str, ...]
    escape: str
    before: tuple[Instruction, ...]
    stages: tuple[Stage, ...]
    empty_continuations: tuple[int, ...]

    @property
    def final(self) -> Stage:
        """The stage that is built."""
        return self.stages[-1]

    @property
    def shipped(self) -> Iterator[tuple[Stage, Instruction]]:
        """Each instruction whose layer is in the image, with its stage."""
        for stage in reversed(self.final.lineage):
            yield from ((stage, one) for one in stage.instructions)

    @property
    def every(self) -> Iterator[tuple[Stage, Instruction]]:
        """Each instruction of each stage."""
        for stage in self.stages:
            yield from ((stage, one) for one in stage.instructions)

    def source(self, one: Instruction) -> str:
        """An instruction as it stands in the file, with its line ends but the last."""
        return "\n".join(self.lines[one.start - 1 : one.end])


def read(text: str) -> Dockerfile:
    """Parse a Dockerfile.

    Raises:
        InvalidConfiguration: it is none; the line is named.
    """
    from e2b_dockerfile_utils import DockerfileSyntaxError, parse_dockerfile_ast

    try:
        parsed = parse_dockerfile_ast(text)
    except DockerfileSyntaxError as error:
        raise InvalidConfiguration("this is no Dockerfile", why=str(error)) from error
    found = [
        Instruction(
            name=one.name,
            written=one.original.split(maxsplit=1)[0],
            flags=tuple(one.flags),
            args=tuple(one.args),
            exec_form=one.json,
            text=one.original,
            heredocs=tuple(heredoc.content for heredoc in one.heredocs),
            start=one.start_line,
            end=one.end_line,
        )
        for one in parsed.instructions
    ]
    before, stages = _staged(found)
    return Dockerfile(
        text=text,
        lines=tuple(text.split("\n")),
        escape=parsed.escape_token,
        before=before,
        stages=stages,
        empty_continuations=tuple(warning.line for warning in parsed.warnings),
    )


def _staged(found: list[Instruction]) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    before: list[Instruction] = []
    stages: list[Stage] = []
    for one in found:
        if one.name == "FROM" and one.args:
            stages.append(_begun(one, stages, _defaults(before)))
        elif stages:
            stages[-1].instructions.append(one)
        else:
            before.append(one)
    if not stages:
        raise InvalidConfiguration("this is no Dockerfile", why="it has no FROM")
    return tuple(before), tuple(stages)


def _begun(one: Instruction, stages: list[Stage], defaults: Mapping[str, str]) -> Stage:
    wanted = _expanded(one.args[0], defaults)
    named = [stage for stage in stages if stage.name and stage.name == wanted.lower()]
    name = one.args[2].lower() if len(one.args) > 2 and one.args[1].lower() == "as" else ""
    return Stage(len(stages), name, one, image(wanted), named[-1] if named else None)


def _defaults(before: list[Instruction]) -> dict[str, str]:
    return {name: value for one in before for name, value in one.pairs if value}


def _expanded(text: str, values: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["bare"]
        return values.get(name) or match["default"] or match[0]

    return _VARIABLE.sub(value, text)


def image(text: str) -> Image:
    """An image reference in its parts; a tag or digest that is not given is empty."""
    match = _IMAGE.fullmatch(text)
    assert match  # the name takes all that nothing else does
    name, tag, digest = match["name"], match["tag"] or "", match["digest"] or ""
    return Image(text, name, tag, digest, "$" not in name)
