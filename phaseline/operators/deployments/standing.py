"""Whether what was deployed is as it was left. Asked in every run: it imports little."""

from __future__ import annotations

from phaseline.core.errors import CheckFailed
from phaseline.core.files import digest_text
from phaseline.core.report import Standing
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import parse
from phaseline.operators.clusters import access
from phaseline.operators.deployments.world import seen
from phaseline.operators.images.model import require_image
from phaseline.tools import helm_release
from phaseline.tools.api_server import ApiServer
from phaseline.tools.helm_release import DEPLOYED, Release


def load_images_stands(context: Context) -> Standing:
    """Whether the node still has every image, by name and by ID."""
    images = [require_image(context, part["name"]) for part in context.parts]
    there = access.provider(context).loaded(images)
    gone = [image.reference for image in images if image.component not in there]
    return Standing(not gone, f"the node lacks {gone[0]}" if gone else "the node has every image")


def install_release_stands(context: Context) -> Standing:
    """Whether the release is deployed, its objects are as they were left and all is available."""
    with access.api(context) as api:
        release = _newest(context, api)
        if release is None or release.status != DEPLOYED:
            return Standing(False, f"the release is {release.status if release else 'gone'}")
        left = _told(context, api, release)
        if gone := [name for name, state in left.items() if not state]:
            return Standing(False, f"{gone[0]} is gone")
        unfinished = seen(api, _namespace(context)).unfinished
    stands = f"revision {release.revision} is deployed and available, and nothing in it was altered"
    return Standing(not unfinished, unfinished[0] if unfinished else stands, left)


def identity(context: Context) -> dict[str, str]:
    """What makes the release this one: its revision, its manifest, and what its objects hold.

    Raises:
        CheckFailed: there is none.
    """
    with access.api(context) as api:
        if (release := _newest(context, api)) is None:
            raise CheckFailed("the release is gone", why="something removed it meanwhile")
        return _told(context, api, release)


def newest(context: Context) -> Release | None:
    """The release's last revision; None where there is no release."""
    with access.api(context) as api:
        return _newest(context, api)


def _newest(context: Context, api: ApiServer) -> Release | None:
    name = context.workspace.settings["chart"]["release"]
    return helm_release.newest(api, _namespace(context), name)


def _told(context: Context, api: ApiServer, release: Release) -> dict[str, str]:
    return {
        # a release that was deleted and made again begins at the same revision
        "installed": release.first_deployed,
        "revision": str(release.revision),
        "manifest": digest_text(release.manifest),
        **api.states(parse(release.manifest), _namespace(context)),
    }


def _namespace(context: Context) -> str:
    return str(context.workspace.settings["chart"]["namespace"])
