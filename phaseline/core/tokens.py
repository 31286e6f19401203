"""The tokens of the API: one for each role, made at first use, for the user's eyes only."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import locked, write_atomic

_BYTES = 32
_OTHERS = 0o077


class Role(StrEnum):
    """Who may do what."""

    READER = "reader"
    """looks at everything"""
    OPERATOR = "operator"
    """changes everything"""


def place(state: Path) -> Path:
    """The folder of the tokens: `operator.token` and `reader.token`."""
    return state / "api"


def ensure(state: Path) -> Mapping[Role, str]:
    """The token of each role; made if there is none.

    Raises:
        InvalidConfiguration: others may read one of them, or it is too short to be safe.
    """
    with locked(place(state) / "lock", "make tokens", wait_seconds=10.0):
        return {role: _ensure(place(state) / f"{role}.token") for role in Role}


def _ensure(path: Path) -> str:
    if not path.exists():
        write_atomic(path, secrets.token_urlsafe(_BYTES) + "\n", mode=0o600)
    if path.stat().st_mode & _OTHERS:
        raise InvalidConfiguration(
            f"{path} can be read by others", fix="remove it: the next start makes another one"
        )
    token = path.read_text().strip()
    if len(token) < _BYTES:
        raise InvalidConfiguration(f"{path}: a token has at least {_BYTES} characters")
    return token
