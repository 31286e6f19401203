from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from phaseline.operators.hosts.fit import judge
from phaseline.operators.hosts.measures import FEATURES, NAMESPACES, Measures

GOOD = Measures(
    system="Linux",
    machine="x86_64",
    root=True,
    free={"/work": 6 * 10**9},
    cpus=2,
    memory=4 * 10**9,
    namespaces=frozenset(NAMESPACES),
    features=dict.fromkeys(FEATURES, True),
    cgroups="v2",
)

FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"system": "Darwin"}, "system", "Darwin"),
    ({"machine": "riscv64"}, "processor", "riscv64"),
    ({"root": False}, "user", "not root, needed for the embedded cluster"),
    ({"free": {"/work": 4_999_999_999}}, "disk", "5.0 GB free where /work lies"),
    ({"free": {"/work": 6 * 10**9, "/c": 10**9}}, "disk", "1.0 GB free where /c lies"),
    ({"cpus": 1}, "processors", "1"),
    ({"memory": 10**9}, "memory", "1.0 GB"),
    ({"namespaces": frozenset({"mnt", "net"})}, "namespaces", "lacking pid, ipc, uts"),
    ({"features": {"overlay": True, "veth": False}}, "kernel", "lacking veth"),
    ({"cgroups": ""}, "control groups", "none mounted"),
]


def test_a_good_machine_is_fit() -> None:
    assert all(finding.fit for finding in judge(GOOD, root_for="the embedded cluster"))


@pytest.mark.parametrize(("changes", "name", "seen"), FAULTS)
def test_each_fault_is_named_with_a_fix(changes: dict[str, Any], name: str, seen: str) -> None:
    found = judge(replace(GOOD, **changes), root_for="the embedded cluster")
    (fault,) = [finding for finding in found if not finding.fit]
    assert (fault.name, fault.seen) == (name, seen)
    assert fault.fix


@pytest.mark.parametrize("cgroups", ["v1", "v2", "hybrid"])
def test_every_version_of_control_groups_will_do(cgroups: str) -> None:
    measures = replace(GOOD, cgroups=cgroups)
    assert all(finding.fit for finding in judge(measures, root_for="the embedded cluster"))


def test_without_the_embedded_cluster_neither_root_nor_the_kernel_matters() -> None:
    measures = replace(GOOD, root=False, cgroups="", namespaces=frozenset())
    assert all(finding.fit for finding in judge(measures))


def test_a_kernel_that_does_not_tell_is_given_a_try() -> None:
    measures = replace(GOOD, features={"overlay": True, "veth": None})
    finding = next(
        one for one in judge(measures, root_for="the embedded cluster") if one.name == "kernel"
    )
    assert finding.fit
    assert finding.seen == "overlay, veth (not told: veth)"
