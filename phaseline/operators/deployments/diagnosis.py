"""Why a pod does not come up: the cause and the fix, from its status and events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from phaseline.operators.deployments.world import Object, ended, of_job

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
_ENDED_TOO_OFTEN = 2
# Once is a race: kubelet may ask for a claim before it is known to be this node's.
_MOUNTS_FAILED = 3
# A pod may pass through a bad state, such as a Secret that comes a moment later.
PATIENCE = 6.0
# A container that has started, by its startup probe, should be ready soon.
_PATIENCE_WITH_READINESS = 12.0
# How often each container, by pod and name, has been restarted.
Restarts = Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class Cause:
    """Why a pod is not up.

    Attributes:
        container: empty when it is about the whole pod.
        patience: seconds for which it may last before it is taken to be final.
    """

    pod: str
    container: str
    reason: str
    message: str
    fix: str
    patience: float = PATIENCE


def restarts(pods: Iterable[Object]) -> Restarts:
    """How often each container of the pods has been restarted."""
    return {
        (pod["metadata"]["name"], one["name"]): one.get("restartCount", 0)
        for pod in pods
        for one in _containers(pod)
    }


def causes(
    pods: Iterable[Object], events: Iterable[Object], before: Restarts | None = None
) -> list[Cause]:
    """What keeps pods from running that time will not cure.

    Args:
        before: restarts that do not count: a node that was switched off restarts all containers.
    """
    seen = list(events)
    staying = [pod for pod in pods if not ended(pod) and "deletionTimestamp" not in pod["metadata"]]
    found = [cause for pod in staying for cause in _of_pod(pod, seen, before or {})]
    if any(_at_work(pod) for pod in staying):
        return found
    return found + [cause for pod in staying for cause in _unready(pod, seen)]


def _at_work(pod: Object) -> bool:
    """Whether it has yet to start, or runs to an end: others may rightly wait for it."""
    running = pod.get("status", {}).get("containerStatuses", [])
    return of_job(pod) or not running or not all(one.get("started") for one in running)


def _containers(pod: Object) -> tuple[Object, ...]:
    status = pod.get("status", {})
    return (*status.get("initContainerStatuses", []), *status.get("containerStatuses", []))


def _of_pod(pod: Object, events: list[Object], before: Restarts) -> Iterator[Cause]:
    name, status = pod["metadata"]["name"], pod.get("status", {})
    for condition in status.get("conditions", []):
        if condition["type"] == "PodScheduled" and condition.get("reason") == "Unschedulable":
            fix = "lower its requests or node selector, or give the cluster more"
            yield Cause(name, "", "Unschedulable", condition.get("message", ""), fix)
    for container in _containers(pod):
        yield from _of_container(name, container, before.get((name, container["name"]), 0))
    # an event outlives its cause: a pod whose containers have started has its mounts
    mounts = [] if status.get("phase", "Pending") != "Pending" else events
    for event in mounts:
        if _is_about(event, name, "FailedMount") and event.get("count", 1) >= _MOUNTS_FAILED:
            fix = "make the Secret, ConfigMap or volume that it names"
            yield Cause(name, "", "FailedMount", event.get("message", ""), fix)


def _unready(pod: Object, events: list[Object]) -> Iterator[Cause]:
    """Containers whose startup probe has passed, and whose readiness probe fails.

    Without a startup probe nothing tells how long a program takes to start.
    """
    name, probed = pod["metadata"]["name"], set()
    for one in pod.get("spec", {}).get("containers", []):
        probed |= {one["name"]} if "startupProbe" in one else set()
    failing = [e["message"] for e in events if _is_about(e, name, "Unhealthy")]
    said = [message for message in failing if message.startswith("Readiness")]
    for one in pod.get("status", {}).get("containerStatuses", []):
        if one["name"] in probed and one.get("started") and not one.get("ready") and said:
            fix = "see in the lines above why it is not ready, or correct the probe"
            yield Cause(name, one["name"], "Unready", said[-1], fix, _PATIENCE_WITH_READINESS)


def _is_about(event: Object, pod: str, reason: str) -> bool:
    return event["involvedObject"].get("name") == pod and event.get("reason") == reason


def _of_container(pod: str, container: Object, before: int) -> Iterator[Cause]:
    name, state = container["name"], container.get("state", {})
    waiting = state.get("waiting", {})
    reason = waiting.get("reason", "")
    if reason in _HOPELESS:
        yield Cause(pod, name, reason, waiting.get("message", ""), _HOPELESS[reason])
        return
    ended = state.get("terminated") or container.get("lastState", {}).get("terminated", {})
    count = container.get("restartCount", 0) - before
    if ended.get("exitCode") and count >= _ENDED_TOO_OFTEN:
        message = f"ended with exit code {ended['exitCode']}, {count} restarts"
        reason = ended.get("reason", "Error")
        yield Cause(pod, name, reason, message, _HOPELESS["CrashLoopBackOff"])
