"""The settings as plain values, without reading `pipeline.yaml` anew each time.

Validating with pydantic takes longer than all else that a command with nothing to do does. So what
was read is kept in the user's cache, under the digest of the bytes of `pipeline.yaml` and of the
code that reads it. Whether the folders and files that it names exist is looked at each time.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from phaseline.core.files import write_atomic

_READERS = ("load", "plain", "settings")


def read(root: Path) -> dict[str, Any]:
    """The settings of `root`, as JSON has them.

    Raises:
        InvalidConfiguration: as `load_pipeline`.
    """
    source = _source(root)
    place = cache_folder() / "settings" / f"{source}.json"
    if source and (kept := _kept(root, place)):
        return kept
    content = _validated(root)
    if source and source == _source(root):  # else it was changed while it was read
        with suppress(OSError):  # a cache that cannot be written only costs time
            write_atomic(place, json.dumps(content, sort_keys=True))
    values: dict[str, Any] = content["values"]
    return values


def cache_folder() -> Path:
    """The user's cache of tools, wheels and base images: `$XDG_CACHE_HOME/phaseline`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "phaseline"


def _kept(root: Path, place: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(place.read_bytes())
        there = all((root / name).is_dir() for name in kept["folders"])
        there = there and all((root / name).is_file() for name in kept["files"])
        values: dict[str, Any] = kept["values"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return values if there else None


def _validated(root: Path) -> dict[str, Any]:
    from phaseline.core.load import load_pipeline, wanted_paths

    pipeline = load_pipeline(root)
    folders, files = wanted_paths(pipeline)
    return {
        "folders": sorted(map(str, folders.values())),
        "files": sorted(map(str, files.values())),
        "values": pipeline.model_dump(mode="json", by_alias=True),
    }


def _source(root: Path) -> str:
    """Digest of `pipeline.yaml` and of what reads it; "" where one of them is not there."""
    here = Path(__file__).parent
    pydantic = importlib.util.find_spec("pydantic")
    reading = [root / "pipeline.yaml", *(here / f"{name}.py" for name in _READERS)]
    if pydantic and pydantic.origin:
        reading.append(Path(pydantic.origin).with_name("version.py"))
    digest = hashlib.sha256()
    try:
        for path in reading:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    except OSError:
        return ""
    return digest.hexdigest()
