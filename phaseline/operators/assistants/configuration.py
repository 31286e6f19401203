"""T004: the configuration of the assistants, rendered; nothing in it is secret."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.assistants import choice, prompts
from phaseline.process import journal
from phaseline.render import render


def folder(context: Context) -> Path:
    """Where it lies."""
    return context.state / "docker-ai"


def render_configuration(context: Context) -> Report:
    """Write what Gordon, docker-agent and a model are told, and say who would be asked now.

    The files are the same whichever of them is there.
    """
    write(context)
    found = choice.choose(choice.known(folder(context), choice.told(context)))
    journal.current().line(str(found))
    wanted = context.workspace.settings["assistant"]
    return Report(f"each run asks {wanted}; `invoke image.advise` would ask {found.name}")


def write(context: Context) -> None:
    """Write the files."""
    instructions = prompts.instructions()
    values = {
        "instructions": instructions.rstrip("\n"),
        "variables": {"base": choice.BASE, "model": choice.MODEL, "key": choice.KEY},
        "base": choice.DEFAULT_BASE,
        "seconds": int(choice.SECONDS),
    }
    place = folder(context)
    write_atomic(place / "instructions.md", instructions)
    for name in ("agent.yaml", "model.yaml", "gordon/gordon-mcp.yml"):
        template = prompts.TEMPLATES / f"{Path(name).name}.j2"
        write_atomic(place / name, render(template, values))
