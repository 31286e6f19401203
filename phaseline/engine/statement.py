"""An execution as an in-toto Statement v1 whose predicate is SLSA provenance v1. Pure but for
reading the files that the step left.

Formats: https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://slsa.dev/spec/v1.0/provenance. Two digests are ours, beside `sha256` of the plain bytes:
`phaselineFileV1` is `core.files.digest_file` (kind, executable, content) and `phaselineEffectV1`
what a needed step has left (`record.Record.effect`). Nothing in it names the machine.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from phaseline import __version__
from phaseline.core.files import digest_sha256
from phaseline.engine import canonical, envelope, memo
from phaseline.engine.execution import Execution
from phaseline.process.command import MASK

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "https://phaseline.dev/step/v1"
BUILDER = "https://phaseline.dev/builder/v1"
FILE_DIGEST = "phaselineFileV1"
EFFECT_DIGEST = "phaselineEffectV1"

_HEX = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_TELLING = re.compile(r"passw|secret|token|credential|private.?key|api.?key", re.IGNORECASE)
_DECLARED = ("settings", "components")
# Names in these are paths and steps: what stands under them is a digest, whatever they are called.
_DIGESTS = frozenset({"inputs", "code", "upstream"})

Tree = dict[str, Any]

_MOST = 256
_common: dict[tuple[str, str], Any] = {}  # parts that many steps have, by name and digest


def describe(execution: Execution, root: Path, listed: set[str]) -> Tree:
    """The statement of `execution`, which is not yet part of a chain.

    Source files are listed once for all steps of a run that have the same: digests of lists that
    were given are in `listed`, and are added to it; the next statement has the digest alone.

    Subjects are the files that it made and the live things that it names by digest; its log where
    it made nothing; how it ended where it has not even a log. An output that is gone already is a
    byproduct.
    """
    outputs = [_output(path, found, root) for path, found in execution.outputs.items()]
    log = list(_log(execution, root))
    made = [*(one for one in outputs if "digest" in one), *_live(execution)]
    gone = [one for one in outputs if "digest" not in one]
    return {
        "_type": STATEMENT_TYPE,
        "subject": made or log or [_outcome(execution)],
        "predicateType": PREDICATE_TYPE,
        "predicate": {
            "buildDefinition": _definition(execution, listed),
            "runDetails": {
                "builder": {"id": BUILDER, "version": {"phaseline": __version__}},
                "metadata": {
                    "invocationId": execution.run,
                    "startedOn": _time(execution.started),
                    "finishedOn": _time(execution.ended),
                },
                "byproducts": [*log, *_commands(execution), *gone],
            },
        },
    }


def chained(statement: Tree, number: int, previous: str) -> Tree:
    """Make `statement` the `number`th of a chain, after the envelope with the digest `previous`."""
    chain = {"number": number} | ({"previous": previous} if previous else {})
    statement["predicate"]["buildDefinition"]["internalParameters"]["chain"] = chain
    return statement


def file_uri(path: str) -> str:
    """A path relative to the checkout as a URI; names that are no UTF-8 survive it."""
    return f"file:{quote(os.fsencode(path))}"


def file_path(uri: str) -> str:
    """The path in a URI of `file_uri`."""
    return os.fsdecode(unquote_to_bytes(uri.removeprefix("file:")))


def _definition(execution: Execution, listed: set[str]) -> Tree:
    parts = {name: _part(name, part, listed) for name, part in execution.parts.items()}
    declared = {name: parts.pop(name) for name in _DECLARED if name in parts}
    internal = {
        "key": execution.key,
        "kind": execution.kind,
        "ending": execution.ending,
        "reason": _text(execution.reason),
        "summary": _text(execution.summary),
        "error": _shown(execution.error),
        "run": execution.run,
        "identity": _shown(execution.identity),
        "projection": _shown(execution.projection),
        "parts": parts,
    }
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "step": execution.step,
            "phase": execution.phase,
            "title": execution.title,
            **declared,
        },
        "internalParameters": internal,
        "resolvedDependencies": [*_inputs(execution.parts), *_upstream(execution.parts)],
    }


def _part(name: str, part: Any, listed: set[str]) -> Any:
    """A part of the key as it is told; what is common to many is made once."""
    if not part:
        return part
    hiding = "" if name in _DIGESTS else name
    if not canonical.is_large(part):
        return _shown(part, hiding)
    digest = canonical.digest(part)
    if name == "code" and digest in listed:
        return f"sha256:{digest}"
    listed.add(digest)
    if (name, digest) not in _common:
        if len(_common) >= _MOST:
            _common.clear()
        _common[name, digest] = _shown(part, hiding)
    return _common[name, digest]


def _inputs(parts: Mapping[str, Any]) -> Iterator[Tree]:
    for path, value in parts.get("inputs", {}).items():
        yield {"name": _text(path), "uri": file_uri(path), **_digest(FILE_DIGEST, value)}


def _upstream(parts: Mapping[str, Any]) -> Iterator[Tree]:
    for step, effect in parts.get("upstream", {}).items():
        yield {"name": step, "uri": f"step:{quote(step)}", **_digest(EFFECT_DIGEST, effect)}


def _digest(name: str, value: Any) -> Tree:
    if isinstance(value, str) and (found := _HEX.fullmatch(value)):
        return {"digest": {name: found[1]}}
    return {"annotations": {"state": _shown(value)}}


def _output(path: str, composed: str, root: Path) -> Tree:
    plain = memo.plain(composed) or plain_digest(root / path)
    return {
        "name": _text(path),
        "uri": file_uri(path),
        **({"digest": {"sha256": plain}} if plain else {}),
        "annotations": {FILE_DIGEST: composed},
    }


def _live(execution: Execution) -> Iterator[Tree]:
    for name, value in execution.identity.items():
        if value.startswith("sha256:") and (found := _HEX.fullmatch(value)):
            yield {"name": f"live:{_text(name)}", "digest": {"sha256": found[1]}}


def _log(execution: Execution, root: Path) -> Iterator[Tree]:
    if execution.log and (digest := plain_digest(root / execution.log)):
        yield {
            "name": _text(execution.log),
            "uri": file_uri(execution.log),
            "digest": {"sha256": digest},
            "mediaType": "text/plain; charset=utf-8",
        }


def _outcome(execution: Execution) -> Tree:
    told = {"ending": execution.ending, "reason": _text(execution.reason)}
    digest = hashlib.sha256(envelope.canonical(told)).hexdigest()
    return {"name": f"outcome:{execution.step}", "digest": {"sha256": digest}}


def _commands(execution: Execution) -> Iterator[Tree]:
    for number, call in enumerate(execution.calls, start=1):
        seconds = round(call.seconds, 3)
        told = {"command": _text(call.command), "code": call.code, "seconds": seconds}
        yield {"name": f"command:{number}", "annotations": told}


def plain_digest(path: Path) -> str:
    """sha256 of a file's bytes, as `sha256sum` has it; empty if there is none."""
    try:
        return digest_sha256(path)
    except OSError:
        return ""


def _shown(tree: Any, name: str = "") -> Any:
    """`tree` as JSON has it, without the texts whose name says that they are secret.

    Commands are masked where they run; this is for what stands in `pipeline.yaml` itself.

    Args:
        name: of the tree; nothing is hidden where it is empty.
    """
    if isinstance(tree, dict):
        inner = f"{name}." if name else ""
        return {
            _text(str(key)): _shown(one, inner and inner + str(key)) for key, one in tree.items()
        }
    if isinstance(tree, (list, tuple)):
        return [_shown(one, name) for one in tree]
    if name and tree not in (None, "") and _TELLING.search(name):
        return MASK
    return _text(tree) if isinstance(tree, str) else tree


def _text(value: str) -> str:
    """`value` as UTF-8 has it: names of files may be any bytes, JSON for others may not."""
    return value if value.isascii() else value.encode(errors="backslashreplace").decode()


def _time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
