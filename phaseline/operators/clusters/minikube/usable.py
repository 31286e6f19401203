"""Whether Minikube can be used here: it is installed, and what its driver needs is there."""

from __future__ import annotations

import shutil

from phaseline.tools import docker
from phaseline.tools.toolchain import locate

# The program that a driver is run with; for docker its daemon is asked.
PROGRAMS = {"podman": "podman", "kvm2": "virsh", "virtualbox": "VBoxManage", "none": "kubelet"}


def obstacle(driver: str) -> str:
    """Why it cannot be used; "" when it can. Nothing is fetched or changed.

    Args:
        driver: as `cluster.minikube.driver` has it; auto is any that works.
    """
    if locate("minikube") is None:
        return "it is not installed"
    return driver_obstacle(driver)


def driver_obstacle(driver: str) -> str:
    """Why a driver cannot be used; "" when it can, or when minikube itself has to tell."""
    if driver == "auto":
        if not _docker() or any(shutil.which(program) for program in PROGRAMS.values()):
            return ""
        return f"no driver of it works: {_docker()}, and none of {', '.join(PROGRAMS.values())}"
    if driver == "docker":
        return _docker()
    program = PROGRAMS.get(driver)
    absent = program is not None and shutil.which(program) is None
    return f"its driver {driver} needs {program}, which is not on PATH" if absent else ""


def _docker() -> str:
    address = docker.candidates()[0]  # ours has no network for its node
    return "" if docker.answers(address) else f"no Docker daemon answers at {address}"
