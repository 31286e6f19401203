"""Why a pod does not come up: the cause and the fix, from its status and events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from phaseline.operators.deployments.world import Object

# Reasons that time does not cure, and what to do about each.
_HOPELESS = {
    "ErrImagePull": "build and load the image: `invoke containerize deploy`",
    "ImagePullBackOff": "build and load the image: `invoke containerize deploy`",
    "ErrImageNeverPull": "build and load the image: `invoke containerize deploy`",
    "InvalidImageName": "correct the image's name in the chart's values",
    "CreateContainerConfigError": "make the Secret or ConfigMap that it names",
    "CreateContainerError": "correct the container's command or mounts",
    "RunContainerError": "correct the container's command or security context",
    "CrashLoopBackOff": "read the last lines above: the program ends by itself",
}
_CRASHES = _HOPELESS["CrashLoopBackOff"]
_ENDED_TOO_OFTEN = 2


@dataclass(frozen=True)
class Cause:
    """Why a pod is not up. `container` is empty when it is about the whole pod."""

    pod: str
    container: str
    reason: str
    message: str
    fix: str


def causes(pods: Iterable[Object], events: Iterable[Object]) -> list[Cause]:
    """What keeps pods from running that time will not cure."""
    seen = list(events)
    return [cause for pod in pods for cause in _of_pod(pod, seen)]


def _of_pod(pod: Object, events: list[Object]) -> Iterator[Cause]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            fix = "lower its requests or node selector, or give the cluster more"
            yield Cause(name, "", "Unschedulable", condition.get("message", ""), fix)
    both = (*status.get("initContainerStatuses", []), *status.get("containerStatuses", []))
    for container in both:
        yield from _of_container(name, container)
    # an event outlives its cause: a pod whose containers have started has its mounts
    mounts = [] if status.get("phase", "Pending") != "Pending" else events
    for event in mounts:
        if event["involvedObject"].get("name") == name and event.get("reason") == "FailedMount":
            fix = "make the Secret, ConfigMap or volume that it names"
            yield Cause(name, "", "FailedMount", event.get("message", ""), fix)


def _of_container(pod: str, container: Object) -> Iterator[Cause]:
    waiting = container.get("state", {}).get("waiting", {})
    reason = waiting.get("reason", "")
    if reason in _HOPELESS:
        yield Cause(pod, container["name"], reason, waiting.get("message", ""), _HOPELESS[reason])
        return
    ended = container.get("state", {}).get("terminated") or container.get("lastState", {}).get(
        "terminated", {}
    )
    if ended.get("exitCode") and container.get("restartCount", 0) >= _ENDED_TOO_OFTEN:
        message = f"ended with exit code {ended['exitCode']}, {container['restartCount']} restarts"
        yield Cause(
            pod,
            container["name"],
            ended.get("reason", "Error"),
            message,
            _HOPELESS["CrashLoopBackOff"],
        )
