"""hadolint, the linter of Dockerfiles: what it says of one, as values.

Output: `--format json`, a list of {line, column, code, level, message, file}.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phaseline.core.errors import CommandFailed
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools.toolchain import ensure

Level = Literal["error", "warning", "info", "style"]
_SETTINGS = Path(__file__).parent / "templates" / "hadolint.yaml"


@dataclass(frozen=True)
class Remark:
    """One of its findings; `code` is its own rule or one of ShellCheck's."""

    code: str
    level: Level
    line: int
    message: str


def lint(dockerfile: Path) -> list[Remark]:
    """What hadolint says of a Dockerfile.

    What the file says of hadolint is not heeded, nor are settings of the user's: nothing is ignored
    in silence.

    Raises:
        ToolMissing: there is no hadolint to be had.
        CommandFailed: it answers otherwise than documented.
    """
    program = ensure("hadolint").path
    completed = run(
        Command(
            argv=(
                str(program),
                "--no-fail",
                "--no-color",
                "--format=json",
                "--disable-ignore-pragma",
                f"--config={_SETTINGS}",
                str(dockerfile),
            ),
            env={name: None for name in os.environ if name.startswith("HADOLINT_")},
            timeout=60.0,
            data=True,
        )
    )
    return parse(completed.stdout)


def parse(text: str) -> list[Remark]:
    """The remarks in hadolint's JSON.

    Raises:
        CommandFailed: it is none.
    """
    try:
        return [
            Remark(str(one["code"]), one["level"], int(one["line"]), str(one["message"]))
            for one in json.loads(text)
        ]
    except (ValueError, TypeError, KeyError) as error:
        raise CommandFailed("hadolint gives no list of findings", why=text[:500]) from error
