"""The ledger: one signed envelope for each executed step, each naming the one before it.

A statement carries its number, from 1, and the sha256 of the line before its own. Both are decided
under a lock from the file that is there (`bundle`), so a crash at any instant leaves a valid chain.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CheckFailed
from phaseline.engine import bundle, envelope, statement
from phaseline.engine.bundle import Bundle
from phaseline.engine.execution import Execution

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one envelope says of one execution.

    Attributes:
        digest: `sha256:…` of its line.
        number: of its line, from 1; previous: the digest of the line before it; empty in the first.
        outputs: `core.files.digest_file` of each output, by path relative to the checkout.
        log: path and sha256 of its log, or two empty texts.
        parts: what its key was made of; texts whose names say that they are secret are masked.
    """

    digest: str
    number: int
    previous: str
    run: str
    step: str
    phase: str
    ending: str
    key: str
    parts: Mapping[str, Any]
    outputs: Mapping[str, str]
    identity: Mapping[str, str]
    projection: Mapping[str, str]
    log: tuple[str, str]
    started: str
    ended: str


class Evidence:
    """The ledger of one workspace; see `execution.Ledger`. Making it costs nothing.

    Args:
        state: the state folder.
        root: the checkout, to which the paths of outputs and logs are relative.
    """

    def __init__(self, state: Path, root: Path) -> None:
        self._state, self._root = state, root
        self._bundle = Bundle(state)
        self._listed: set[str] = set()  # digests of parts that were written in full

    def add(self, executions: Sequence[Execution]) -> None:
        """Keep `executions`, in this order: written, signed and fsynced when this returns.

        Raises:
            InvalidConfiguration: there is no usable key (`signing.signer`).
        """
        listed = set(self._listed)
        told = [statement.describe(one, self._root, listed) for one in executions]
        self._bundle.extend([partial(_sealed, self._signer, one) for one in told])
        self._listed = listed

    def ready(self) -> None:
        """Load the key now, so that a wrong one is told before a step has run.

        Raises:
            InvalidConfiguration: as `add`.
        """
        assert self._signer

    @property
    def head(self) -> str:
        """`sha256:…` of the last envelope's line; empty while there is none."""
        last = bundle.last(self._state)
        return bundle.digest(last) if last else ""

    @property
    def count(self) -> int:
        """How many envelopes there are."""
        return len(bundle.lines(self._state))

    @property
    def key_id(self) -> str:
        """The id of the key that signs, made if there is none."""
        return self._signer.public_key.keyid

    @cached_property
    def _signer(self) -> CryptoSigner:
        from phaseline.engine import signing

        return signing.signer()


def _sealed(signer: CryptoSigner, told: statement.Tree, number: int, previous: str) -> bytes:
    return envelope.seal(statement.chained(told, number, previous), signer)


def entries(state: Path) -> Iterator[Entry]:
    """What each envelope says, in the order in which they were written. No signature is looked at:
    `verification` does.

    Raises:
        CheckFailed: one is none of ours.
    """
    return (entry(line, envelope.unseal(line).payload) for line in bundle.lines(state))


def latest(state: Path) -> dict[str, Entry]:
    """The last entry of each step.

    Raises:
        CheckFailed: an envelope is none of ours.
    """
    return {one.step: one for one in entries(state)}


def entry(line: bytes, payload: bytes) -> Entry:
    """The entry in `payload`, the statement inside the envelope `line`.

    Raises:
        CheckFailed: it is no statement of ours.
    """
    try:
        return _entry(bundle.digest(line), json.loads(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise CheckFailed("it holds no statement of a step", why=reason) from error


def _entry(own: str, told: Mapping[str, Any]) -> Entry:
    definition = told["predicate"]["buildDefinition"]
    outer, inner = definition["externalParameters"], definition["internalParameters"]
    details = told["predicate"]["runDetails"]
    made = {_path(one): one for one in (*told["subject"], *details["byproducts"]) if _made(one)}
    logs = [one for one in details["byproducts"] if "mediaType" in one]
    return Entry(
        digest=own,
        number=inner["chain"]["number"],
        previous=inner["chain"].get("previous", ""),
        run=details["metadata"]["invocationId"],
        step=outer["step"],
        phase=outer["phase"],
        ending=inner["ending"],
        key=inner["key"],
        parts=inner["parts"] | {n: outer[n] for n in ("settings", "components") if n in outer},
        outputs={path: one["annotations"][statement.FILE_DIGEST] for path, one in made.items()},
        identity=inner["identity"],
        projection=inner["projection"],
        log=(_path(logs[0]), logs[0]["digest"]["sha256"]) if logs else ("", ""),
        started=details["metadata"]["startedOn"],
        ended=details["metadata"]["finishedOn"],
    )


def _made(descriptor: Mapping[str, Any]) -> bool:
    return statement.FILE_DIGEST in descriptor.get("annotations", {})


def _path(descriptor: Mapping[str, Any]) -> str:
    return statement.file_path(descriptor["uri"])
