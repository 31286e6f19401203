from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.deployments.diagnosis import Cause, causes, restarts
from phaseline.operators.deployments.proof import foreign_images, not_ready
from phaseline.operators.deployments.world import World, waiting_for


def pod(phase: str = "Pending", **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "web-1"}, "status": {"phase": phase, **status}}


def waiting(reason: str, **more: Any) -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": f"{reason} told"}}
    return {"name": "web", "state": state, "restartCount": 0, **more}


def ended(code: int, restarts: int, where: str = "lastState") -> dict[str, Any]:
    dead = {"terminated": {"exitCode": code, "reason": "Error"}}
    state: dict[str, Any] = {"running": {}} if where == "lastState" else {}
    return {"name": "web", "restartCount": restarts, "state": state, where: dead}


def event(reason: str, about: str = "web-1", count: int = 3) -> dict[str, Any]:
    told = {"reason": reason, "message": f"{reason} told", "count": count}
    return {"involvedObject": {"kind": "Pod", "name": about}, **told}


UNSCHEDULABLE = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "message": "0/1 nodes are available: 1 Insufficient cpu.",
}
HOPELESS = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
]


@pytest.mark.parametrize("reason", HOPELESS)
@pytest.mark.parametrize("kind", ["containerStatuses", "initContainerStatuses"])
def test_what_a_container_waits_for_in_vain(reason: str, kind: str) -> None:
    statuses: dict[str, Any] = {kind: [waiting(reason)]}
    found = causes([pod(**statuses)], [])
    assert [(c.pod, c.container, c.reason, c.message) for c in found] == [
        ("web-1", "web", reason, f"{reason} told")
    ]
    assert found[0].fix


@pytest.mark.parametrize(
    ("one", "events", "reasons"),
    [
        (pod(conditions=[UNSCHEDULABLE]), [], ["Unschedulable"]),
        (pod(), [event("FailedMount")], ["FailedMount"]),
        (pod("Running", containerStatuses=[ended(1, 2)]), [], ["Error"]),
        (pod(initContainerStatuses=[ended(3, 4, "state")]), [], ["Error"]),
    ],
)
def test_what_else_keeps_a_pod_from_running(
    one: dict[str, Any], events: list[dict[str, Any]], reasons: list[str]
) -> None:
    found = causes([one], events)
    assert [cause.reason for cause in found] == reasons
    assert all(cause.fix and cause.message for cause in found)


@pytest.mark.parametrize(
    ("one", "events"),
    [
        (pod(), []),
        (pod(containerStatuses=[waiting("ContainerCreating")]), []),
        (pod(containerStatuses=[waiting("PodInitializing")]), [event("Pulling")]),
        (pod("Running", containerStatuses=[ended(1, 1)]), []),
        (pod("Running", containerStatuses=[ended(0, 5)]), []),
        (pod("Running"), [event("FailedMount")]),  # of its first seconds: it has its mounts
        (pod(), [event("FailedMount", about="another")]),
        (pod(), [event("FailedMount", count=1)]),  # a race, which the next try wins
        (pod(conditions=[{"type": "PodScheduled", "status": "True"}]), []),
    ],
)
def test_what_time_may_cure_is_no_cause(one: dict[str, Any], events: list[dict[str, Any]]) -> None:
    assert causes([one], events) == []


def test_restarts_from_before_do_not_count() -> None:
    earlier, later = (pod("Running", containerStatuses=[ended(137, n)]) for n in (5, 7))
    before = restarts([earlier])
    assert before == {("web-1", "web"): 5}
    assert causes([earlier], [], before) == []
    assert [cause.message for cause in causes([later], [], before)] == [
        "ended with exit code 137, 2 restarts"
    ]


def unready(*, started: bool = True, ready: bool = False, probed: bool = True) -> dict[str, Any]:
    one = pod("Running", containerStatuses=[{"name": "web", "started": started, "ready": ready}])
    probes: dict[str, Any] = {"startupProbe": {}} if probed else {}
    return {**one, "spec": {"containers": [{"name": "web", **probes}]}}


def test_a_container_that_has_started_and_is_not_ready() -> None:
    probe = {**event("Unhealthy"), "message": "Readiness probe failed: 503"}
    (found,) = causes([unready()], [probe])
    assert (found.container, found.reason, found.message) == ("web", "Unready", probe["message"])
    startup = {**event("Unhealthy"), "message": "Startup probe failed: 503"}
    assert causes([unready()], [startup]) == []
    assert causes([unready()], [{**probe, "involvedObject": {"name": "web-2"}}]) == []
    for one in (unready(started=False), unready(ready=True), unready(probed=False)):
        assert causes([one], [probe]) == []


def _of_job(phase: str) -> dict[str, Any]:
    one = {**unready(ready=True), "status": {"phase": phase, "containerStatuses": []}}
    return {**one, "metadata": {"name": "once", "ownerReferences": [{"kind": "Job"}]}}


@pytest.mark.parametrize(
    ("other", "blamed"),
    [
        (unready(started=False), False),
        (pod("Pending"), False),
        (_of_job("Running"), False),
        (_of_job("Succeeded"), True),
        (unready(ready=True), True),
    ],
)
def test_who_may_wait_for_another_is_not_to_blame(other: dict[str, Any], blamed: bool) -> None:
    probe = {**event("Unhealthy"), "message": "Readiness probe failed: 503"}
    other = {**other, "metadata": {**other["metadata"], "name": "web-0"}}
    assert [one.pod for one in causes([unready(), other], [probe])] == ["web-1"] * blamed


def test_a_cause_names_pod_container_message_and_fix() -> None:
    told = waiting("CreateContainerConfigError")
    told["state"]["waiting"]["message"] = 'secret "db" not found'
    assert causes([pod(containerStatuses=[told])], []) == [
        Cause(
            pod="web-1",
            container="web",
            reason="CreateContainerConfigError",
            message='secret "db" not found',
            fix="make the Secret or ConfigMap that it names",
        )
    ]


def workload(
    status: dict[str, int], kind: str = "Deployment", wanted: int | None = 2
) -> dict[str, Any]:
    spec = {} if wanted is None else {"replicas": wanted}
    metadata = {"name": "web", "generation": 3}
    return {"kind": kind, "metadata": metadata, "spec": spec, "status": status}


SEEN = {"observedGeneration": 3}
DONE = {**SEEN, "updatedReplicas": 2, "replicas": 2, "availableReplicas": 2}
SET = {**SEEN, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1}


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (workload(DONE), ""),
        (workload({}), "Deployment/web: its controller has not seen the change"),
        (workload({**DONE, "observedGeneration": 2}), "has not seen the change"),
        (workload({**DONE, "updatedReplicas": 1}), "Deployment/web: 1 of 2 updated"),
        (workload({**DONE, "replicas": 3}), "Deployment/web: 1 old to end"),
        (workload({**DONE, "availableReplicas": 0}), "Deployment/web: 0 of 2 available"),
        (workload(SEEN, wanted=0), ""),
        (workload(SEEN, wanted=None), "0 of 1 updated"),
        (workload({**DONE, "availableReplicas": 1}, "StatefulSet"), "StatefulSet/web: 1 of 2"),
        (workload({**SET, "numberAvailable": 1}, "DaemonSet", None), ""),
        (workload(SET, "DaemonSet", None), "DaemonSet/web: 0 of 1 available"),
    ],
)
def test_what_a_rollout_waits_for(one: dict[str, Any], text: str) -> None:
    found = waiting_for(one)
    assert text in found if text else found == ""
    assert World(workloads=(one,), pods=()).unfinished == ([found] if text else [])


def running(image: str, image_id: str, **metadata: str) -> dict[str, Any]:
    return {
        "metadata": {"name": "web-1", **metadata},
        "spec": {"containers": [{"name": "web", "image": image}]},
        "status": {"containerStatuses": [{"name": "web", "imageID": image_id}]},
    }


OURS = "localhost/shop/web:aaaa"


@pytest.mark.parametrize(
    ("one", "faults"),
    [
        (running(OURS, "sha256:aaaa"), []),
        (running(OURS, "localhost/shop/web@sha256:aaaa"), []),
        (running(OURS, "docker://sha256:aaaa"), []),
        (running(OURS, "sha256:bbbb"), ["web-1/web runs sha256:bbbb, built was sha256:aaaa"]),
        (running(OURS, ""), ["web-1/web runs , built was sha256:aaaa"]),
        (running("docker.io/library/redis:8", "sha256:cccc"), []),  # not one of ours
        (running(OURS, "sha256:bbbb", deletionTimestamp="now"), []),  # on its way out
    ],
)
def test_which_containers_run_something_else(one: dict[str, Any], faults: list[str]) -> None:
    assert list(foreign_images(one, {OURS: "sha256:aaaa"})) == faults


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_that_has_ended_keeps_nothing_from_coming_up(phase: str) -> None:
    assert causes([pod(phase, containerStatuses=[waiting("ErrImagePull")])], []) == []


@pytest.mark.parametrize(
    ("phase", "metadata", "missed"),
    [
        ("Running", {}, True),
        ("Succeeded", {}, False),
        ("Failed", {}, False),
        ("Running", {"ownerReferences": [{"kind": "ReplicaSet"}]}, True),
        ("Running", {"ownerReferences": [{"kind": "Job"}]}, False),
        ("Running", {"annotations": {"helm.sh/hook": "test"}}, False),
        ("Running", {"deletionTimestamp": "now"}, False),
    ],
)
def test_only_a_pod_that_is_to_serve_has_to_be_ready(
    phase: str, metadata: dict[str, Any], missed: bool
) -> None:
    one = pod(phase)
    one["metadata"] |= metadata
    assert list(not_ready(World(workloads=(), pods=(one,)))) == ["web-1"] * missed
