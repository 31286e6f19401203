"""docker-agent, the runtime below Gordon: docker's plugin `agent`, or the program on its own.

`run --exec FILE MESSAGE` is its mode without a terminal; with `--json` it prints one event a line:
`agent_choice` a piece of the answer, `tool_call…` that a tool is used, `error` what went wrong.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed, CommandFailed, TimedOut, ToolMissing
from phaseline.core.texts import plain
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import docker_ai
from phaseline.tools.docker_ai import PROBE_SECONDS

_QUIET = {"TELEMETRY_ENABLED": "false", "DOCKER_AGENT_NO_SETUP": "1"}


def program(limit: float = PROBE_SECONDS) -> tuple[str, ...]:
    """How it is called here.

    Raises:
        ToolMissing: it is not there.
        TimedOut, CommandFailed: docker does not say whether it is.
    """
    if shutil.which("docker-agent"):
        return ("docker-agent",)
    found = docker_ai.plugins(limit)
    if "agent" not in found:
        raise ToolMissing("docker has no plugin `agent`, and no docker-agent is on PATH")
    if broken := found["agent"]:
        raise ToolMissing(f"docker's plugin `agent` is broken: {plain(broken)}")
    return ("docker", "agent")


def obstacle(config: Path, limit: float = PROBE_SECONDS) -> str:
    """Why the agent of the file `config` cannot be asked; empty when it can.

    `doctor` tells whether a model and its credentials are there.
    """
    try:
        call = program(limit)
        for words in (("version",), ("doctor", str(config))):
            run(Command(argv=(*call, *words), timeout=limit, env=_QUIET))
    except (CommandFailed, TimedOut, ToolMissing) as error:
        return docker_ai.told(error)
    return ""


def ask(message: str, config: Path, *, limit: float, secrets: tuple[str, ...] = ()) -> str:
    """What the agent of the file `config` answers; it is given no tools, and asked to use none.

    Raises:
        CommandFailed, TimedOut, ToolMissing: as `run`; or it tells of an error itself.
        CheckFailed: it wanted to use a tool.
    """
    options = ("--safety", "strict", "--json", "--working-dir", str(config.parent))
    argv = (*program(), "run", "--exec", str(config), *options, message)
    command = Command(argv=argv, cwd=config.parent, timeout=limit, env=_QUIET, secrets=secrets)
    events = list(_events(run(command).stdout))
    for event in events:
        kind = str(event.get("type"))
        if kind.startswith("tool_call"):
            raise CheckFailed("docker-agent wanted to use a tool", why=kind)
        if kind == "error":
            why = plain(command.masked(str(event.get("error"))))
            raise CommandFailed("docker-agent tells of an error", why=why)
    return "".join(str(e.get("content", "")) for e in events if e.get("type") == "agent_choice")


def _events(text: str) -> Iterator[dict[str, Any]]:
    for line in text.split("\n"):
        try:
            event = json.loads(line)
        except ValueError:
            continue  # what its programs print besides
        if isinstance(event, dict):
            yield event
