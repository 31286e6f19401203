"""The ledger: one signed envelope for each executed step, each naming the one before it.

`<state>/evidence/<7 digits>-<step>.json` are numbered from 1 without gaps. A statement carries its
number and the sha256 of the bytes of the envelope before it, both decided under a lock from the
files that are there, so a crash at any instant leaves a valid chain. A file whose name begins with
a dot is a write that was cut off, or the lock; it counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CheckFailed
from phaseline.core.files import locked, write_atomic
from phaseline.engine import envelope, statement
from phaseline.engine.execution import Execution

if TYPE_CHECKING:
    from securesystemslib.signer import CryptoSigner

NAME = re.compile(r"(?P<number>\d{7})-(?P<step>.+)\.json")
_UNFIT = re.compile(r"[^A-Za-z0-9._-]")
_LONGEST_WAIT = 60.0


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one envelope says of one execution.

    Attributes:
        file: its name in the folder of evidence; digest: `sha256:…` of its bytes.
        previous: the digest of the envelope before it; empty in the first.
        outputs: `core.files.digest_file` of each output, by path relative to the checkout.
        log: path and sha256 of its log, or two empty texts.
        parts: what its key was made of; texts whose names say that they are secret are masked.
    """

    file: str
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
        self._folder, self._root = folder(state), root
        self._guard = threading.Lock()

    def add(self, execution: Execution) -> None:
        """Keep `execution`: written, signed and fsynced when this returns.

        Raises:
            InvalidConfiguration: there is no usable key (`signing.signer`).
            LockHeld: another process has been writing for a minute.
        """
        signer, told = self._signer, statement.describe(execution, self._root)
        with self._guard, locked(self._lock, "adding evidence", wait_seconds=_LONGEST_WAIT):
            last = self._last()
            number = number_of(last.name) + 1 if last else 1
            previous = digest(last.read_bytes()) if last else ""
            sealed = envelope.seal(statement.chained(told, number, previous), signer)
            write_atomic(self._folder / file_name(number, execution.step), sealed)

    def ready(self) -> None:
        """Load the key now, so that a wrong one is told before a step has run.

        Raises:
            InvalidConfiguration: as `add`.
        """
        assert self._signer

    @property
    def head(self) -> str:
        """`sha256:…` of the last envelope's bytes; empty while there is none."""
        last = self._last()
        return digest(last.read_bytes()) if last else ""

    @property
    def count(self) -> int:
        """How many envelopes there are."""
        return len(_names(self._folder))

    @property
    def key_id(self) -> str:
        """The id of the key that signs, made if there is none."""
        return self._signer.public_key.keyid

    @cached_property
    def _signer(self) -> CryptoSigner:
        from phaseline.engine import signing

        return signing.signer()

    @property
    def _lock(self) -> Path:
        return self._folder / ".lock"

    def _last(self) -> Path | None:
        name = max(_names(self._folder), default="")  # digits first: the newest is the greatest
        return self._folder / name if name else None


def folder(state: Path) -> Path:
    """Where the envelopes of a workspace lie."""
    return state / "evidence"


def files(place: Path) -> list[Path]:
    """The envelopes in the folder `place`, unsorted."""
    return [place / name for name in _names(place)]


def _names(place: Path) -> list[str]:
    # names alone: a path for each would take longer than signing, at every addition
    with suppress(FileNotFoundError):
        return [name for name in os.listdir(place) if NAME.fullmatch(name)]  # noqa: PTH208
    return []


def file_name(number: int, step: str) -> str:
    """The name of the `number`th envelope."""
    return f"{number:07d}-{_UNFIT.sub('_', step)}.json"


def number_of(name: str) -> int:
    """The number in an envelope's name."""
    found = NAME.fullmatch(name)
    assert found
    return int(found["number"])


def digest(data: bytes) -> str:
    """`sha256:…` of an envelope's bytes, the form in which a chain and its head name it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def read(path: Path) -> Entry:
    """What the envelope `path` says. Its signature is not looked at: `verification` does.

    Raises:
        CheckFailed: it is none of ours.
    """
    data = path.read_bytes()
    return entry(path.name, data, envelope.unseal(data).payload)


def entries(state: Path) -> Iterator[Entry]:
    """What each envelope says, in the order in which they were written.

    Raises:
        CheckFailed: one is none of ours.
    """
    return (read(path) for path in sorted(files(folder(state))))


def latest(state: Path) -> dict[str, Entry]:
    """The last entry of each step.

    Raises:
        CheckFailed: an envelope is none of ours.
    """
    return {one.step: one for one in entries(state)}


def entry(file: str, data: bytes, payload: bytes) -> Entry:
    """The entry in `payload`, the statement inside the envelope `data`.

    Raises:
        CheckFailed: it is no statement of ours.
    """
    try:
        return _entry(file, digest(data), json.loads(payload))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise CheckFailed(f"{file} holds no statement of a step", why=reason) from error


def _entry(file: str, own: str, told: Mapping[str, Any]) -> Entry:
    definition = told["predicate"]["buildDefinition"]
    outer, inner = definition["externalParameters"], definition["internalParameters"]
    details = told["predicate"]["runDetails"]
    made = {_path(one): one for one in (*told["subject"], *details["byproducts"]) if _made(one)}
    logs = [one for one in details["byproducts"] if "mediaType" in one]
    return Entry(
        file=file,
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
