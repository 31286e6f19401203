"""An Invoke task from a function that returns an exit code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import edge

JSON = {"json": "print JSON instead of a table"}


def make_task(
    body: Callable[..., int], text: str, help_: dict[str, str], example: str
) -> Task[Any]:
    """A task with `text` as its help, and a way to call it that works."""
    body.__doc__ = f"{text}\n\nExample: invoke {example}"
    return Task(edge(body), help=help_)
