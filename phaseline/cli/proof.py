"""What is told of the evidence: its faults, its head, its key."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from phaseline.cli.edge import say
from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine import signing, verification
from phaseline.engine.evidence import Evidence


def verify(context: Context, *, head: str, key: str, as_json: bool) -> int:
    """Print each fault, then the chain's head and the trusted keys; exit code 1 for any fault."""
    wanted = verification.parse_head(head) if head else ""
    if key:
        trusted = signing.read_keys(Path(key))
    elif own := signing.own_key():
        trusted = [own]
    else:
        raise InvalidConfiguration(
            "there is no key to trust: nothing was ever signed here",
            fix="give the public key of who made the evidence: --key FILE",
        )
    found = verification.verify(context.state, context.workspace.root, trusted, head=wanted)
    keys = [one.keyid for one in trusted]
    if as_json:
        told = {"ok": not found.faults, **asdict(found), "keys": keys}
        say(json.dumps(told, indent=2))
    else:
        _tell(found, keys)
    return 1 if found.faults else 0


def _tell(found: verification.Verification, keys: list[str]) -> None:
    for fault in found.faults:
        place = f"envelope {fault.envelope}: " if fault.envelope else ""
        say(f"✗ {place}{fault.kind}: {fault.what}")
        if fault.why:
            say(f"    {fault.why}")
    for note in found.notes:
        say(f"  note: {note}")
    count = len(found.faults)
    verdict = f"{count} fault{'s' * (count > 1)} found" if count else "all of it holds"
    say(f"evidence: {found.envelopes} envelopes, {verdict}")
    say(f"head {found.head or 'none'}")
    for key in keys:
        say(f"key  sha256:{key}")


def head(context: Context, *, as_json: bool) -> int:
    """Print the digest of the newest envelope; exit code 1 where there is none."""
    ledger = Evidence(context.state, context.workspace.root)
    if as_json:
        say(json.dumps({"head": ledger.head, "envelopes": ledger.count}))
    else:
        say(ledger.head or "there is no evidence")
    return 0 if ledger.head else 1


def key(*, as_json: bool) -> int:
    """Print the public key that evidence is signed with here."""
    own = signing.signer().public_key
    text = signing.pem(own)
    if as_json:
        say(json.dumps({"id": own.keyid, "algorithm": "ed25519", "pem": text}))
    else:
        sys.stdout.write(text)
    return 0
