"""Verification of evidence: signatures, statements, the chain, and what stands on disk.

It trusts the public keys that it is given and, for the end of the chain, the head that it is given:
without one nobody can tell that the newest envelopes were cut off.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.files import digest_file
from phaseline.engine import bundle, conformance, entries, envelope
from phaseline.engine.entries import Entry
from phaseline.engine.paths import ABSENT
from phaseline.engine.statement import plain_digest

if TYPE_CHECKING:
    from securesystemslib.dsse import Envelope
    from securesystemslib.signer import SSlibKey


class Kind(StrEnum):
    """What a fault is about."""

    MISSING = "no evidence"
    ENVELOPE = "no valid envelope"
    KEY = "untrusted key"
    SIGNATURE = "wrong signature"
    STATEMENT = "no valid statement"
    NUMBER = "wrong number"
    CHAIN = "broken chain"
    HEAD = "wrong head"
    ALTERED = "altered since"
    """the evidence is sound; the file that it tells of is another one now, or gone"""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        envelope: its number, and its step where it is sound; empty where it is about all of them.
        why: what was found.
    """

    envelope: str
    kind: Kind
    what: str
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Verification:
    """What was found.

    Attributes:
        envelopes: how many there are.
        head: `sha256:…` of the last one's bytes; empty where there is none.
        notes: what is no fault, but should be known.
    """

    envelopes: int
    head: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


@dataclass
class _Chain:
    """The envelopes in order, as far as they were read. An entry is None where it is not sound.

    Attributes:
        skipped: by how much the numbers in the envelopes are ahead of their places.
    """

    skipped: int = 0
    digests: list[str] = field(default_factory=list)
    entries: list[Entry | None] = field(default_factory=list)

    @property
    def sound(self) -> list[Entry]:
        return [entry for entry in self.entries if entry]


def verify(state: Path, root: Path, trusted: Sequence[SSlibKey], *, head: str = "") -> Verification:
    """Check every envelope below `state`, in order, and the files that they tell of.

    Args:
        root: the checkout.
        trusted: the keys that may have signed.
        head: a digest that the chain must contain (see `parse_head`); empty leaves its end open.
    """
    chain = _Chain()
    faults = [
        Fault("", Kind.ENVELOPE, f"{name} has no place beside the chain")
        for name in bundle.foreign(state)
    ]
    keys = {key.keyid: key for key in trusted}
    for line in bundle.lines(state):
        faults += _take(line, chain, keys)
    if not chain.digests:
        why = f"{bundle.place(state)} has no envelope"
        faults.append(Fault("", Kind.MISSING, "there is no evidence", why))
    faults += [*_end(head, chain), *_outputs(chain, root), *_logs(chain, root)]
    return Verification(
        envelopes=len(chain.digests),
        head=chain.digests[-1] if chain.digests else "",
        faults=tuple(faults),
        notes=tuple(_notes(state, head, chain, root)),
    )


def parse_head(text: str) -> str:
    """A head as it was printed, `sha256:` and 64 hex digits; the prefix may be left out.

    Raises:
        InvalidConfiguration: it is something else.
    """
    found = re.fullmatch(r"(?:sha256:)?([0-9a-f]{64})", text.strip().lower())
    if not found:
        raise InvalidConfiguration(
            f"--head {text}: it takes sha256: and 64 hex digits",
            fix="copy the head that the run printed at its end",
        )
    return f"sha256:{found[1]}"


def _take(line: bytes, chain: _Chain, keys: Mapping[str, SSlibKey]) -> Iterator[Fault]:
    """Add one envelope to the chain, and tell what is wrong with it."""
    found = _sound(line, keys, str(len(chain.digests) + 1))
    entry = found if isinstance(found, Entry) else None
    if isinstance(found, Fault):
        yield found
    else:
        yield from _place(found, chain)
    chain.digests.append(bundle.digest(line))
    chain.entries.append(entry)


def _sound(line: bytes, keys: Mapping[str, SSlibKey], number: str) -> Entry | Fault:
    kind = Kind.ENVELOPE
    try:
        sealed = envelope.unseal(line)
        kind = Kind.KEY
        key = _key(sealed, keys)
        kind = Kind.SIGNATURE
        _signed(sealed, key)
        kind = Kind.STATEMENT
        conformance.check(sealed.payload)
        return entries.entry(line, sealed.payload)
    except CheckFailed as error:
        return Fault(number, kind, error.what, error.why)


def _key(sealed: Envelope, keys: Mapping[str, SSlibKey]) -> SSlibKey:
    (name,) = sealed.signatures if len(sealed.signatures) == 1 else ("",)
    if name not in keys:
        who = f"it is signed with the key {name}" if name else "it has not one signature"
        raise CheckFailed("no trusted key has signed it", why=who)
    return keys[name]


def _signed(sealed: Envelope, key: SSlibKey) -> None:
    from securesystemslib.exceptions import VerificationError

    if sealed.payload_type != envelope.PAYLOAD_TYPE:
        raise CheckFailed("it is no in-toto envelope", why=f"its type is {sealed.payload_type}")
    try:
        sealed.verify([key], 1)
    except VerificationError as error:
        why = f"it is not what the key {key.keyid} has signed"
        raise CheckFailed("its content or its signature was changed", why=why) from error


def _place(entry: Entry, chain: _Chain) -> Iterator[Fault]:
    """What is wrong with the place of `entry` after those of `chain`."""
    due = len(chain.digests) + 1 + chain.skipped
    if entry.number != due:
        chain.skipped += entry.number - due
        why = "the numbers have no gap when whole"
        yield Fault(_name(entry), Kind.NUMBER, _gap(entry.number, due), why)
    elif entry.previous != (previous := _last(chain)):
        follows = entry.previous or "none"
        why = f"it was written after {follows}, and there is {previous or 'none'}"
        yield Fault(_name(entry), Kind.CHAIN, "the envelope before it is another one", why)


def _name(entry: Entry) -> str:
    return f"{entry.number} {entry.step}"


def _gap(number: int, due: int) -> str:
    if number < due:
        return f"it is not in its place, number {due} is due"
    return f"number {due} is missing" + (f", up to {number - 1}" if number > due + 1 else "")


def _last(chain: _Chain) -> str:
    return chain.digests[-1] if chain.digests else ""


def _end(head: str, chain: _Chain) -> Iterator[Fault]:
    if head and head not in chain.digests:
        why = f"it ends with {_last(chain) or 'nothing'}: the newest were cut off, or replaced"
        yield Fault("", Kind.HEAD, f"the chain does not contain {head}", why)


def _outputs(chain: _Chain, root: Path) -> Iterator[Fault]:
    """Only the last execution of each step says what should be there now."""
    latest = {entry.step: entry for entry in chain.sound}
    for entry in sorted(latest.values(), key=lambda one: one.number):
        for path, made in sorted(entry.outputs.items()):
            if made != ABSENT and (now := _now(root / path)) != made:
                state = "is gone" if now == ABSENT else "was altered"
                why = f"it was {made}, and is {now}"
                yield Fault(_name(entry), Kind.ALTERED, f"the output {path} {state}", why)


def _now(path: Path) -> str:
    if path.is_symlink() or path.is_file():
        return digest_file(path)
    return ABSENT


def _logs(chain: _Chain, root: Path) -> Iterator[Fault]:
    for entry in chain.sound:
        path, made = entry.log
        now = plain_digest(root / path) if path else ""
        if now and now != made:
            why = f"it was sha256:{made}, and is sha256:{now}"
            yield Fault(_name(entry), Kind.ALTERED, f"the log {path} was altered", why)


def _notes(state: Path, head: str, chain: _Chain, root: Path) -> Iterator[str]:
    if bundle.is_cut_off(state):
        yield "after the last envelope stands one that was cut off while it was written: no fault"
    if head in chain.digests and (later := len(chain.digests) - chain.digests.index(head) - 1):
        yield f"envelopes newer than the head that was given: {later}"
    logs = [entry.log[0] for entry in chain.sound if entry.log[0]]
    if gone := sum(not os.path.lexists(root / path) for path in logs):
        yield f"{gone} of {len(logs)} logs are no longer kept"
    if chain.digests and not head:
        yield "no head was given: newer envelopes could have been cut off unnoticed"
