"""Folders for what is not whole yet."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def draft(folder: Path) -> Iterator[Path]:
    """An empty folder that is gone at the end.

    Its name is fixed, so that what a killed run left in it goes with the next one; the caller
    holds the lock that makes it the only one there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
