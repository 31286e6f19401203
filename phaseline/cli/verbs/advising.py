"""Advice on Dockerfiles."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from invoke.tasks import Task

from phaseline.cli.edge import context
from phaseline.cli.task import make_task
from phaseline.engine.graph import Graph

_TEXT = """Rate Dockerfiles in eight dimensions and show a patch that makes them better.

Gordon is asked where it is, else docker-agent, else a model (PHASELINE_MODEL and OPENAI_BASE_URL
or OPENAI_API_KEY), else the built-in rules. With --apply the patch is tried: built, checked, and
rolled back if anything is worse. See docs/assistants.md."""
_HELP = {
    "component": "the Dockerfile of this component; default: those of all",
    "file": "this Dockerfile, or the template of one",
    "assistant": "gordon, docker-agent, model or rules; default: the first that is there",
    "apply": "try the patch, after a question",
    "yes": "with --apply: do not ask",
    "json": "print JSON",
}


def tasks(graph: Graph, folder: Path, everything: tuple[str, ...]) -> dict[str, Task[Any]]:
    """The tasks by name."""

    def advise(
        c: object,
        component: str = "",
        file: str = "",
        assistant: str = "auto",
        apply: bool = False,
        yes: bool = False,
        json: bool = False,
    ) -> int:
        from phaseline.cli import advising

        wanted = advising.Wanted(
            component=component,
            file=file,
            assistant=assistant,
            apply=apply,
            yes=yes,
            json=json,
        )
        return advising.advise(graph, lambda: context(folder), wanted)

    example = "image.advise --component backend --assistant rules"
    return {"image.advise": make_task(advise, _TEXT, _HELP, example)}
