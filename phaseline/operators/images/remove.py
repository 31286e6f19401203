"""Teardown: what this workspace has put into the daemon's image store leaves it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.images import ownership
from phaseline.operators.images.daemon import connected, layers_of
from phaseline.operators.images.model import folder

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image

BASES = "localhost/phaseline/base-"


def remove_images(context: Context) -> Report:
    """Remove this workspace's tags, images that no workspace owns then, and bases without users.

    The build cache and the cached base archives stay: they are caches.
    """
    with connected() as client:
        _remove_containers(client, ownership.prefix(context))
        own = _tags(client, ownership.prefix(context))
        ownership.release(client, context, own)
        client.images.prune(
            filters={"dangling": True, "label": f"io.phaseline.application={_name(context)}"}
        )
        bases = _unused_bases(client)
        for tag in bases:
            ownership.remove(client, tag)
    for component in context.pipeline.components:
        (folder(context) / f"{component.name}.json").unlink(missing_ok=True)
    return Report(summary=f"{len(own)} images and {len(bases)} base images removed")


def _remove_containers(client: DockerClient, prefix: str) -> None:
    """Containers of checks that were killed."""
    from docker.errors import NotFound

    for container in client.containers.list(all=True, ignore_removed=True):
        if str(container.attrs["Config"]["Image"]).startswith(prefix):
            with suppress(NotFound):
                container.remove(force=True, v=True)


def _name(context: Context) -> str:
    return context.pipeline.application


def _tags(client: DockerClient, prefix: str) -> list[str]:
    tags = (tag for image in client.api.images() for tag in image["RepoTags"] or ())
    return sorted(tag for tag in tags if tag.startswith(prefix))


def _images(client: DockerClient) -> Iterator[Image]:
    """All images. Not images.list(): that fails when another workspace removes one meanwhile."""
    from docker.errors import ImageNotFound

    for listed in client.api.images():
        with suppress(ImageNotFound):
            yield client.images.get(listed["Id"])


def _unused_bases(client: DockerClient) -> list[str]:
    images = list(_images(client))
    users = [layers_of(image) for image in images if not _is_base(image)]
    bases = [image for image in images if _is_base(image) and not _carries(image, users)]
    return sorted(tag for image in bases for tag in image.tags if tag.startswith(BASES))


def _is_base(image: Image) -> bool:
    return any(tag.startswith(BASES) for tag in image.tags)


def _carries(base: Image, users: list[tuple[str, ...]]) -> bool:
    layers = layers_of(base)
    return any(user[: len(layers)] == layers for user in users)
