"""Another image or other values for the running release, and nothing else of it changed."""

from __future__ import annotations

from collections.abc import Sequence

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.report import Report
from phaseline.core.settings import Component
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.deployments import node_images, release
from phaseline.operators.deployments.endpoints import await_served
from phaseline.operators.deployments.naming import Image, laid
from phaseline.operators.deployments.standing import newest
from phaseline.operators.images import daemon
from phaseline.operators.images.model import require_image


def update(
    context: Context, component: str = "", image: str = "", settings: Sequence[str] = ()
) -> Report:
    """Bring the image of one component, or of each, to the release, and wait until it serves.

    What the release has of other values stays. It is put back if it does not come up.

    Args:
        image: `repository:tag` for `component`; empty: what was built last. With settings alone
            no image changes.
        settings: `path=value` for the chart, in Helm's form.

    Raises:
        InvalidConfiguration: there is no such component or image, or a setting has no value.
        CheckFailed: there is no release; a pod does not come up. TimedOut: nor in time.
        CommandFailed: helm refuses; its words are in the message.
    """
    check_settings(settings)
    chosen = _chosen(context, component, image, settings)
    name = context.pipeline.chart.release
    if newest(context) is None:
        raise CheckFailed(f"there is no release {name} to update", fix="`invoke deploy`")
    images = {one.values: _image(context, one, image) for one in chosen}
    file = laid(context, images, "update.yaml")
    told = release.apply(context, file, settings=tuple(settings), reuse=True)
    await_served(context)
    lines = ("until the next `invoke deploy-all`, which installs what is in the checkout",)
    return Report(told.summary, told.identity, lines=lines)


def check_settings(settings: Sequence[str]) -> None:
    """See that each is `path=value`; pure.

    Raises:
        InvalidConfiguration: one is not.
    """
    for one in settings:
        path, equals, _ = one.partition("=")
        if not path or not equals:
            raise InvalidConfiguration(f"--values {one}: it takes PATH=VALUE, separated by commas")


def parted(image: str) -> Image:
    """Repository and tag of `repository:tag`; a registry may have a port; pure.

    Raises:
        InvalidConfiguration: it has no tag.
    """
    repository, colon, tag = image.rpartition(":")
    if not repository or not colon or not tag or "/" in tag:
        raise InvalidConfiguration(f"--image {image}: it takes REPOSITORY:TAG")
    return repository, tag


def _chosen(
    context: Context, component: str, image: str, settings: Sequence[str]
) -> list[Component]:
    known = {one.name: one for one in context.pipeline.components}
    if component:
        if component not in known:
            fix = f"one of {', '.join(known)}"
            what = f"--component {component}: there is no such component"
            raise InvalidConfiguration(what, fix=fix)
        return [known[component]]
    if image:
        raise InvalidConfiguration(f"--image {image}: name the component that it is for")
    return [] if settings else list(known.values())


def _image(context: Context, component: Component, image: str) -> Image:
    """The image for a component, brought to the node if it is not there."""
    if not image:
        brought = node_images.bring(context, require_image(context, component.name))
        return brought.repository, brought.tag
    parted(image)
    cluster = access.provider(context)
    if there := cluster.find_named(image):
        return there.repository, there.tag
    with daemon.connected() as client:
        if daemon.find(client, image) is None:
            raise InvalidConfiguration(
                f"--image {image}: neither the node nor the Docker daemon has it",
                fix="see `invoke image.list`, or build it: `invoke containerize`",
            )
    brought = cluster.load_named(image)
    return brought.repository, brought.tag
