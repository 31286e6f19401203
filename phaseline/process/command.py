"""A command as a value: printable, masked, and runnable again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MASK = "••••••"
_TELLING = 8  # a shorter line of a secret, such as a bracket, gives nothing away


@dataclass(frozen=True, kw_only=True, repr=False)
class Command:
    """One call of an external program. There is never a shell between us and it.

    Attributes:
        argv: program and arguments.
        env: laid over our own environment; a None value removes a variable.
        stdin: bytes given to it; nothing (the null device) by default.
        timeout: seconds until its process group is ended.
        accept: exit codes that are no failure.
        secrets: texts that never appear in print or record.
        stop: seconds between SIGTERM and SIGKILL.
        data: what it prints to its output is an answer for us, such as JSON with a Secret in it:
            it is kept out of logs and messages.
    """

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    stdin: bytes | None = None
    timeout: float = 60.0
    accept: frozenset[int] = frozenset({0})
    secrets: tuple[str, ...] = ()
    stop: float = 3.0
    data: bool = False

    def masked(self, text: str) -> str:
        """`text` without this command's secrets, nor the lines of those that have several."""
        for secret in self._hidden():
            text = text.replace(secret, MASK)
        return text

    def _hidden(self) -> list[str]:
        lines = [line for secret in self.secrets for line in secret.splitlines()]
        found = {*self.secrets, *(line for line in lines if len(line) >= _TELLING)} - {""}
        return sorted(found, key=len, reverse=True)  # one may be the beginning of another

    def __str__(self) -> str:
        return " ".join(self._shown(argument) for argument in self.argv)

    def _shown(self, argument: str) -> str:
        masked = self.masked(argument)  # first: quoting may change how a secret looks
        return shlex.quote(masked) if masked == argument else masked

    def __repr__(self) -> str:
        return f"<Command {self}>"


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a command ended: exit code, both outputs as text, seconds it took."""

    command: Command
    code: int
    stdout: str = field(repr=False)
    stderr: str = field(repr=False)
    seconds: float

    @property
    def tail(self) -> str:
        """The last lines that it printed, stderr preferred: where the cause usually stands."""
        text = self.stderr.strip() or ("" if self.command.data else self.stdout.strip())
        return "\n".join(self.command.masked(text).splitlines()[-15:])
