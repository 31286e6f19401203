"""Texts of the cluster's without what is secret in them: URLs' passwords, tokens, assignments."""

from __future__ import annotations

import re

from phaseline.operators.ai_operations.snapshot.likeness import likeness
from phaseline.operators.assistants.redaction import redacted
from phaseline.operators.assistants.rules.secret import SECRET_NAME

_OF_URL = re.compile(r"(?P<before>[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s/@]+(?=@)", re.I)
_TOLD = re.compile(
    r"(?P<before>(?:password|passwd|secret|token|api[_-]?key)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;&)]{3,}",
    re.I,
)
_WORDS = ("password", "passwd", "secret", "token", "credential", "credentials")
_ALIKE = 0.85  # a misspelt variable is what a diagnosis shows
HIDDEN = "(hidden)"


def discreet(text: str) -> str:
    """`text` with `(hidden)` for what looks like a secret; all else stays as it is."""
    text = _OF_URL.sub(rf"\g<before>{HIDDEN}", text)
    return redacted(_TOLD.sub(rf"\g<before>{HIDDEN}", text))


def secret_name(name: str) -> bool:
    """Whether what has this name is secret: by its end, or a word of it that is nearly one."""
    if SECRET_NAME.search(name):
        return True
    words = re.split(r"[^A-Za-z]+", name.lower())
    return any(likeness(one, known) > _ALIKE for one in words if len(one) > 4 for known in _WORDS)
