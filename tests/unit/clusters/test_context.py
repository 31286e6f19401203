from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.operators.clusters import others
from phaseline.operators.clusters.capacity import summed
from phaseline.operators.clusters.context.naming import chosen_name
from phaseline.operators.clusters.context.pushed import registry
from phaseline.operators.clusters.quantity import quantity
from tests.unit.engine.toy import PIPELINE, workspace


def kubeconfig(path: Path, name: str, server: str) -> Path:
    told = {
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
    }
    path.write_text(yaml.safe_dump(told))
    return path


@pytest.mark.parametrize(
    ("name", "server", "sign"),
    [
        ("kind-shop", "https://127.0.0.1:6443", ""),
        ("product-team", "https://reproduce.example", ""),
        ("alive-and-delivered", "https://olive.example", ""),
        ("shop-prod", "https://127.0.0.1:6443", "prod"),
        ("gke_shop_PRODUCTION_1", "https://127.0.0.1:6443", "PRODUCTION"),
        ("shop", "https://api.live.example", "live"),
        ("shop", "https://prd1.example", "prd"),
    ],
)
def test_what_looks_like_production_is_taken_by_its_name_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, server: str, sign: str
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "config", name, server)))
    assert chosen_name(name) == name
    if not sign:
        assert chosen_name("") == name
        return
    with pytest.raises(InvalidConfiguration, match="looks like production") as caught:
        chosen_name("")
    assert repr(sign) in caught.value.why
    assert f"--cluster context:{name}" in caught.value.fix


def test_credentials_of_a_registry_come_from_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = "{address: registry.example/team, user: REG_USER, password: REG_PASSWORD}"
    context = workspace(tmp_path, f"{PIPELINE}cluster: {{registry: {named}}}\n")
    monkeypatch.setenv("REG_USER", "robot")
    with pytest.raises(InvalidConfiguration, match=r"cluster\.registry\.password: .*REG_PASSWORD"):
        registry(context)
    monkeypatch.setenv("REG_PASSWORD", "secret")
    found = registry(context)
    assert (found.host, found.user, found.password) == ("registry.example", "robot", "secret")


def test_without_a_registry_the_field_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfiguration, match="names no registry") as caught:
        registry(workspace(tmp_path))
    assert "cluster.registry.address" in caught.value.fix


def addresses(**told: str) -> dict[str, Any]:
    return {"status": {"addresses": [{"type": t, "address": a} for t, a in told.items()]}}


def test_which_address_of_a_node_is_used() -> None:
    inner, outer = addresses(InternalIP="10.0.0.1"), addresses(ExternalIP="192.0.2.1")
    assert others.node_address([inner]) == "10.0.0.1"
    assert others.node_address([inner, outer]) == "192.0.2.1"
    with pytest.raises(CheckFailed, match="no node"):
        others.node_address([addresses(Hostname="a")])


def pod(phase: str, ready: str, waiting: str = "") -> dict[str, Any]:
    states = [{"state": {"waiting": {"reason": waiting}}}] if waiting else []
    conditions = [{"type": "Ready", "status": ready}]
    status = {"phase": phase, "conditions": conditions, "containerStatuses": states}
    return {"metadata": {"name": "coredns"}, "status": status}


def test_pods_of_the_cluster_that_do_not_run() -> None:
    assert others.unready([pod("Running", "True"), pod("Succeeded", "False")]) == []
    (told,) = others.unready([pod("Running", "False", "CrashLoopBackOff")])
    assert told == "pod kube-system/coredns is not ready: CrashLoopBackOff"
    assert others.unready([pod("Pending", "False")])[0].endswith("Pending")


@pytest.mark.parametrize(("ready", "faults"), [(True, 0), (False, 1), (None, 1)])
def test_a_dns_without_pods(ready: bool | None, faults: int) -> None:
    endpoints = None if ready is None else [{"conditions": {"ready": ready}}]
    labels = {"kubernetes.io/service-name": "kube-dns"}
    assert len(others.dns_faults([{"metadata": {"labels": labels}, "endpoints": endpoints}])) == (
        faults
    )


def test_what_nodes_have_to_give_is_added_up() -> None:
    first = {"cpu": "1500m", "memory": "2Gi", "pods": "110"}
    second = {"cpu": "2", "memory": "500M", "pods": "110"}
    nodes = [{"status": {"allocatable": one}} for one in (first, second)]
    assert summed(nodes) == {"cpu": "3.5", "memory": "2647483648", "pods": "220"}
    with pytest.raises(CheckFailed, match="'many' is no quantity"):
        quantity("many")
