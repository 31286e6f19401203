"""DSSE envelopes: one signature over one in-toto statement, in one form of bytes only.

Format: https://github.com/secure-systems-lab/dsse (v1.0). The bytes are canonical JSON with a
newline, so no byte of a file can change without being noticed, not even a space. They are written
here and read by securesystemslib: importing that takes as long as signing a thousand of them.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from phaseline.core import fast_json
from phaseline.core.errors import CheckFailed

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope

    from phaseline.engine.signing import Signer

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode

PAYLOAD_TYPE = "application/vnd.in-toto+json"


def canonical(value: Any) -> bytes:
    """JSON in ASCII, sorted, without spaces."""
    return _encode(value).encode()


def seal(statement: dict[str, Any], signer: Signer) -> bytes:
    """The bytes of an envelope around `statement`, signed."""
    payload = fast_json.dumps(statement, sort=True)
    signature = signer.sign(_authenticated(payload))
    envelope = {
        "payload": b64encode(payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": signer.keyid, "sig": b64encode(signature).decode()}],
    }
    return fast_json.dumps(envelope, sort=True) + b"\n"  # `_bytes`, sooner: all of it is ASCII


def _authenticated(payload: bytes) -> bytes:
    """What is signed: DSSE's pre-authentication encoding."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


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
    if _bytes(envelope.to_dict()) != data:
        raise CheckFailed("its bytes are not those that were written", why="not canonical JSON")
    return envelope


def _bytes(envelope: dict[str, Any]) -> bytes:
    return canonical(envelope) + b"\n"


def _first_line(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
