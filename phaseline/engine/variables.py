"""Environment variables as parts of a key: those that a step declares, and no others."""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import urlsplit

from phaseline.core.files import digest_text

# Names of which the value is nobody's business.
TELLING = re.compile(r"passw|secret|token|credential|private.?key|api.?key", re.IGNORECASE)


def values(declared: Iterable[str]) -> dict[str, str | None]:
    """The variables that are declared, by name; None for one that is not set.

    A name with a `*` stands for all that are set and match. Of a secret, by its name or because it
    is an address with a password, only a digest is given: values are kept and shown.
    """
    found: dict[str, str | None] = {}
    for pattern in declared:
        matching = fnmatch.filter(os.environ, pattern) if "*" in pattern else [pattern]
        found |= {name: _told(name, os.environ.get(name)) for name in sorted(matching)}
    return found


def _told(name: str, value: str | None) -> str | None:
    secret = value and (TELLING.search(name) or _has_password(value))
    return f"hidden, {_digest(name, value or '')}" if secret else value


def _has_password(value: str) -> bool:
    try:
        return bool(urlsplit(value).password)
    except ValueError:  # no address
        return False


@lru_cache(maxsize=256)
def _digest(name: str, value: str) -> str:
    return digest_text(name, value)[:12]
