"""The settings as plain values, from the last run's reading of `pipeline.yaml` if it still holds.

Validating with pydantic takes longer than all else that a command with nothing to do does. A
reading holds for the same bytes of `pipeline.yaml`, read by the same code.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
from pathlib import Path
from typing import Any

from phaseline.core.files import write_atomic

VERSION = 1
_NAME = "settings.json"


def read(root: Path, state: Path) -> dict[str, Any]:
    """The settings of `root`, as JSON has them; writes nothing.

    Raises:
        InvalidConfiguration: as `load_pipeline`.
    """
    return _kept(root, state) or _validated(root)["values"]


def keep(root: Path, state: Path) -> None:
    """Leave the settings of `root` below `state` for the next command, if they are not there.

    Raises:
        InvalidConfiguration: as `load_pipeline`.
    """
    if _kept(root, state) is None:
        write_atomic(state / _NAME, json.dumps(_validated(root), sort_keys=True))


def _kept(root: Path, state: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads((state / _NAME).read_bytes())
        same = kept["version"] == VERSION and kept["of"] == _source(root)
        there = same and all((root / name).is_dir() for name in kept["folders"])
        there = there and all((root / name).is_file() for name in kept["files"])
        values: dict[str, Any] = kept["values"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return values if there else None


def _validated(root: Path) -> dict[str, Any]:
    from phaseline.core.load import load_pipeline, wanted_paths

    source = _source(root)  # first: what is changed while it is read counts as unread
    pipeline = load_pipeline(root)
    folders, files = wanted_paths(pipeline)
    return {
        "version": VERSION,
        "of": source,
        "folders": sorted(map(str, folders.values())),
        "files": sorted(map(str, files.values())),
        "values": pipeline.model_dump(mode="json", by_alias=True),
    }


def _source(root: Path) -> str:
    """Digest of `pipeline.yaml` and of the code that reads it; "" where there is none."""
    here = Path(__file__).parent
    pydantic = importlib.util.find_spec("pydantic")
    try:
        reading = [root / "pipeline.yaml", here / "load.py", here / "settings.py"]
        if pydantic and pydantic.origin:
            reading.append(Path(pydantic.origin).with_name("version.py"))
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in reading]
    except OSError:
        return ""
    return " ".join(digests)
