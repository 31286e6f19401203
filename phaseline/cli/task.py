"""An Invoke task from a function that returns an exit code, and the numbers that its flags take."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import edge
from phaseline.core.errors import InvalidConfiguration

JSON = {"json": "print JSON instead of a table"}


def make_task(
    body: Callable[..., int], text: str, help_: dict[str, str], example: str
) -> Task[Any]:
    """A task with `text` as its help, and a way to call it that works."""
    body.__doc__ = f"{text}\n\nExample: invoke {example}"
    return Task(edge(body), help=help_)


def whole_number(flag: str, text: str, *, least: int) -> int:
    """The number that `flag` was given: as text, for Invoke answers a wrong one with a traceback.

    Raises:
        InvalidConfiguration: it is none, or below `least`.
    """
    if not text.isdecimal() or int(text) < least:
        raise InvalidConfiguration(f"{flag} {text}: it takes a whole number from {least} up")
    return int(text)
