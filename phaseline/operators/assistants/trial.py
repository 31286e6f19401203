"""A patch on trial: the file as it was is kept until the patch has proved itself."""

from __future__ import annotations

import json
from pathlib import Path

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.files import write_atomic, write_json
from phaseline.core.workspace import Context
from phaseline.operators.assistants import patches
from phaseline.operators.assistants.target import Target


class Trial:
    """One file with a patch that is not yet approved.

    The record of it is written before the file is changed, so a run that is killed meanwhile can
    be undone by the next one (`recover`).
    """

    def __init__(self, context: Context, target: Target, patch: str) -> None:
        self._file = context.workspace.root / target.path
        self._old, self._mode = self._file.read_bytes(), self._file.stat().st_mode & 0o7777
        if self._old != target.text.encode():
            raise InvalidConfiguration(f"{target.path} was changed since it was rated")
        self._new = patches.apply(patch, target.path, target.text).encode()
        self._record, self._path = _record(context), target.path

    def begin(self) -> None:
        """Write the patched file."""
        told = {"version": 1, "path": self._path, "old": self._old.decode()}
        write_json(self._record, {**told, "new": self._new.decode(), "mode": self._mode})
        write_atomic(self._file, self._new, mode=self._mode)

    def keep(self) -> None:
        """The patch stays."""
        self._record.unlink()

    def undo(self) -> None:
        """The file is, byte by byte, what it was."""
        write_atomic(self._file, self._old, mode=self._mode)
        self._record.unlink()


def recover(context: Context) -> str:
    """Undo a patch whose trial was cut off; says what was done, or nothing.

    A file that was edited since is left as it is.
    """
    record = _record(context)
    try:
        told = json.loads(record.read_text())
    except FileNotFoundError:
        return ""
    file, path = context.workspace.root / told["path"], told["path"]
    untouched = file.exists() and file.read_bytes() == told["new"].encode()
    if untouched:
        write_atomic(file, told["old"], mode=told["mode"])
    record.unlink()
    if untouched:
        return f"{path} is as it was before a patch whose trial was cut off"
    return f"{path} was edited since a patch on it was cut off: it is left as it is"


def _record(context: Context) -> Path:
    return context.state / "advice-trial.json"
