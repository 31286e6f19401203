"""Running a phase afresh and comparing it with the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task
from phaseline.engine.graph import Graph

_HELP = {
    "phase": "the phase, by number or name",
    "all": "every phase that was run here",
    "keep": "leave the separate workspace, and what it made, for a look at it",
    "head": "the head that the evidence must contain, as a run printed it",
    "key": "file with the public keys to trust, PEM; default: the one that signs here",
    "json": "print JSON; progress goes to standard error",
}
_TEXT = """Run a phase afresh in a separate workspace, and compare with the evidence.

Files and images must come out identical; of live things, what their step declares is compared.
Exit code 0: identical, 1: something differs, any other: it could not be replayed."""


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name; `replay` is `evidence.replay` too."""

    def replay(
        c: object,
        phase: str = "",
        all: bool = False,
        keep: bool = False,
        head: str = "",
        key: str = "",
        json: bool = False,
    ) -> int:
        from phaseline.cli import replaying

        here = context(folder)
        trust = replaying.trust(head, key)
        phases = replaying.wanted(graph, here, phase, everything=all)
        return replaying.replay(graph, here, phases, trust, keep=keep, as_json=json)

    verb = make_task(replay, _TEXT, _HELP, "replay --phase chart")
    return {"replay": verb, "evidence.replay": verb}
