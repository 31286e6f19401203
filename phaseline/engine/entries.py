"""What the envelopes of a workspace say. No signature is looked at: `verification` does that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.engine import bundle, envelope, statement


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


def entries(state: Path) -> Iterator[Entry]:
    """What each envelope says, in the order in which they were written.

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
