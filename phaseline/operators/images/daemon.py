"""What the operators ask of the Docker daemon, its refusals told in our words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any

from phaseline.core.errors import CommandFailed, Unreachable
from phaseline.tools import docker

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image


@contextmanager
def connected() -> Iterator[DockerClient]:
    """A client of the daemon, closed at the end.

    Raises:
        Unreachable: the daemon does not answer.
        CommandFailed: it refused what was asked.
    """
    from docker.errors import APIError, DockerException
    from requests.exceptions import RequestException

    try:
        client = docker.client()
        try:
            yield client
        finally:
            client.close()
    except APIError as error:
        raise CommandFailed("the Docker daemon refused", why=str(error.explanation)) from error
    except (DockerException, RequestException) as error:
        raise Unreachable(
            "the Docker daemon does not answer", why=str(error), fix="run `invoke setup`"
        ) from error


def import_sdk() -> None:
    """Import what `connected` needs, which takes a while; call it where nothing else is to do."""
    import_module("docker.errors")


def layers_of(image: Image) -> tuple[str, ...]:
    """The digests of an image's unpacked layers, lowest first."""
    return tuple(image.attrs["RootFS"].get("Layers") or ())


def find(client: DockerClient, reference: str) -> Image | None:
    """The image called `reference` (a name or an ID); None where the daemon has none."""
    from docker.errors import ImageNotFound

    try:
        return client.images.get(reference)
    except ImageNotFound:
        return None


def look_up(reference: str) -> Mapping[str, Any] | None:
    """What the daemon tells of the image called `reference`; None where it has none.

    Raises:
        Unreachable, CommandFailed: as `connected`.
    """
    if docker.direct(address := docker.host()):
        return docker.image(address, reference)
    with connected() as client:
        image = find(client, reference)
        return image.attrs if image else None


def discard(client: DockerClient, name: str) -> None:
    """Remove the container called `name`, if there is one."""
    from docker.errors import NotFound

    with suppress(NotFound):
        client.containers.get(name).remove(force=True, v=True)
