"""Images of the application on the node: those that nothing can need any more are removed.

kubelet collects none, for it cannot know which can be had again. An image is needed while a pod
has it, while a revision that helm keeps (the last ten) can go back to it, or if it is the newest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from phaseline.core.files import digest_text
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import parse
from phaseline.operators.clusters import access
from phaseline.operators.images import ownership
from phaseline.operators.images.model import load_images
from phaseline.tools import helm_release


def prune_images(context: Context) -> Report:
    """Remove from an embedded node the images of superseded revisions; others keep their own."""
    if not access.is_embedded(context):
        return Report("the cluster's nodes collect images themselves")
    node = access.node_images(context)
    prefixes = [f"{ownership.shared(context, one.name)}:" for one in context.components]
    gone = superseded(node.targets(), prefixes, needed(context))
    node.remove(gone)
    named = [name for name in gone if not name.startswith("sha256:")]
    summary = f"{len(named)} removed" if named else "every image is still needed"
    return Report(summary, identity=_left(context))


def prune_stands(context: Context) -> Standing:
    """Whether the node has the application's images that were left, and no others."""
    return Standing(True, "looked at", _left(context))


def _left(context: Context) -> dict[str, str]:
    if not access.is_embedded(context):
        return {}
    application = context.workspace.settings["application"]
    names = access.node_images(context).names()
    own = [name for name in names if name.startswith(f"localhost/{application}/")]
    return {"images": digest_text(*sorted(own))}


def needed(context: Context) -> set[str]:
    """The names of images that a pod has, a kept revision names, or that are newly built."""
    chart = context.pipeline.chart
    with access.api(context) as api:
        revisions = helm_release.kept(api, chart.namespace, chart.release)
        pods = api.items("/api/v1/pods")
    manifests = [parse(one.manifest) for one in revisions]
    newest = {image.reference for image in load_images(context).values()}
    return {*images_in(pods), *images_in(manifests), *newest}


def images_in(value: Any) -> Iterator[str]:
    """Every image that containers somewhere in `value` name; pure."""
    if isinstance(value, Mapping):
        if isinstance(image := value.get("image"), str):
            yield image
        for inner in value.values():
            yield from images_in(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from images_in(inner)


def superseded(
    targets: Mapping[str, str], prefixes: Collection[str], wanted: Collection[str]
) -> set[str]:
    """Those names of a node's images that can go; pure.

    Args:
        targets: the digest of what each name stands for; an image's ID is one of its names.
        prefixes: what the names of the application's images begin with.
        wanted: names that must stay, and with them the other names of the same images.
    """
    own = {name for name in targets if name.startswith(tuple(prefixes))}
    stay = {targets[name] for name in targets if name in wanted}
    stay |= {digest for name, digest in targets.items() if _others(name, own)}
    digests = {targets[name] for name in own} - stay
    return {name for name, digest in targets.items() if digest in digests}


def _others(name: str, own: Collection[str]) -> bool:
    return name not in own and not name.startswith("sha256:")
