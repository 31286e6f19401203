"""Gordon, `docker ai`, of Docker Desktop 4.61 and later; and which plugins the docker on PATH has.

Documented are `docker ai PROMPT`, `-C DIR` and `docker ai version`; not documented are exit codes
and a batch mode. It asks `[Y/n/a]` before it uses a tool. Here nothing is there to answer, and an
output that shows such a question, or a call, is no answer.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from phaseline.core.errors import CheckFailed, CommandFailed, TimedOut, ToolMissing
from phaseline.core.texts import plain
from phaseline.process.command import Command
from phaseline.process.run import attempt, run

PROBE_SECONDS = 5.0
_INFO = ("docker", "info", "--format", "{{json .ClientInfo.Plugins}}")
_USES_TOOL = re.compile(r"\[Y/n/a\]|^\s*[•●] Calling \w", re.MULTILINE)


def plugins(limit: float = PROBE_SECONDS) -> dict[str, str]:
    """The plugins of the docker on PATH, by name; with each why it is broken, or nothing.

    Raises:
        ToolMissing: there is no docker on PATH.
        TimedOut: docker does not answer.
        CommandFailed: docker does not tell them.
    """
    answer = attempt(Command(argv=_INFO, timeout=limit, data=True))  # its exit code is the daemon's
    try:
        listed = json.loads(answer.stdout) or []
        return {one["Name"]: str(one.get("Err") or "") for one in listed}
    except (ValueError, TypeError, KeyError) as error:
        raise CommandFailed("docker does not tell its plugins", why=answer.tail) from error


def obstacle(limit: float = PROBE_SECONDS) -> str:
    """Why Gordon cannot be asked; empty when it can."""
    try:
        found = plugins(limit)
        if "ai" not in found:
            return "the docker on PATH has no plugin `ai`"
        if found["ai"]:
            return f"docker's plugin `ai` is broken: {plain(found['ai'])}"
        run(Command(argv=("docker", "ai", "version"), timeout=limit))
    except (CommandFailed, TimedOut, ToolMissing) as error:
        return told(error)
    return ""


def ask(prompt: str, folder: Path, *, limit: float, secrets: tuple[str, ...] = ()) -> str:
    """What Gordon answers to `prompt`, in `folder`, whose gordon-mcp.yml names its MCP servers.

    Raises:
        CommandFailed, TimedOut, ToolMissing: as `run`.
        CheckFailed: it wanted to use a tool.
    """
    argv = ("docker", "ai", "-C", str(folder), prompt)
    said = run(Command(argv=argv, cwd=folder, timeout=limit, secrets=secrets))
    answer = "\n".join(plain(line) for line in said.stdout.split("\n"))
    if found := _USES_TOOL.search(f"{answer}\n{said.stderr}"):
        raise CheckFailed("Gordon wanted to use a tool", why=found[0].strip())
    return answer


def told(error: CommandFailed | TimedOut | ToolMissing) -> str:
    """An error in one line, with the last line of what was printed."""
    last = plain(error.why.strip().splitlines()[-1]) if error.why.strip() else ""
    return f"{error.what}: {last}" if last else error.what
