"""T015: one spoilt field, one finding."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.operators.charts.workloads import judge_workloads
from tests.unit.charts.sample import DEPLOYMENT, IMAGE, spoilt

POD = "spec.template.spec"
ONE = f"{POD}.containers.0"
INNER = f"{ONE}.securityContext"


def judged(*objects: dict[str, Any]) -> list[tuple[str, str]]:
    """Object and fault of every finding."""
    return [(f.subject, f.problem) for f in judge_workloads(objects, {"api": IMAGE})]


def test_nothing_wrong() -> None:
    assert judged(DEPLOYMENT) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (f"{POD}.securityContext.runAsNonRoot", None, "api: may run as root"),
        (f"{INNER}.runAsNonRoot", False, "api: may run as root"),
        (f"{POD}.securityContext.runAsUser", None, "api: runs as no numeric user"),
        (f"{INNER}.runAsUser", 0, "api: runs as no numeric user"),
        (f"{POD}.securityContext.seccompProfile", None, "api: has no seccomp profile"),
        (f"{INNER}.seccompProfile", {"type": "Unconfined"}, "api: has no seccomp profile"),
        (f"{INNER}.allowPrivilegeEscalation", None, "api: may gain privileges"),
        (f"{INNER}.allowPrivilegeEscalation", True, "api: may gain privileges"),
        (f"{INNER}.privileged", True, "api: is privileged"),
        (f"{INNER}.capabilities", None, "api: keeps capabilities"),
        (f"{INNER}.capabilities.drop", ["NET_RAW"], "api: keeps capabilities"),
        (f"{INNER}.capabilities.add", ["SYS_ADMIN"], "api: adds the capability SYS_ADMIN"),
        (f"{ONE}.ports.0.hostPort", 80, "api: takes the host's port 80"),
        (f"{POD}.hostNetwork", True, "hostNetwork is on"),
        (f"{POD}.hostPID", True, "hostPID is on"),
        (f"{POD}.volumes.0", {"name": "root", "hostPath": {}}, "volume root is a hostPath"),
        (
            f"{ONE}.readinessProbe",
            None,
            "api: no readinessProbe: requests reach it before it can answer",
        ),
        (f"{ONE}.livenessProbe", None, "api: no livenessProbe: it stays when it hangs"),
        (f"{ONE}.resources.requests.cpu", None, "api: no requests.cpu"),
        (f"{ONE}.resources.requests.memory", None, "api: no requests.memory"),
        (f"{ONE}.resources.limits", None, "api: no limits.memory"),
    ],
)
def test_one_thing_wrong(path: str, value: Any, problem: str) -> None:
    assert judged(spoilt(DEPLOYMENT, path, value)) == [("Deployment/api", problem)]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{INNER}.capabilities.add", ["NET_BIND_SERVICE"]),
        (f"{INNER}.seccompProfile", {"type": "Localhost", "localhostProfile": "x"}),
        (f"{POD}.volumes.0", {"name": "own", "persistentVolumeClaim": {"claimName": "x"}}),
    ],
)
def test_what_the_standard_admits(path: str, value: Any) -> None:
    assert judged(spoilt(DEPLOYMENT, path, value)) == []


def test_an_image_that_nobody_runs() -> None:
    (finding,) = judge_workloads((DEPLOYMENT,), {"api": IMAGE, "web": "localhost/shop/web:1"})
    assert finding.subject == "component web"
    assert finding.problem == "no workload runs localhost/shop/web:1"


def test_init_containers_are_bound_by_the_standard_but_need_no_probes() -> None:
    fine = {k: v for k, v in container().items() if not k.endswith("Probe")}
    assert judged(spoilt(DEPLOYMENT, f"{POD}.initContainers", [fine])) == []
    loose = {**fine, "name": "prepare", "securityContext": {"capabilities": {"drop": ["ALL"]}}}
    assert judged(spoilt(DEPLOYMENT, f"{POD}.initContainers", [loose])) == [
        ("Deployment/api", "prepare: may gain privileges")
    ]


def test_a_sidecar_needs_probes() -> None:
    sidecar = {k: v for k, v in container().items() if not k.endswith("Probe")}
    spoilt_one = spoilt(
        DEPLOYMENT, f"{POD}.initContainers", [{**sidecar, "restartPolicy": "Always"}]
    )
    assert len(judged(spoilt_one)) == 2


@pytest.mark.parametrize("kind", ["Job", "Pod", "CronJob"])
def test_what_runs_to_an_end_needs_no_probes(kind: str) -> None:
    bare = spoilt(spoilt(DEPLOYMENT, f"{ONE}.readinessProbe", None), f"{ONE}.livenessProbe", None)
    template = bare["spec"]["template"]
    spec = {"Job": bare["spec"], "Pod": template["spec"], "CronJob": {"jobTemplate": bare}}[kind]
    assert judged({"kind": kind, "metadata": {"name": "once"}, "spec": spec}) == []


def test_workloads_of_other_images_are_not_judged() -> None:
    foreign = spoilt(spoilt(DEPLOYMENT, f"{ONE}.image", "other:1"), f"{INNER}.privileged", True)
    assert judged(DEPLOYMENT, foreign) == []


def hook(path: str, value: Any) -> dict[str, Any]:
    """A test pod of Helm with one thing spoilt."""
    pod = DEPLOYMENT["spec"]["template"]["spec"]
    annotations = {"helm.sh/hook": "test"}
    one = {"metadata": {"name": "test", "annotations": annotations}, "kind": "Pod", "spec": pod}
    return spoilt(spoilt(one, "spec.restartPolicy", "Never"), path, value)


def test_a_hook_comes_to_an_end() -> None:
    assert judged(hook("spec.restartPolicy", "OnFailure")) == []
    (subject, problem) = judged(hook("spec.restartPolicy", None))[0]
    assert (subject, problem) == (
        "Pod/test",
        "helm waits for the end of this test hook, and it is restarted",
    )


@pytest.mark.parametrize("kind", ["Job", "Pod"])
def test_what_runs_to_an_end_has_the_image_of_a_component(kind: str) -> None:
    job = {**spoilt(DEPLOYMENT, f"{ONE}.image", "localhost/shop/api:0"), "kind": "Job"}
    one = {"Job": job, "Pod": hook("spec.containers.0.image", "localhost/shop/api:0")}[kind]
    name = {"Job": "Job/api", "Pod": "Pod/test"}[kind]
    problem = "api: runs localhost/shop/api:0, which no component makes"
    assert judged(DEPLOYMENT, one) == [(name, problem)]


def container() -> dict[str, Any]:
    one: dict[str, Any] = DEPLOYMENT["spec"]["template"]["spec"]["containers"][0]
    return one
