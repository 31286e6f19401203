from __future__ import annotations

import pytest

from phaseline.operators.hosts.packages import needed, obstacle, packages_of


def test_an_embedded_cluster_needs_its_runtime() -> None:
    names = needed("embedded", machine_daemon=True)
    assert {"containerd", "runc", "cni", "nft", "ip", "docker"} <= set(names)
    assert "dockerd" not in names


def test_without_a_daemon_one_must_be_there_to_start() -> None:
    assert {"dockerd", "unshare"} <= set(needed("minikube", machine_daemon=False))


def test_minikube_brings_its_own_runtime() -> None:
    assert not {"containerd", "cni"} & set(needed("minikube", machine_daemon=True))


def test_no_program_is_needed_twice() -> None:
    names = needed("embedded", machine_daemon=False)
    assert len(names) == len(set(names))


def test_packages_of_programs() -> None:
    programs = ("ctr", "containerd", "cni", "nft", "docker", "dockerd", "catatonit", "ip")
    assert packages_of(programs) == (
        "catatonit",
        "containerd",
        "containernetworking-plugins",
        "docker.io",
        "iproute2",
        "nftables",
    )


@pytest.mark.parametrize(
    ("apt", "root", "reason"),
    [
        (True, True, ""),
        (True, False, "only root can install them"),
        (False, True, "there is no apt-get on this machine to install them with"),
    ],
)
def test_what_keeps_packages_from_being_installed(apt: bool, root: bool, reason: str) -> None:
    assert obstacle(apt=apt, root=root) == reason
