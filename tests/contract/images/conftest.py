"""A Docker daemon, the machine's or one of the tests' own, and a scratch workspace."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from phaseline.operators.hosts import own_daemon
from phaseline.operators.images.remove import remove_images
from phaseline.tools import docker
from tests.contract.images.registry import Registry, serve
from tests.contract.images.scratch import Scratch


@pytest.fixture(scope="session")
def daemon() -> Iterator[str]:
    """Its address. One that answers is used as it is; else one is started and stopped again."""
    if docker.answers(docker.host()):
        yield docker.host()
        return
    with tempfile.TemporaryDirectory(prefix="phaseline-daemon-") as text:
        place = own_daemon.Place(Path(text))
        own_daemon.start(place)
        os.environ["DOCKER_HOST"] = f"unix://{place.socket}"
        yield os.environ["DOCKER_HOST"]
        del os.environ["DOCKER_HOST"]
        own_daemon.stop(place)


@pytest.fixture
def scratch(daemon: str, tmp_path: Path) -> Iterator[Scratch]:
    workspace = Scratch(tmp_path)
    yield workspace
    if (tmp_path / "pipeline.yaml").exists():
        remove_images(workspace.context())


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    server = serve(registry)
    yield registry
    server.shutdown()
    server.server_close()
