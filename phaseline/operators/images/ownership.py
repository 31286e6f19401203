"""Whose an image is: its name says what it holds, a tag of each workspace says who uses it.

Rendered files name an image by its application and content, so they are the same in every
workspace. What a workspace made goes when it is torn down, and the shared name with the last owner.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from phaseline.core.files import locked
from phaseline.core.workspace import Context, cache_folder
from phaseline.operators.images.daemon import find
from phaseline.operators.images.model import BuiltImage
from phaseline.process import journal

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.images import Image

KEPT = 10  # images of one component, for looking back: as many as Helm keeps revisions
MOST = 15  # so many may be there before the rest goes: removing takes time, and not each time
_LOCK_SECONDS = 60.0


def shared(context: Context, component: str) -> str:
    """The repository by which files, the chart and the cluster know a component's images."""
    return f"localhost/{context.pipeline.application}/{component}"


def own(context: Context, component: str) -> str:
    """The repository whose tags say that this workspace uses an image."""
    return f"{prefix(context)}{component}"


def prefix(context: Context) -> str:
    """What all of this workspace's own tags begin with."""
    return f"localhost/{context.workspace.id}/"


def own_reference(context: Context, image: BuiltImage) -> str:
    """This workspace's own tag of `image`: a container made of it is known to be ours."""
    return f"{own(context, image.component)}:{image.tag}"


def claim(context: Context, image: Image, component: str, tag: str) -> None:
    """Give `image` our own tag, then the shared name."""
    with _alone("names an image"):
        image.tag(own(context, component), tag)
        image.tag(shared(context, component), tag)


def release(client: DockerClient, context: Context, tags: Iterable[str]) -> None:
    """Take away own `tags`, and the shared name of each image that no workspace owns any more."""
    with _alone("removes images"):
        for tag in tags:
            journal.current().progress(f"removes {tag}")
            image = find(client, tag)
            remove(client, tag)
            for name in _left_over(context, client, image):
                remove(client, name)


def remove(client: DockerClient, tag: str) -> None:
    """Remove one tag, and the image with its last one."""
    from docker.errors import ImageNotFound

    with suppress(ImageNotFound):  # another workspace's teardown may be quicker
        client.images.remove(tag, force=True)


def forget_old(client: DockerClient, context: Context, component: str) -> None:
    """Release all but the newest images of a component: each edit makes one."""
    repository = own(context, component)
    known = client.images.list(name=repository)
    if len(known) <= MOST:
        return
    known.sort(key=_tagged, reverse=True)
    tags = [tag for image in known[KEPT:] for tag in image.tags]
    release(client, context, [tag for tag in tags if tag.startswith(f"{repository}:")])


def orphaned(tags: Iterable[str], application: str) -> list[str]:
    """The shared names among an image's `tags`, if no workspace's own tag is among them; pure."""
    known = list(tags)
    owners = re.compile(rf"localhost/{re.escape(application)}-[0-9a-f]{{6}}/")
    if any(owners.match(tag) for tag in known):
        return []
    return [tag for tag in known if tag.startswith(f"localhost/{application}/")]


def _left_over(context: Context, client: DockerClient, image: Image | None) -> list[str]:
    still = find(client, str(image.id)) if image else None
    return orphaned(still.tags, context.pipeline.application) if still else []


def _tagged(image: Image) -> str:
    """When it was last tagged: the time of its making is the same for all."""
    return str(image.attrs.get("Metadata", {}).get("LastTagTime", ""))


@contextmanager
def _alone(purpose: str) -> Iterator[None]:
    """Nobody else looks for an image's owners while we change them."""
    with locked(cache_folder() / "image-names.lock", purpose, wait_seconds=_LOCK_SECONDS):
        yield
