"""Minikube as a provider: against recorded answers of a real one, and a real one where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from phaseline.core.errors import (
    CheckFailed,
    CommandFailed,
    HostUnfit,
    InvalidConfiguration,
    PhaselineError,
    Unreachable,
)
from phaseline.operators.clusters.model import folder, save
from phaseline.operators.images.model import BuiltImage
from phaseline.tools.minikube import Minikube
from phaseline.tools.minikube_words import CODES, STATUS
from tests.contract.minikube.conftest import RECORDED, Said, Stage


def image(name: str = "web", tag: str = "ab12") -> BuiltImage:
    return BuiltImage(
        component=name,
        repository=f"localhost/shop/{name}",
        tag=tag,
        id=f"sha256:{tag * 16}",
        size=10**6,
        base="",
        route="scratch",
        layers=(),
    )


def tool(stage: Stage) -> Minikube:
    return Minikube(Path("minikube"), stage.cluster.state.name, stage.cluster.kubeconfig())


def test_a_profile_comes_stops_starts_again_and_goes(either: Stage) -> None:
    cluster = either.cluster
    assert cluster.status().phase == "down"
    save(either.context, cluster.state)
    cluster.create()
    assert cluster.status().well
    assert set(cluster.status().units) == {"Host", "Kubelet", "APIServer", "Kubeconfig"}
    assert cluster.node_address().count(".") == 3
    cluster.stop()
    assert cluster.status().phase == "down"
    cluster.start()
    assert cluster.status().well
    cluster.delete()
    assert cluster.status().phase == "down"
    assert not folder(either.context).exists()


def test_only_this_profile_and_a_kubeconfig_of_ours_are_touched(started: Stage) -> None:
    started.cluster.stop()
    profile = f"--profile={started.context.workspace.id}"
    calls = [call for call in started.calls() if call[0] != "version"]
    assert all(profile in call for call in calls)
    assert started.cluster.kubeconfig().stat().st_mode & 0o777 == 0o600
    assert not Path(os.environ["KUBECONFIG"]).exists()


def test_a_start_says_how_far_it_is(stage: Stage, said: Said) -> None:
    save(stage.context, stage.cluster.state)
    stage.cluster.create()
    steps = [text for text in said.texts if "/19: " in text]
    assert steps[0].startswith("minikube 0/19: minikube v1.38.1")
    assert "minikube 13/19: Booting up control plane ..." in steps
    assert steps[-1].startswith("minikube 19/19: Done!")


def test_addons_that_are_wanted_are_enabled_once(started: Stage) -> None:
    assert "metrics-server" in tool(started).addons()
    started.cluster.create()
    enabled = [call for call in started.calls() if call[:2] == ["addons", "enable"]]
    assert [call[2] for call in enabled] == ["metrics-server"]


def test_an_unknown_addon_is_refused(started: Stage) -> None:
    with pytest.raises(CommandFailed, match="addons enable nosuchaddon") as caught:
        tool(started).enable("nosuchaddon")
    assert "nosuchaddon is not a valid addon" in caught.value.why


STARTS: list[tuple[str, type[PhaselineError], str]] = [
    ("start-bad-driver-json", HostUnfit, "'nosuchdriver' is not supported"),
    ("start-bad-driver", HostUnfit, "'nosuchdriver' is not supported"),
    ("start-bad-flag", InvalidConfiguration, "unknown flag"),
    ("start-bad-profile-name", InvalidConfiguration, "Only alphanumeric"),
    ("start-bad-k8s-version", CommandFailed, "RUNTIME_ENABLE"),
    ("start-low-memory", CommandFailed, "RT_DOCKER_RESTART"),
    ("start-too-many-cpus", CommandFailed, "RUNTIME_ENABLE"),
    ("start-missing-driver", HostUnfit, "PROVIDER_KVM2_NOT_FOUND"),
    ("start-driver-mismatch", InvalidConfiguration, "GUEST_DRIVER_MISMATCH"),
    ("start-no-network", Unreachable, "INET"),
    ("start-again-idempotent", HostUnfit, "DRV_AS_ROOT"),
    ("user-start-bad-driver", HostUnfit, "DRV_UNSUPPORTED_OS"),
    ("user-start-bad-k8s", InvalidConfiguration, "Kubernetes 9.9.9 is not supported"),
    ("user-start-old-k8s", InvalidConfiguration, "K8S_OLD_UNSUPPORTED"),
    ("user-start-garbage-k8s", InvalidConfiguration, "banana"),
    ("user-start-bad-runtime", InvalidConfiguration, "Invalid Container Runtime"),
    ("user-start-low-memory", HostUnfit, "RSRC_INSUFFICIENT_REQ_MEMORY"),
    ("user-start-many-cpus", HostUnfit, "RSRC_INSUFFICIENT_CORES"),
    ("user-start-none", HostUnfit, "PROVIDER_NONE_NOT_FOUND"),
    ("none-start-preflight-fail", CommandFailed, "GUEST_START"),
]


@pytest.mark.parametrize(("recording", "kind", "said"), STARTS)
def test_a_start_that_fails_is_told_with_cause_and_fix(
    stage: Stage, recording: str, kind: type[PhaselineError], said: str
) -> None:
    stage.fail("start", recording)
    with pytest.raises(PhaselineError) as caught:
        stage.cluster.create()
    assert type(caught.value) is kind
    assert said in caught.value.why
    assert caught.value.fix
    assert "PROFILE" not in caught.value.fix


def test_every_exit_code_that_was_recorded_has_a_meaning() -> None:
    codes = {one["code"] for one in RECORDED.values()} - {0}
    assert codes <= CODES.keys() | STATUS.keys()
    assert all(one.what and one.fix for one in CODES.values())


@pytest.mark.parametrize(
    ("recording", "phase", "down"),
    [
        ("status-running-json", "running", []),
        ("status-degraded", "running", []),  # it does not see that CoreDNS crashes
        ("status-stopped-json", "down", ["Host", "Kubelet", "APIServer", "Kubeconfig"]),
        ("status-nonexistent-p", "down", ["Host", "Kubelet", "APIServer", "Kubeconfig"]),
        ("status-container-removed", "down", ["Host", "Kubelet", "APIServer", "Kubeconfig"]),
        ("status-half-created", "half created", ["Kubelet", "APIServer", "Kubeconfig"]),
        ("status-paused", STATUS[2], ["Kubelet", "APIServer"]),
        ("status-kubelet-stopped", STATUS[2], ["Kubelet"]),
        ("status-apiserver-stopped", STATUS[2], ["Kubelet", "APIServer"]),
        ("status-broken", STATUS[38], ["Host", "Kubelet", "APIServer", "Kubeconfig"]),
    ],
)
def test_each_status_is_told(stage: Stage, recording: str, phase: str, down: list[str]) -> None:
    stage.fail("status", recording)
    now = stage.cluster.status()
    assert (now.phase, now.down) == (phase, down)
    assert now.well is (phase == "running")


def test_a_start_that_is_said_to_be_done_and_is_not_well(stage: Stage) -> None:
    stage.fail("status", "status-kubelet-stopped")
    with pytest.raises(CheckFailed, match="is not well") as caught:
        stage.cluster.create()
    assert caught.value.why == STATUS[2]


def test_images_are_loaded_and_proved_by_id(started: Stage) -> None:
    first, second = image("web", "ab12"), image("api", "cd34")
    assert started.cluster.loaded([first, second]) == {}
    there = started.cluster.load_images([first])
    assert there["web"].reference == first.reference
    assert there["web"].id == first.id
    assert started.cluster.loaded([first, second]).keys() == {"web"}
    assert started.cluster.loaded([image("web", "ffff")]) == {}
    assert not list(folder(started.context).glob("image"))


def test_an_image_of_a_short_name_is_found_under_its_long_one(started: Stage) -> None:
    assert started.cluster.find_named("shop/web:ab12") is None
    assert started.cluster.load_named("shop/web:ab12").id == f"sha256:{'ab12' * 16}"


@pytest.mark.parametrize("recording", ["image-load-missing-image", "image-load-missing-tar"])
def test_a_load_that_has_done_nothing_is_noticed(started: Stage, recording: str) -> None:
    assert RECORDED[recording]["code"] == 0
    started.fail("image load", recording)
    with pytest.raises(CheckFailed, match="after it was loaded"):
        started.cluster.load_images([image()])


def test_a_stopped_node_takes_no_image(started: Stage) -> None:
    started.cluster.stop()
    with pytest.raises(CheckFailed, match="after it was loaded"):
        started.cluster.load_images([image()])


@pytest.mark.parametrize(
    ("recording", "urls"),
    [
        ("service-url", ["http://192.168.49.2:30080"]),
        ("service-url-multiport", ["http://192.168.49.2:31594", "http://192.168.49.2:30286"]),
    ],
)
def test_where_a_service_answers(started: Stage, recording: str, urls: list[str]) -> None:
    started.fail("service", recording)
    assert tool(started).urls("hello", "default") == urls
    last = urls[-1].removeprefix("http://")
    assert started.cluster.place_of("hello", int(last.rpartition(":")[2])) == last


def test_a_node_port_that_is_not_told_is_named(started: Stage) -> None:
    started.fail("service", "service-url-multiport")
    with pytest.raises(CheckFailed, match="node port 30000"):
        started.cluster.place_of("hello", 30000)


@pytest.mark.parametrize(
    ("recording", "kind", "said"),
    [
        ("service-url-clusterip", CheckFailed, "ClusterIP"),
        ("service-url-missing", CommandFailed, "SVC_NOT_FOUND"),
        ("service-url-bad-ns", CommandFailed, "SVC_NOT_FOUND"),
        ("service-url-noendpoints", CommandFailed, "no running pod for service noep"),
        ("service-url-podnotready", CommandFailed, "no running pod for service bad"),
        ("service-url-stopped", CommandFailed, "is not running: state=Stopped"),
        ("service-url-nonexistent-profile", CommandFailed, "not found"),
    ],
)
def test_a_service_that_has_no_address_is_told(
    started: Stage, recording: str, kind: type[PhaselineError], said: str
) -> None:
    started.fail("service", recording)
    with pytest.raises(PhaselineError) as caught:
        tool(started).urls("hello", "default")
    assert type(caught.value) is kind
    assert said in caught.value.why
    assert caught.value.fix


def test_without_minikube_the_way_to_it_is_named(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(HostUnfit, match="minikube is not installed") as caught:
        stage.cluster.validate()
    assert "invoke setup --with minikube" in caught.value.fix
