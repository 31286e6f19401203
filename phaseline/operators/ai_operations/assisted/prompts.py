"""What an assistant is told and asked about a request, which is quoted as data."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.files import digest_text
from phaseline.operators.ai_operations.assisted import answer
from phaseline.operators.ai_operations.assisted.sight import seen
from phaseline.operators.ai_operations.planner.world import World
from phaseline.operators.ai_operations.secrecy import HIDDEN, discreet, secret_name
from phaseline.operators.assistants.prompts import LARGEST, Prompt
from phaseline.render import render

TEMPLATES = Path(__file__).parent / "templates"
# A word that is told to be secret: "with the password hunter2", "token is abc".
_SPOKEN = re.compile(
    r"(?P<before>\b(?P<word>password|passwd|passphrase|secret|token|credentials?|api[ _-]?key)s?"
    r"(?:\s+(?:is|of|to|as|be|value|named|called|with))*\s+[\"']?)(?P<value>[^\s\"',;]+)",
    re.I,
)
_HOLDERS = ("secret", "credential", "credentials")  # what follows may be the name of an object
_NAME = re.compile(r"[a-z]{1,12}(-[a-z]{1,12})*")
_RANDOM = re.compile(r"(?=[^\s]*\d)(?=[^\s]*[A-Za-z])[A-Za-z0-9+=_~!$%^&*-]{20,}")


def instructions() -> str:
    """What each assistant is told, whatever the request."""
    values = {"schema": json.dumps(answer.schema(), separators=(",", ":"))}
    return render(TEMPLATES / "instructions.md.j2", values)


def of_request(request: str, world: World) -> Prompt:
    """The prompt for one request about the namespace that is meant.

    Raises:
        CheckFailed: there is more to show than can be sent.
    """
    content = {"request": redacted(request), "cluster": _discreet(seen(world))}
    quoted = json.dumps(content).replace("/attach ", "/attach\\u0020")
    if len(quoted) > LARGEST:
        raise CheckFailed(f"what is in {world.namespace} is more than {LARGEST} bytes")
    # it cannot hold its own digest, so nothing in it can look like the end of it
    values = {"quoted": quoted, "mark": digest_text(quoted)[:16]}
    question = render(TEMPLATES / "question.md.j2", values)
    return Prompt(instructions(), question, answer.schema())


def redacted(request: str) -> str:
    """The words without what is, or looks like, a secret."""
    return _RANDOM.sub(HIDDEN, _SPOKEN.sub(_spoken, discreet(request)))


def _spoken(match: re.Match[str]) -> str:
    named = match["word"].lower() in _HOLDERS and _NAME.fullmatch(match["value"])
    return match[0] if named else f"{match['before']}{HIDDEN}"


def _discreet(content: Any) -> Any:
    if isinstance(content, dict):
        return {
            name: HIDDEN if isinstance(value, str) and secret_name(name) else _discreet(value)
            for name, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [_discreet(one) for one in content]
    return _RANDOM.sub(HIDDEN, discreet(content)) if isinstance(content, str) else content
