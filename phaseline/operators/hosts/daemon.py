"""A Docker daemon that answers: the machine's own, else ours, shared between workspaces."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from phaseline.core.files import locked
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.hosts import own_daemon, users
from phaseline.process import journal
from phaseline.tools import docker

_LOCK_SECONDS = 60.0


def daemon(context: Context) -> Report:
    """See that a Docker daemon answers; start our own where the machine has none.

    Raises:
        HostUnfit: none answers and we are not root.
        ToolMissing: none answers and dockerd is not installed.
        CommandFailed: ours does not come up.
    """
    address, ours = docker.candidates()
    if address != ours and docker.answers(address):
        return _report("the machine's")
    if os.environ.get("DOCKER_HOST"):
        journal.progress(f"DOCKER_HOST={address} does not answer: using a daemon of our own")
    place = own_daemon.Place(docker.folder())
    with _locked("starting Docker"):
        if not docker.answers(ours):
            own_daemon.start(place)
        users.register(place.root / "users", context.workspace)
    return _report("our own")


def daemon_stands(context: Context) -> Standing:
    """Whether a Docker daemon answers."""
    address = docker.host()
    answers = docker.answers(address)
    return Standing(answers, f"{address} {'answers' if answers else 'does not answer'}")


def is_ours(context: Context) -> bool:
    """Whether our daemon holds what this workspace has built: a record of it may be imported."""
    return users.uses(docker.folder() / "users", context.workspace)


def release(context: Context) -> Report:
    """Give up our daemon: stop it, and leave only its data, when no other workspace uses it."""
    place = own_daemon.Place(docker.folder())
    if not place.root.exists():
        return Report("no Docker daemon of ours")
    with _locked("stopping Docker"):
        users.withdraw(place.root / "users", context.workspace)
        if others := users.remaining(place.root / "users"):
            return Report(f"our Docker daemon stays: {', '.join(others)} uses it")
        ran = own_daemon.runs(place)
        own_daemon.stop(place)
    return Report("our Docker daemon was stopped" if ran else "no Docker daemon of ours ran")


def _locked(purpose: str) -> AbstractContextManager[bool]:
    def waiting(holder: str) -> None:
        journal.progress(f"waiting for the Docker daemon: {holder} is at it")

    path = docker.folder() / ".lock"
    return locked(path, purpose, wait_seconds=_LOCK_SECONDS, waiting=waiting)


def _report(whose: str) -> Report:
    client = docker.client()
    try:
        facts = client.info()
    finally:
        client.close()
    summary = f"{whose} Docker {facts['ServerVersion']}, {facts['Driver']}"
    return Report(summary, identity={"docker": str(facts["ID"])})
