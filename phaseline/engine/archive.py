"""The state of a workspace as one file, for a CI cache: written here, read on another machine.

A gzipped tar, the same bytes for the same state:

    phaseline-state.json    {"format": "phaseline state", "version": 1, "files": {path: sha256},
                             "records": {"version": 2, "sha256": …}}
    records.json            a list of records, as `engine.record` has them
    files/<path>            evidence, results of runs and tests, and what steps have made, each by
                            its path relative to the checkout

Left out: the cluster, images, memos of hashes (they hold on one machine only), keys, links, and
files that only their owner may read, which may hold secrets: their steps run again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import stat
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import digest_file, digest_sha256
from phaseline.core.workspace import Context
from phaseline.engine import bundle, paths, record, runs

FORMAT, VERSION = "phaseline state", 1
MANIFEST, RECORDS, FILES = "phaseline-state.json", "records.json", "files/"
RUNS_KEPT = 20
_LARGEST = 256 * 1024  # of the files that runs leave, those with more bytes stay here


@dataclass(frozen=True)
class Exported:
    """What was written: how many records and files, bytes, and the outputs that stay here."""

    records: int
    files: int
    size: int
    left_out: tuple[str, ...]


def export(context: Context, target: Path) -> Exported:
    """Write the state of the workspace to `target`, whole or not at all.

    The workspace's lock must be held.

    Raises:
        InvalidConfiguration: `target` is in no folder.
    """
    root = context.workspace.root
    kept = sorted(record.load_all(context.state).values(), key=lambda one: one.step)
    made = {name: digest for one in kept for name, digest in one.outputs.items()}
    outputs = {name for name, digest in made.items() if _portable(root / name, digest)}
    names = sorted(outputs | {str(path.relative_to(root)) for path in _told(context.state)})
    records = json.dumps([one._asdict() for one in kept], sort_keys=True).encode()
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "files": {name: digest_sha256(root / name) for name in names},
        "records": {"version": record.VERSION, "sha256": hashlib.sha256(records).hexdigest()},
    }
    if not target.parent.is_dir():
        raise InvalidConfiguration(f"there is no folder {target.parent}")
    head = {MANIFEST: json.dumps(manifest, indent=1, sort_keys=True).encode(), RECORDS: records}
    _write(target, head, {f"{FILES}{name}": root / name for name in names})
    left = {name for name, digest in made.items() if digest != paths.ABSENT} - outputs
    return Exported(len(kept), len(names), target.stat().st_size, tuple(sorted(left)))


def _portable(path: Path, digest: str) -> bool:
    """Whether a recorded output can go along: as it was made, no link, readable for others."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    open_to_others = stat.S_ISREG(status.st_mode) and bool(status.st_mode & 0o077)
    return open_to_others and path.resolve() == path.absolute() and digest_file(path) == digest


def _told(state: Path) -> Iterator[Path]:
    """Evidence, and what the last runs and tests have said."""
    yield from bundle.files(state)
    for name in runs.names(state)[-RUNS_KEPT:]:
        for path in (state / "runs" / name).glob("*"):
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= _LARGEST:
                yield path
    yield from (state / "tests").glob("*.xml")


def _write(target: Path, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    handle, draft = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            # neither a time nor a name in the header, so that the bytes depend on the state alone
            with (
                gzip.GzipFile(filename="", mode="wb", fileobj=stream, mtime=0) as packed,
                tarfile.open(fileobj=packed, mode="w") as tar,
            ):
                for name, text in texts.items():
                    tar.addfile(_entry(name, len(text)), io.BytesIO(text))
                for name, path in files.items():
                    _add(tar, name, path)
            stream.flush()
            os.fsync(stream.fileno())
        Path(draft).chmod(0o644)
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    with path.open("rb") as stream:
        status = os.fstat(stream.fileno())
        entry = _entry(name, status.st_size)
        entry.mode = 0o755 if status.st_mode & 0o111 else 0o644
        tar.addfile(entry, stream)


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry
