"""What assistants are told and asked. The file is quoted as data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.core.files import digest_text
from phaseline.operators.assistants.advice import Dimension, Severity
from phaseline.operators.assistants.redaction import redacted
from phaseline.operators.assistants.target import Target
from phaseline.render import render

TEMPLATES = Path(__file__).parent / "templates"
LARGEST = 40_000  # bytes of a quoted file: a prompt is one argument, which Linux ends at 128 KiB


@dataclass(frozen=True)
class Prompt:
    """Standing instructions, and the question with what it is about.

    Attributes:
        schema: JSON schema of the answer, for an assistant that can be held to one.
    """

    instructions: str
    question: str
    schema: Mapping[str, Any] | None = None

    @property
    def whole(self) -> str:
        """Both, for an assistant that takes one text."""
        return f"{self.instructions}\n{self.question}"


def instructions() -> str:
    """What each assistant is told, whatever the file."""
    values = {"dimensions": [*map(str, Dimension)], "severities": [*map(str, Severity)]}
    return render(TEMPLATES / "instructions.md.j2", values)


def of_target(target: Target) -> Prompt:
    """The prompt for one file, without the secrets in it."""
    quoted = quote(target.path, redacted(target.text))
    # the file cannot hold its own digest, so nothing in it can look like the end of it
    values = {"quoted": quoted, "mark": digest_text(quoted)[:16]}
    return Prompt(instructions(), render(TEMPLATES / "question.md.j2", values))


def quote(path: str, text: str) -> str:
    """A file as one line of JSON, in ASCII: it can neither end its string nor command a terminal.

    `/attach `, with which docker-agent would be told to send another file, is written otherwise.
    """
    quoted = json.dumps({"path": path, "content": text})
    return quoted.replace("/attach ", "/attach\\u0020")
