"""What of a machine keeps a cluster from starting: judged, and found in real unfit situations."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.settings import Cluster
from phaseline.operators.clusters.validation import CONTROLLERS, Host, judge
from phaseline.tools import cgroup_limits, cgroups
from tests.unit.clusters.test_choices import STATE
from tests.unit.hosts.test_fit import GOOD

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="making a machine unfit takes root")
HOST = Host(
    measures=GOOD,
    memory=8 * 2**30,
    taken=(("192.168.1.0/24", "routed through eth0"),),
    controllers=frozenset(CONTROLLERS),
    refusal="",
    lacking=(),
)

HOSTS: list[tuple[dict[str, Any], str, str]] = [
    ({"memory": 3500 * 2**20}, "memory", "4096 MiB wanted, 3500 MiB here"),
    ({"measures": replace(GOOD, cpus=1)}, "processors", "2 wanted, 1 here"),
    ({"measures": replace(GOOD, free={"/w": 10**9})}, "disk", "1.0 GB free where /w lies"),
    ({"measures": replace(GOOD, features={"veth": False})}, "kernel", "lacks veth"),
    ({"measures": replace(GOOD, cgroups="")}, "control groups", "none mounted"),
    (
        {"controllers": frozenset({"cpu", "cpuset", "memory"})},
        "control groups",
        "v2, without pids",
    ),
    ({"refusal": "Operation not permitted"}, "namespaces", "Operation not permitted"),
    ({"lacking": ("CAP_NET_ADMIN",)}, "capabilities", "without CAP_NET_ADMIN"),
    (
        {"taken": (("10.244.7.0/24", "address of eth1"),)},
        "pod_range",
        "cluster.pod_range 10.244.0.0/16 is in use on this machine: "
        "it overlaps 10.244.7.0/24 (address of eth1)",
    ),
    (
        {"taken": (("10.0.0.0/8", "routed through tun0"),)},
        "pod_range service_range",
        "cluster.pod_range 10.244.0.0/16 is in use on this machine: "
        "it overlaps 10.0.0.0/8 (routed through tun0)",
    ),
    (
        {"taken": (("172.31.0.0/16", "routed through vpn"),)},
        "link_range",
        "cluster.link_range 172.31.0.0/16 is in use on this machine: "
        "it overlaps 172.31.0.0/16 (routed through vpn)",
    ),
]
SETTINGS: list[tuple[dict[str, Any], str, str]] = [
    ({"cpus": 3}, "processors", "3 wanted, 2 here"),
    ({"memory_mb": 9000}, "memory", "9000 MiB wanted, 8192 MiB here"),
    ({"control_plane": {"memory_mb": 9000}}, "control plane", "at most 9000 MiB"),
    ({"kubernetes": "v1.34.2"}, "kubernetes", "v1.34.2; what phaseline is made for is v1.36.3"),
    ({"pod_range": "10.9.0.0/26"}, "pod_range", "a /26 is too small"),
    ({"service_range": "10.0.0.0/9"}, "service_range", "a /9 is too large"),
    (
        {"pod_range": "169.254.0.0/20"},
        "pod_range",
        "cluster.pod_range 169.254.0.0/20 is in use on this machine: "
        "it overlaps 169.254.0.0/16 (link-local)",
    ),
]


def faults(settings: Cluster, host: Host, state: Any = None) -> list[Any]:
    return [one for one in judge(settings, state, host) if not one.fit]


def test_a_good_machine_will_do() -> None:
    assert faults(Cluster(), HOST) == []
    assert faults(Cluster(), HOST, STATE) == []
    assert faults(Cluster(kubernetes="v1.35.0"), HOST) == []


@pytest.mark.parametrize(("changes", "names", "seen"), HOSTS)
def test_each_fault_of_the_machine_is_named(changes: dict[str, Any], names: str, seen: str) -> None:
    found = faults(Cluster(), replace(HOST, **changes))
    assert [one.name for one in found] == (names.split() if "_" in names else [names])
    assert found[0].seen == seen
    assert all(one.fix for one in found)


@pytest.mark.parametrize(("changes", "name", "seen"), SETTINGS)
def test_each_setting_that_asks_too_much_is_named(
    changes: dict[str, Any], name: str, seen: str
) -> None:
    (found,) = faults(Cluster.model_validate(changes), HOST)
    assert (found.name, found.seen) == (name, seen)
    assert "set cluster." in found.fix


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"pod_range": "10.9.0.0/16"}, "pod_range"),
        ({"service_range": "10.9.0.0/16"}, "service_range"),
        ({"kubernetes": "v1.38.0"}, "kubernetes"),
    ],
)
def test_what_a_cluster_that_is_here_cannot_become(changes: dict[str, str], name: str) -> None:
    (found,) = faults(Cluster.model_validate(changes), HOST, STATE)
    assert found.name == name
    assert "the cluster that is here" in found.seen
    assert "`invoke cluster.delete`" in found.fix


def test_what_cannot_be_told_is_said_and_given_a_try() -> None:
    found = {one.name: one for one in judge(Cluster(), None, replace(HOST, taken=None))}
    assert found["pod_range"].fit
    assert "not told" in found["pod_range"].seen


LOOK = """
import json, sys
from pathlib import Path
from phaseline.core.settings import Cluster
from phaseline.operators.clusters.validation import judge, look
found = judge(Cluster(), None, look(Path(sys.argv[1])))
print(json.dumps({one.name: one.seen for one in found if not one.fit}))
"""


def looked(*prefix: str, folder: Path) -> dict[str, str]:
    """The faults that are found by a process that is started with `prefix`."""
    argv = (*prefix, sys.executable, "-c", LOOK, str(folder))
    told = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, str] = json.loads(told.stdout)
    return found


@as_root
def test_this_machine_in_another_network(tmp_path: Path) -> None:
    script = 'ip link set lo up && ip address add 10.244.9.1/24 dev lo && exec "$@"'
    found = looked("unshare", "--net", "sh", "-c", script, "sh", folder=tmp_path)
    assert found.keys() == {"pod_range"}
    assert "10.244.9.1/24 (address of lo)" in found["pod_range"]


@as_root
@pytest.mark.parametrize("capability", ["sys_admin", "net_admin"])
def test_this_machine_without_a_capability(capability: str, tmp_path: Path) -> None:
    found = looked("setpriv", f"--bounding-set=-{capability}", folder=tmp_path)
    assert f"CAP_{capability.upper()}" in found["capabilities"]
    if capability == "sys_admin":
        assert "Operation not permitted" in found["namespaces"]


@as_root
def test_this_machine_with_control_groups_that_cannot_be_written(tmp_path: Path) -> None:
    places = " ".join(map(str, cgroups.hierarchies(cgroups.MOUNTS.read_text())))
    script = f'for x in {places}; do mount -o remount,bind,ro "$x" || exit 9; done; exec "$@"'
    found = looked("unshare", "--mount", "sh", "-c", script, "sh", folder=tmp_path)
    assert set(found) == {"control groups"}
    assert "memory" in found["control groups"]


@as_root
def test_this_machine_with_a_small_disk(tmp_path: Path) -> None:
    script = f'mount -t tmpfs -o size=64m small {tmp_path} && exec "$@"'
    found = looked("unshare", "--mount", "sh", "-c", script, "sh", folder=tmp_path)
    assert found == {"disk": f"0.1 GB free where {tmp_path} lies"}


@pytest.fixture
def group() -> Iterator[str]:
    name = f"/phaseline-test-{secrets.token_hex(4)}"
    cgroups.make(name, processes=True)
    yield name
    assert cgroups.remove(name) == []


@as_root
def test_this_machine_where_we_may_have_little_memory(group: str, tmp_path: Path) -> None:
    cgroup_limits.set_limits(group, memory=2 * 2**30, weight=100)
    places = [str(place / "cgroup.procs") for place in cgroups.places(group)]
    script = "".join(f"echo $$ > {place}; " for place in places) + 'exec "$@"'
    found = looked("sh", "-c", script, "sh", folder=tmp_path)
    assert found["memory"] == "4096 MiB wanted, 2048 MiB here"
    assert "control plane" in found
