"""DSSE envelopes: one signature over one in-toto statement, in one form of bytes only.

Format: https://github.com/secure-systems-lab/dsse (v1.0). The bytes are canonical JSON with a
newline, so no byte of a file can change without being noticed, not even a space.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CheckFailed

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import CryptoSigner

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def canonical(value: Any) -> bytes:
    """JSON in ASCII, sorted, without spaces."""
    return _encode(value).encode()


def seal(statement: dict[str, Any], signer: CryptoSigner) -> bytes:
    """The bytes of an envelope around `statement`, signed."""
    from securesystemslib.dsse import Envelope

    envelope = Envelope(canonical(statement), PAYLOAD_TYPE, {})
    envelope.sign(signer)
    return _bytes(envelope)


def unseal(data: bytes) -> Envelope:
    """The envelope in `data`; its signature is not looked at.

    Raises:
        CheckFailed: it is none, or not in the one form that `seal` writes.
    """
    from securesystemslib.dsse import Envelope

    try:
        envelope = Envelope.from_dict(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckFailed("it is no DSSE envelope", why=_first_line(error)) from error
    if _bytes(envelope) != data:
        raise CheckFailed("its bytes are not those that were written", why="not canonical JSON")
    return envelope


def _bytes(envelope: Envelope) -> bytes:
    return canonical(envelope.to_dict()) + b"\n"


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
