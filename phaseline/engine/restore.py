"""Taking over a state that `archive` wrote, from another checkout or another machine.

Nothing of the workspace is touched before the whole archive was read and found right. Records come
last: cut off before them, nothing that was restored is believed.
"""

from __future__ import annotations

import fnmatch
import gzip
import hashlib
import json
import shutil
import tarfile
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.engine import bundle, canonical, paths, record
from phaseline.engine.archive import FILES, FORMAT, MANIFEST, RECORDS, VERSION
from phaseline.engine.freshness import context_of
from phaseline.engine.graph import Graph

_MOST = 8 << 30  # bytes of all files, unpacked
_MOST_TEXT = 256 << 20  # bytes of the manifest or the records
_CHUNK = 1 << 20
_OURS = ("evidence", "runs", "tests")  # below the state folder


@dataclass(frozen=True)
class Restored:
    """What was taken over: records, files; and what this checkout has no step for."""

    records: int
    files: int
    left_out: tuple[str, ...]


def restore(context: Context, graph: Graph, source: Path, *, replace: bool = False) -> Restored:
    """Take over the state in `source`. The workspace's lock must be held.

    Args:
        replace: this workspace's own records are dropped, its evidence is put aside.

    Raises:
        InvalidConfiguration: it is no archive of ours, of another version, damaged, or names a
            place that it must not; or the workspace has a state of its own.
    """
    if not replace:
        _refuse_if_used(context.state)
    draft = context.state / ".import"
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with _opened(source) as tar:
            manifest = _manifest(source, tar)
            records = _records(source, tar, manifest)
            modes = _unpack(source, tar, manifest["files"], draft)
        wanted = _with_a_place(modes, graph, context)
        _check_places(source, context.workspace.root, wanted)
        _put_aside(context.state)
        for name in sorted(wanted):
            _move(draft / name, context.workspace.root / name, modes[name])
        known = [one for one in records if one.step in graph.steps]
        record.save(context.state, *known)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Restored(len(known), len(wanted), tuple(sorted(modes.keys() - wanted)))


def _refuse_if_used(state: Path) -> None:
    if record.load_all(state) or bundle.files(state):
        raise InvalidConfiguration(
            "this workspace has a state of its own",
            why="its records would be dropped, and its evidence put aside",
            fix="import into a fresh checkout, or say --replace",
        )


@contextmanager
def _opened(source: Path) -> Iterator[tarfile.TarFile]:
    """The tar inside `source`; whatever shows that it is none, or cut off, is told as that."""
    try:
        stream = source.open("rb")
    except OSError as error:
        raise InvalidConfiguration(f"{source} cannot be read", why=str(error)) from error
    try:
        with (
            stream,
            gzip.GzipFile(fileobj=stream) as packed,
            tarfile.open(fileobj=packed, mode="r|") as tar,
        ):
            yield tar
            while packed.read(_CHUNK):  # its end has the checksum
                pass
    except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _wrong(source, f"it cannot be read to its end: {error}") from error


def _wrong(source: Path, why: str) -> InvalidConfiguration:
    return InvalidConfiguration(
        f"{source.name} is no state that can be taken over",
        why=why,
        fix="take a file that `invoke state.export` wrote",
    )


def _text(source: Path, tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.next()
    if member is None or member.name != name or member.type != tarfile.REGTYPE:
        raise _wrong(source, f"{name} is not where it belongs")
    if member.size > _MOST_TEXT:
        raise _wrong(source, f"{name} is too large")
    stream = tar.extractfile(member)
    assert stream
    return stream.read()


def _manifest(source: Path, tar: tarfile.TarFile) -> dict[str, Any]:
    try:
        content = json.loads(_text(source, tar, MANIFEST))
    except ValueError as error:
        raise _wrong(source, f"{MANIFEST}: {error}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise _wrong(source, "it holds something else")
    if content.get("version") != VERSION:
        told = f"it is of version {content.get('version')!r}, this phaseline reads {VERSION}"
        raise _wrong(source, told)
    files = content.get("files")
    if not isinstance(files, dict) or not all(isinstance(one, str) for one in files.values()):
        raise _wrong(source, f"{MANIFEST}: files is no mapping of paths to digests")
    for name in files:
        if not _safe(name):
            raise _wrong(source, f"it names the path {name!r}, which is not inside a checkout")
        if any(str(folder) in files for folder in PurePosixPath(name).parents):
            raise _wrong(source, f"{name}: it names one of its folders as a file")
    return content


def _safe(name: str) -> bool:
    """Whether `name` is a plain path below a folder, and written as such."""
    parts = PurePosixPath(name).parts
    whole = bool(parts) and not name.startswith("/") and "/".join(parts) == name
    return whole and ".." not in parts and not any(c in name for c in "\0\\")


def _records(
    source: Path, tar: tarfile.TarFile, manifest: Mapping[str, Any]
) -> list[record.Record]:
    told = manifest.get("records")
    version = told.get("version") if isinstance(told, dict) else None
    if not isinstance(told, dict) or version != record.VERSION:
        why = f"its records are of version {version!r}, this phaseline reads {record.VERSION}"
        raise _wrong(source, why)
    text = _text(source, tar, RECORDS)
    if hashlib.sha256(text).hexdigest() != told.get("sha256"):
        raise _wrong(source, f"{RECORDS} is not what was exported")
    try:
        return [_record(one) for one in json.loads(text)]
    except (ValueError, TypeError, KeyError) as error:
        raise _wrong(source, f"{RECORDS}: {error}") from error


def _record(told: dict[str, Any]) -> record.Record:
    parts = {name: canonical.one(part) for name, part in told["parts"].items()}
    return record.Record(**{**told, "lines": tuple(told["lines"]), "parts": parts})


def _unpack(
    source: Path, tar: tarfile.TarFile, wanted: Mapping[str, str], draft: Path
) -> dict[str, int]:
    """Write each file below `draft`; returns the mode of each."""
    modes: dict[str, int] = {}
    left = _MOST
    while member := tar.next():
        name = member.name.removeprefix(FILES)
        if member.type != tarfile.REGTYPE:
            raise _wrong(source, f"{member.name} is no plain file")
        if member.name == name or name not in wanted or name in modes:
            raise _wrong(source, f"{member.name} is not in its list of files, or twice")
        left -= member.size
        if left < 0:
            raise _wrong(source, f"it unpacks to more than {_MOST >> 30} GB")
        if _copy(tar, member, draft / name) != wanted[name]:
            raise _wrong(source, f"{name} is not what was exported")
        modes[name] = 0o755 if member.mode & 0o111 else 0o644
    if missing := sorted(wanted.keys() - modes):
        raise _wrong(source, f"{missing[0]} is missing")
    return modes


def _copy(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    target.parent.mkdir(parents=True, exist_ok=True)
    stream, state = tar.extractfile(member), hashlib.sha256()
    assert stream
    with target.open("xb") as written:
        while data := stream.read(_CHUNK):
            state.update(data)
            written.write(data)
    return state.hexdigest()


def _with_a_place(names: Iterable[str], graph: Graph, context: Context) -> set[str]:
    """Those of our own, and what a step of this checkout makes: nothing else is written."""
    made = [
        pattern
        for step in graph.steps.values()
        for pattern in paths.expand(step.outputs, context_of(step, context))
    ]
    return {name for name in names if _is_ours(name, context) or _is_made(name, made)}


def _is_ours(name: str, context: Context) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0] == context.state.name and len(parts) > 2 and parts[1] in _OURS


def _is_made(name: str, patterns: Iterable[str]) -> bool:
    return any(
        fnmatch.fnmatchcase(name, pattern) or fnmatch.fnmatchcase(name, f"{pattern}/*")
        for pattern in patterns
    )


def _check_places(source: Path, root: Path, names: set[str]) -> None:
    """No folder on the way may be a link: what is behind it is not ours to write."""
    for name in sorted(names):
        target = root / name
        if target.parent.resolve() != root.resolve() / Path(name).parent:
            raise _wrong(source, f"{name}: {target.parent} leads out of its place by a link")
        on_the_way = [root / folder for folder in Path(name).parents]
        if target.is_dir() or any(one.exists() and not one.is_dir() for one in on_the_way):
            raise _wrong(source, f"{name}: something else stands in its place")


def _put_aside(state: Path) -> None:
    record.forget(state, *record.load_all(state))
    if bundle.files(state):
        place = bundle.folder(state)
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        place.replace(place.with_name(f"evidence-until-{moment}"))


def _move(draft: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    draft.chmod(mode)
    draft.replace(target)
