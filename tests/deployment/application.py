"""The deployed application as its users and its cluster's administrator see it."""

from __future__ import annotations

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx

from phaseline.tools import docker
from phaseline.tools.toolchain import ensure
from tests.deployment.workspace import Ran, Workspace

NAMESPACE = "todo-app"


def address(ran: Ran) -> str:
    """The page's address that a run printed."""
    found = re.search(r"^ *page: (http://\S+)$", ran.text, re.MULTILINE)
    assert found, ran.text
    return found[1]


def write(place: str, title: str) -> str:
    """Write a todo through the web address; returns its ID."""
    answer = httpx.post(f"{place}api/todos", json={"title": title}, timeout=10)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def read(place: str, todo: str) -> str:
    """The title of a todo, read through the web address."""
    answer = httpx.get(f"{place}api/todos/{todo}", timeout=10)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["title"])


def version(place: str) -> str:
    """The version that answers."""
    return str(httpx.get(f"{place}api/version", timeout=10).json()["version"])


def await_read(place: str, todo: str, limit: float) -> str:
    """Like `read`, but tried again until it answers."""
    deadline = time.monotonic() + limit
    while True:
        try:
            return read(place, todo)
        except (httpx.HTTPError, AssertionError):
            if time.monotonic() > deadline:
                raise
        time.sleep(0.1)


def kubernetes_program(name: str) -> Path:
    """One of Kubernetes' programs."""
    return ensure("kubernetes").path / name


def kubectl(
    workspace: Workspace, *words: str, stdin: str | None = None, errors: bool = False
) -> str:
    """kubectl as the workspace's administrator; what it printed, with `errors` warnings too."""
    program = str(kubernetes_program("kubectl"))
    cluster = workspace.state / "cluster"
    # its cache would else be in the user's home, and stay
    access = (f"--kubeconfig={cluster / 'kubeconfig'}", f"--cache-dir={cluster / 'kubectl-cache'}")
    completed = subprocess.run(
        (program, *access, *words),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    return completed.stdout + (completed.stderr if errors else "")


def helm(workspace: Workspace, *words: str) -> str:
    """helm in the workspace's cluster and the application's namespace."""
    kubeconfig = workspace.state / "cluster" / "kubeconfig"
    argv = (str(ensure("helm").path), f"--kubeconfig={kubeconfig}", f"--namespace={NAMESPACE}")
    completed = subprocess.run(
        (*argv, *words), capture_output=True, text=True, timeout=120, check=True
    )
    return completed.stdout


def pods(workspace: Workspace) -> list[dict[str, Any]]:
    """The application's pods, without those that an update is ending."""
    listed = json.loads(kubectl(workspace, "-n", NAMESPACE, "get", "pods", "-o", "json"))
    return [pod for pod in listed["items"] if "deletionTimestamp" not in pod["metadata"]]


def running_images(workspace: Workspace) -> dict[str, str]:
    """For each image name in the application's pods, the ID of what runs."""
    return {
        container["image"]: status["imageID"].rpartition("@")[2]
        for pod in pods(workspace)
        for container in pod["spec"]["containers"]
        for status in pod["status"]["containerStatuses"]
        if status["name"] == container["name"]
    }


def docker_images(*prefixes: str) -> dict[str, str]:
    """For each image in the Docker daemon whose name begins with one of `prefixes`, its ID."""
    client = docker.client()
    try:
        found = client.images.list()
        return {
            tag: str(image.id) for image in found for tag in image.tags if tag.startswith(prefixes)
        }
    finally:
        client.close()


def remove_docker_images(names: list[str]) -> None:
    """Remove images from the Docker daemon by hand."""
    client = docker.client()
    try:
        for name in names:
            client.images.remove(name, force=True)
    finally:
        client.close()
