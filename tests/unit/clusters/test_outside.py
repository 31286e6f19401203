"""Folders of the machine that nodes share."""

from __future__ import annotations

from pathlib import Path

import pytest

from phaseline.operators.clusters.embedded import outside


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two that are not there yet, and a cache of their own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "one", tmp_path / "two"


def views(tmp_path: Path, *mounted: Path) -> Path:
    """A /proc with one process, which sees `mounted`."""
    proc = tmp_path / "proc"
    (proc / "17").mkdir(parents=True, exist_ok=True)
    lines = [f"30 1 0:30 / {path} rw - tmpfs phaseline rw" for path in mounted]
    (proc / "17/mountinfo").write_text("\n".join(lines))
    return proc


def test_what_was_made_is_removed_by_the_last_node(
    tmp_path: Path, folders: tuple[Path, Path]
) -> None:
    outside.make(folders)
    outside.remove_unused(folders, views(tmp_path, folders[1]))
    assert [folder.exists() for folder in folders] == [False, True]
    outside.remove_unused(folders, views(tmp_path))
    assert not folders[1].exists()


def test_what_was_there_before_or_is_used_by_others_stays(
    tmp_path: Path, folders: tuple[Path, Path]
) -> None:
    folders[0].mkdir()
    outside.make(folders)
    (folders[1] / "of-others").touch()
    outside.remove_unused(folders, views(tmp_path))
    assert [folder.exists() for folder in folders] == [True, True]
