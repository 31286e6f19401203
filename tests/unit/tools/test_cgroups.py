from __future__ import annotations

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.tools import cgroups

V1 = "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
V2 = "41 31 0:38 / /sys/fs/cgroup/unified rw shared:9 - cgroup2 cgroup2 rw\n"
FOLDER = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs cgroup rw,mode=755\n"
SPACED = "33 31 0:30 / /mnt/my\\040groups rw - cgroup cgroup rw,memory\n"

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="making control groups takes root")


@pytest.mark.parametrize(
    ("mountinfo", "places"),
    [
        (FOLDER, []),
        (FOLDER + V1, ["/sys/fs/cgroup/cpu"]),
        (FOLDER + V1 + V2, ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/unified"]),
        (SPACED, ["/mnt/my groups"]),
    ],
)
def test_where_control_groups_are_mounted(mountinfo: str, places: list[str]) -> None:
    assert [str(path) for path in cgroups.hierarchies(mountinfo)] == places


@pytest.fixture
def name() -> Iterator[str]:
    name = f"/phaseline-test-{secrets.token_hex(4)}"
    yield name
    assert cgroups.remove(name) == []


def everywhere(name: str) -> list[Path]:
    mounted = cgroups.hierarchies(cgroups.MOUNTS.read_text())
    return [root / name.lstrip("/") for root in mounted]


@as_root
def test_a_group_is_made_in_every_hierarchy_and_removed_with_what_is_below(name: str) -> None:
    cgroups.make(name)
    cgroups.make(name)  # what exists is kept
    groups = everywhere(name)
    assert groups
    assert all(group.is_dir() for group in groups)
    for group in groups:
        (group / "pods" / "one").mkdir(parents=True)
    assert cgroups.remove(name) == []
    assert not any(group.exists() for group in groups)


@as_root
def test_a_process_may_enter_below_every_group_that_was_made(name: str) -> None:
    cgroups.make(name)
    cgroups.make(f"{name}/pod")
    with subprocess.Popen(["/bin/sleep", "60"]) as sleeper:
        try:
            for group in everywhere(f"{name}/pod"):
                (group / "cgroup.procs").write_text(str(sleeper.pid))
            assert f"{name}/pod" in Path(f"/proc/{sleeper.pid}/cgroup").read_text()
        finally:
            sleeper.kill()


@as_root
def test_a_group_that_stays_busy_is_named_and_others_are_removed(name: str) -> None:
    cgroups.make(name)
    busy = everywhere(name)[0] / "busy"
    busy.mkdir()
    (busy.parent / "idle").mkdir()
    with subprocess.Popen(["/bin/sleep", "60"]) as sleeper:
        try:
            for setting in ("cpuset.cpus", "cpuset.mems"):
                if (busy / setting).exists():
                    (busy / setting).write_text((busy.parent / setting).read_text())
            (busy / "cgroup.procs").write_text(str(sleeper.pid))
            began = time.monotonic()
            left = cgroups.remove(name, patience=0.2)
            assert time.monotonic() - began < 1.0
        finally:
            sleeper.kill()
    assert left == [busy, busy.parent]


def test_removing_what_never_was_is_harmless() -> None:
    assert cgroups.remove(f"phaseline-never-{secrets.token_hex(4)}") == []
