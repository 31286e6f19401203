"""The ed25519 key that evidence is signed with, and the public keys that are trusted.

The key is in `$XDG_CONFIG_HOME/phaseline/signing-key.pem` (PKCS #8, mode 0600), made at first use,
or in the variable PHASELINE_SIGNING_KEY as PEM text, which beats the file. Its id is the sha256, as
hex, of the DER SubjectPublicKeyInfo: `openssl pkey -pubin -outform DER | sha256sum`. No message
says anything of what the file or the variable holds.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import locked, write_atomic

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
    from securesystemslib.signer import SSlibKey

VARIABLE = "PHASELINE_SIGNING_KEY"
_HOW = "give an unencrypted ed25519 key: openssl genpkey -algorithm ed25519"
_PUBLIC = re.compile("-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)
_LONGEST_WAIT = 30.0


@dataclass(frozen=True)
class Signer:
    """A private key to sign with, and the id of its public part."""

    key: Ed25519PrivateKey
    keyid: str

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`: 64 bytes."""
        return self.key.sign(data)

    @property
    def public_key(self) -> SSlibKey:
        """The public part, under the same id."""
        from securesystemslib.signer import SSlibKey

        return SSlibKey.from_crypto(self.key.public_key(), keyid=self.keyid)


def key_file() -> Path:
    """Where this user's key lies."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "phaseline" / "signing-key.pem"


def signer() -> Signer:
    """The key to sign with; made now if there is none. Two processes at once get the same one.

    Raises:
        InvalidConfiguration: the variable or the file holds no such key, or others may read it.
    """
    if not _exists():
        _make()
    return _load()


def own_key() -> SSlibKey | None:
    """The public part of our key, or None if there is none; makes nothing.

    Raises:
        InvalidConfiguration: as `signer`.
    """
    return _load().public_key if _exists() else None


def read_keys(path: Path) -> list[SSlibKey]:
    """The public keys in the PEM file `path`, one or more.

    Raises:
        InvalidConfiguration: it cannot be read, or holds anything but ed25519 public keys.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        blocks = _PUBLIC.findall(path.read_text(encoding="ascii"))
        keys = [load_pem_public_key(block.encode()) for block in blocks]
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidConfiguration(f"--key {path} cannot be read", why=reason) from None
    except (ValueError, UnsupportedAlgorithm):
        keys = []
    ours = [_named(key) for key in keys if isinstance(key, Ed25519PublicKey)]
    if not ours or len(ours) != len(keys):
        raise InvalidConfiguration(
            f"--key {path} is no ed25519 public key in PEM form",
            fix="`invoke evidence.key`, where the evidence was made, prints the right one",
        )
    return ours


def pem(key: SSlibKey) -> str:
    """The public key as PEM text, the form that cosign and openssl read."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = _public(key)
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def _exists() -> bool:
    return bool(os.environ.get(VARIABLE)) or key_file().exists()


def _make() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = key_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = path.with_suffix(".lock")
    with locked(lock, "making the signing key", wait_seconds=_LONGEST_WAIT):
        if not path.exists():  # another process may have been first
            pem = Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            write_atomic(path, pem, mode=0o600)


def _load() -> Signer:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    source, text = _text()
    try:
        key = load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidConfiguration(f"{source} holds no ed25519 private key in PEM form", fix=_HOW)
    return Signer(key, _id(key.public_key()))


def _text() -> tuple[str, bytes]:
    if given := os.environ.get(VARIABLE):
        return VARIABLE, given.encode()
    path = key_file()
    try:
        mode, text = path.stat().st_mode & 0o777, path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidConfiguration(f"the key {path} cannot be read", why=reason) from None
    if mode & 0o077:
        raise InvalidConfiguration(
            f"the key {path} is open to other users",
            why=f"its mode is {mode:04o}",
            fix=f"if nobody has read it, chmod 600 {path}; else remove it for a new one",
        )
    return str(path), text


def _named(public: Ed25519PublicKey) -> SSlibKey:
    from securesystemslib.signer import SSlibKey

    return SSlibKey.from_crypto(public, keyid=_id(public))


def _id(public: Ed25519PublicKey) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(der).hexdigest()


def _public(key: SSlibKey) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.keyval["public"]))
