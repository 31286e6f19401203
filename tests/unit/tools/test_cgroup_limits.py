from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from phaseline.tools import cgroup_limits, cgroups
from phaseline.tools.cgroup_limits import Limits

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="making control groups takes root")
MEGABYTE = 2**20

V2 = {
    "memory.max": "1073741824\n",
    "memory.current": "500000\n",
    "memory.stat": "anon 300000\ninactive_file 100000\n",
    "cpu.weight": "200\n",
    "cpu.stat": "usage_usec 2500000\nuser_usec 2000000\n",
}
V1 = {
    "memory.limit_in_bytes": "1073741824\n",
    "memory.usage_in_bytes": "500000\n",
    "memory.stat": "inactive_file 1\ntotal_inactive_file 100000\n",
    "cpu.shares": "2048\n",
    "cpuacct.usage": "2500000000\n",
}
TOLD = Limits(memory=2**30, memory_used=400000, weight=200, processor_seconds=2.5)
NONE = Limits(memory=None, memory_used=None, weight=None, processor_seconds=None)


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        (V2, TOLD),
        (V1, TOLD),
        ({"memory.max": "max\n"}, NONE),
        ({"memory.limit_in_bytes": "9223372036854771712\n"}, NONE),
        ({}, NONE),
    ],
)
def test_what_the_kernel_tells(told: Mapping[str, str], limits: Limits) -> None:
    assert cgroup_limits.interpret(told) == limits


@pytest.fixture
def name() -> Iterator[str]:
    name = f"/phaseline-test-{secrets.token_hex(4)}"
    cgroups.make(name)
    cgroups.make(f"{name}/node", processes=True)
    yield f"{name}/node"
    assert cgroups.remove(name) == []


@as_root
def test_limits_are_those_that_were_set(name: str) -> None:
    cgroup_limits.set_limits(name, memory=512 * MEGABYTE, weight=300)
    told = cgroup_limits.read_limits(name)
    assert (told.memory, told.weight) == (512 * MEGABYTE, 300)
    cgroup_limits.set_limits(name, memory=256 * MEGABYTE, weight=100)  # as they are changed
    assert cgroup_limits.read_limits(name).memory == 256 * MEGABYTE


@as_root
def test_who_takes_more_memory_is_ended_and_nobody_else(name: str) -> None:
    cgroup_limits.set_limits(name, memory=64 * MEGABYTE, weight=100)
    wait = "import sys; sys.stdin.read(1); x = bytearray(int(sys.argv[1])); print(len(x))"
    codes = {}
    for size in (8 * MEGABYTE, 256 * MEGABYTE):
        argv = (sys.executable, "-c", wait, str(size))
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            cgroup_limits.enter(name, process.pid)
            assert name in Path(f"/proc/{process.pid}/cgroup").read_text()
            process.communicate(b"x")
        codes[size] = process.returncode
    assert codes == {8 * MEGABYTE: 0, 256 * MEGABYTE: -signal.SIGKILL}


@as_root
def test_the_memory_that_a_process_may_have_is_the_least_of_those_above(name: str) -> None:
    cgroup_limits.set_limits(name, memory=128 * MEGABYTE, weight=100)
    with subprocess.Popen(("/bin/sleep", "60")) as process:
        try:
            cgroup_limits.enter(name, process.pid)
            found = cgroup_limits.own_memory(Path(f"/proc/{process.pid}/cgroup"))
        finally:
            process.kill()
    assert found == 128 * MEGABYTE


def test_a_group_that_is_not_there_has_no_limits() -> None:
    assert cgroup_limits.read_limits("/phaseline-never") == NONE
