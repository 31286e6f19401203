"""A command as a value: printable, masked, and runnable again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MASK = "••••••"


@dataclass(frozen=True, kw_only=True)
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
    """

    argv: tuple[str, ...]
    cwd: Path | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    stdin: bytes | None = None
    timeout: float = 60.0
    accept: frozenset[int] = frozenset({0})
    secrets: tuple[str, ...] = ()
    stop: float = 3.0

    def masked(self, text: str) -> str:
        """`text` without this command's secrets."""
        for secret in self.secrets:
            text = text.replace(secret, MASK) if secret else text
        return text

    def __str__(self) -> str:
        return self.masked(shlex.join(self.argv))


@dataclass(frozen=True, kw_only=True)
class Completed:
    """How a command ended: exit code, both outputs as text, seconds it took."""

    command: Command
    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def tail(self) -> str:
        """The last lines that it printed, stderr preferred: where the cause usually stands."""
        text = self.stderr.strip() or self.stdout.strip()
        return "\n".join(self.command.masked(text).splitlines()[-15:])
