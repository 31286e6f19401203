"""What a replay compares of a deployment: images by ID, workloads with their replicas."""

from __future__ import annotations

from collections.abc import Iterator

from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.deployments.world import Object, look, serves, title
from phaseline.operators.images.model import load_images


def on_node(context: Context) -> dict[str, str]:
    """The ID that the cluster tells for each component's image."""
    there = access.provider(context).loaded(list(load_images(context).values()))
    return {name: one.id for name, one in there.items()}


def workloads(context: Context) -> dict[str, str]:
    """Each workload with its replicas and its containers' images."""
    return {title(one): _told(one) for one in look(context).workloads}


def running(context: Context) -> dict[str, str]:
    """For each image name in the pods, the ID of what runs under it."""
    every = look(context).pods
    pods = (pod for pod in every if serves(pod) and "deletionTimestamp" not in pod["metadata"])
    return dict(sorted(pair for pod in pods for pair in _running(pod)))


def _told(one: Object) -> str:
    replicas = one["spec"].get("replicas", 1)
    ready = one.get("status", {}).get("readyReplicas", one.get("status", {}).get("numberReady", 0))
    containers = one["spec"]["template"]["spec"]["containers"]
    images = ", ".join(container["image"] for container in containers)
    return f"{ready} of {replicas} ready, {images}"


def _running(pod: Object) -> Iterator[tuple[str, str]]:
    names = {one["name"]: one["image"] for one in pod["spec"]["containers"]}
    for status in pod["status"].get("containerStatuses", []):
        yield names[status["name"]], status["imageID"].rpartition("@")[2]
