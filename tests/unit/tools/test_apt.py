from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from phaseline.tools import apt


def test_the_installation_asks_nothing_and_waits_for_others() -> None:
    command = apt.install_command(("runc", "nftables"))
    assert command.argv[:2] == ("unshare", "--mount")
    assert command.argv[-2:] == ("runc", "nftables")
    assert "--no-install-recommends" in command.argv
    assert f"DPkg::Lock::Timeout={apt.LOCK_SECONDS}" in command.argv
    assert command.env["DEBIAN_FRONTEND"] == "noninteractive"


def test_the_commands_for_a_person() -> None:
    assert (
        apt.by_hand(("runc",)) == "apt-get update && apt-get install --no-install-recommends runc"
    )


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    (tmp_path / "partial").mkdir()
    (tmp_path / "example_InRelease").touch()
    return tmp_path


def test_lists_of_today_do(lists: Path) -> None:
    assert not apt.lists_are_old(lists, time.time())


def test_the_archive_may_be_older_than_the_lists(lists: Path) -> None:
    os.utime(lists / "example_InRelease", (0, 0))
    assert not apt.lists_are_old(lists, time.time())


def test_lists_of_last_month_are_old(lists: Path) -> None:
    assert apt.lists_are_old(lists, time.time() + 30 * 86400)


def test_no_lists_are_old(lists: Path) -> None:
    (lists / "example_InRelease").unlink()
    assert apt.lists_are_old(lists, time.time())
    assert apt.lists_are_old(lists / "absent", time.time())
