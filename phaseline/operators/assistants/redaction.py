"""What no assistant is shown: passwords and tokens that stand in the file."""

from __future__ import annotations

import os
import re

from phaseline.operators.assistants.rules.secret import SECRET_NAME, SECRET_TEXT

REDACTED = "[redacted]"
_VALUE = r"(?P<value>\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']\S*)"
_ASSIGNED = re.compile(rf"(?P<before>(?P<name>[\w-]+)=){_VALUE}")
_OLD_FORM = re.compile(rf"(?P<before>^\s*ENV\s+(?P<name>\w+)\s+){_VALUE}", re.I | re.M)
_SHORTEST = 8  # of a variable's value: shorter ones would mask ordinary words


def redacted(text: str) -> str:
    """`text` without values of what is named like a secret, and without what looks like one.

    Lines stay lines, so that a patch of others still fits.
    """
    text = SECRET_TEXT.sub(REDACTED, text)
    return _OLD_FORM.sub(_value, _ASSIGNED.sub(_value, text))


def _value(match: re.Match[str]) -> str:
    value = match["value"].strip("\"'")
    if not value or value.startswith(("$", "/", "{{")) or not SECRET_NAME.search(match["name"]):
        return match[0]
    return f"{match['before']}{REDACTED}"


def of_environment() -> tuple[str, ...]:
    """The secrets of our own environment, which programs that we start could print."""
    found = (value for name, value in os.environ.items() if SECRET_NAME.search(name))
    return tuple(value for value in found if len(value) >= _SHORTEST)
