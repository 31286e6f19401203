"""Which workspaces use our Docker daemon: one file each, so that the last one can stop it."""

from __future__ import annotations

import json
from pathlib import Path

from phaseline.core.files import write_json
from phaseline.core.workspace import Workspace


def register(folder: Path, workspace: Workspace) -> None:
    """Note that `workspace` uses the daemon. The daemon's lock must be held."""
    root = str(workspace.root.resolve())
    write_json(folder / f"{workspace.id}.json", {"version": 1, "root": root})


def uses(folder: Path, workspace: Workspace) -> bool:
    """Whether `workspace` uses the daemon."""
    return (folder / f"{workspace.id}.json").exists()


def withdraw(folder: Path, workspace: Workspace) -> None:
    """Note that `workspace` no longer uses it. The daemon's lock must be held."""
    (folder / f"{workspace.id}.json").unlink(missing_ok=True)


def remaining(folder: Path) -> list[str]:
    """The workspaces that still use it; one whose folder is gone is forgotten."""
    names = []
    for record in sorted(folder.glob("*.json")):
        root = Path(json.loads(record.read_text())["root"])
        if root.is_dir():
            names.append(record.stem)
        else:
            record.unlink()
    return names
