"""What runs is what was asked: status, images by ID, replicas, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access
from phaseline.operators.clusters.scratch import Scratch, scratch_namespace
from phaseline.operators.deployments.world import Object, World, look, serves
from phaseline.operators.images.model import load_images


def check_status(context: Context) -> Report:
    """See that every workload is rolled out and every pod is ready.

    Raises:
        CheckFailed: names each that is not.
    """
    world = look(context)
    faults = world.unfinished + [f"pod {name} is not ready" for name in not_ready(world)]
    if faults or not world.workloads:
        raise CheckFailed(
            "the application is not well",
            why="; ".join(faults) or "it has no workloads",
            fix="`invoke deploy`",
        )
    running = [pod for pod in world.pods if serves(pod)]
    return Report(f"{len(world.workloads)} workloads, {len(running)} pods ready")


def check_images(context: Context) -> Report:
    """See that each container runs an image that was built here, by ID, in as many pods as asked.

    Raises:
        CheckFailed: names the pod, what runs and what was built.
    """
    images = load_images(context)
    there = access.provider(context).loaded(list(images.values()))
    pods = [pod for pod in look(context).pods if serves(pod)]
    built = {one.reference: one.id for one in there.values()}
    faults = [f"the cluster has not the {name} that was built" for name in images.keys() - there]
    faults += [fault for pod in pods for fault in foreign_images(pod, built)]
    faults += [f"no pod runs {name}" for name in there if not _used(pods, there[name].reference)]
    if faults or not images:
        raise CheckFailed(
            "what runs is not what was built",
            why="; ".join(faults) or "nothing was built",
            fix="`invoke deploy`",
        )
    running = sum(len(pod["status"].get("containerStatuses", [])) for pod in pods)
    return Report(f"{running} containers run the images that were built, by ID")


def foreign_images(pod: Object, built: Mapping[str, str]) -> Iterator[str]:
    """The containers of a pod whose image ID is not that of the image their name stands for.

    Args:
        built: by the name that pods give an image, its ID as the cluster tells it.
    """
    if "deletionTimestamp" in pod["metadata"]:
        return  # on its way out: what runs in its place is looked at
    wanted = {c["name"]: c["image"] for c in pod["spec"]["containers"]}
    for container in pod["status"].get("containerStatuses", []):
        expected = built.get(wanted[container["name"]])
        # `docker://` is the classic runtime's; a name before `@` is of an image that was pulled
        running = container["imageID"].removeprefix("docker://").rpartition("@")[2]
        if expected and running != expected:
            name = f"{pod['metadata']['name']}/{container['name']}"
            yield f"{name} runs {running}, built was {expected}"


def check_rollback(context: Context) -> Report:
    """Update a scratch Deployment and go back, and see that its first template is there again.

    Raises:
        CheckFailed: the way back does not lead to where it began.
    """
    with scratch_namespace(context) as scratch:
        scratch.apply(_deployment("first"))
        scratch.run("rollout", "status", "deployment/way-back", "--timeout=20s")
        scratch.apply(_deployment("second"))
        scratch.run("rollout", "status", "deployment/way-back", "--timeout=20s")
        scratch.run("rollout", "undo", "deployment/way-back")
        scratch.run("rollout", "status", "deployment/way-back", "--timeout=20s")
        if (found := _variant(scratch)) != "first":
            raise CheckFailed("a rollback does not lead back", why=f"its template reads {found}")
    return Report("updated and rolled back on a scratch Deployment")


def _variant(scratch: Scratch) -> str:
    path = "jsonpath={.spec.template.metadata.annotations.variant}"
    return scratch.run("get", "deployment/way-back", "-o", path)


def _deployment(variant: str) -> dict[str, Any]:
    labels = {"app": "way-back"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "way-back"},
        "spec": {
            "replicas": 0,  # the history of templates is what is tried, not a program
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels, "annotations": {"variant": variant}},
                "spec": {"containers": [{"name": "none", "image": "localhost/none:1"}]},
            },
        },
    }


def not_ready(world: World) -> Iterator[str]:
    """The pods that should be ready and are not."""
    for pod in world.pods:
        conditions = {c["type"]: c["status"] for c in pod["status"].get("conditions", [])}
        staying = serves(pod) and "deletionTimestamp" not in pod["metadata"]
        if conditions.get("Ready") != "True" and staying:
            yield pod["metadata"]["name"]


def _used(pods: Iterable[Object], reference: str) -> bool:
    return any(
        container["image"] == reference for pod in pods for container in pod["spec"]["containers"]
    )
