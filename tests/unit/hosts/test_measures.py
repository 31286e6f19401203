from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.operators.hosts.fit import judge
from phaseline.operators.hosts.measures import (
    cgroup_version,
    free_space,
    has_feature,
    measure,
)

FIRST = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
SECOND = "41 31 0:38 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n"
OTHER = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs cgroup rw,mode=755\n"


@pytest.mark.parametrize(
    ("mountinfo", "version"),
    [
        (OTHER, ""),
        (OTHER + FIRST, "v1"),
        (OTHER + SECOND, "v2"),
        (OTHER + FIRST + SECOND, "hybrid"),
    ],
)
def test_the_version_of_control_groups(mountinfo: str, version: str) -> None:
    assert cgroup_version(mountinfo) == version


@pytest.mark.parametrize(
    ("configuration", "modules", "there"),
    [
        ("CONFIG_VETH=y\n", "", True),
        ("CONFIG_VETH=m\n", "", True),
        ("# CONFIG_VETH is not set\nCONFIG_VETHER=y\n", "/veth.ko", False),
        ("", "kernel/drivers/net/veth.ko.xz: \n", True),
        ("", "kernel/drivers/net/other.ko: \n", False),
        ("", "", None),
    ],
)
def test_a_feature_of_the_kernel(configuration: str, modules: str, there: bool | None) -> None:
    assert has_feature("veth", configuration, modules) is there


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 8 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_small_disk_is_found_too_small(small_disk: Path) -> None:
    folder = small_disk / "not" / "yet" / "there"
    free = free_space([folder])
    assert free == {str(folder): 8 * 2**20}
    (disk,) = [one for one in judge(measure([folder])) if one.name == "disk"]
    assert not disk.fit
    assert disk.seen == f"0.0 GB free where {folder} lies"


def test_a_full_disk_has_less_left(small_disk: Path) -> None:
    (small_disk / "file").write_bytes(b"x" * 2**20)
    assert free_space([small_disk]) == {str(small_disk): 7 * 2**20}


def test_folders_of_one_disk_are_measured_once(tmp_path: Path) -> None:
    assert list(free_space([tmp_path / "a", tmp_path / "b"])) == [str(tmp_path / "a")]
