from __future__ import annotations

import re

import pytest

from phaseline.core.settings import Cluster
from phaseline.operators.clusters.embedded.layout import POLICIES
from phaseline.tools import catalogue, releases
from phaseline.tools.catalogue import TOOLS
from phaseline.tools.golang import MODULES
from phaseline.tools.model import Tool
from phaseline.tools.versions import parse

PINS = [
    ("k8s.io/kubernetes", catalogue.KUBERNETES),
    ("go.etcd.io/etcd/server/v3", catalogue.ETCD),
    ("github.com/coredns/coredns", catalogue.COREDNS),
    ("helm.sh/helm/v4", catalogue.HELM),
]


@pytest.mark.parametrize(("required", "version"), PINS)
def test_releases_and_builds_are_of_one_version(required: str, version: str) -> None:
    text = (MODULES / "go.mod").read_text()
    assert re.search(rf"^\s*(?:require )?{re.escape(required)} v{re.escape(version)}\b", text, re.M)


def test_the_go_that_is_asked_for_can_build_the_module() -> None:
    found = re.search(r"^go (\S+)$", (MODULES / "go.mod").read_text(), re.M)
    assert found
    wanted = parse(found[1])
    assert wanted
    assert TOOLS["go"].lookup.fits.at_least >= wanted[:2]
    assert (parse(catalogue.GO) or ()) >= wanted


def test_the_default_cluster_is_of_the_pinned_version() -> None:
    assert Cluster().kubernetes == f"v{catalogue.KUBERNETES}"


def test_every_tool_has_a_source() -> None:
    for tool in TOOLS.values():
        assert tool.artifacts or tool.recipe or tool.wheel or tool.package or tool.part_of


def test_a_built_kubernetes_has_every_program_that_is_looked_for() -> None:
    tool = TOOLS["kubernetes"]
    assert tool.recipe
    # what enforces policies is ours: a Kubernetes of other origin serves without it
    assert set(tool.recipe.links) == {*tool.lookup.programs, POLICIES}


ADDRESSES = [
    ("x86_64", "kubernetes", "https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kubelet"),
    ("aarch64", "kubernetes", "https://dl.k8s.io/release/v1.36.3/bin/linux/arm64/kubelet"),
    ("x86_64", "helm", "https://get.helm.sh/helm-v4.2.4-linux-amd64.tar.gz"),
    ("aarch64", "helm", "https://get.helm.sh/helm-v4.2.4-linux-arm64.tar.gz"),
    ("x86_64", "go", "https://go.dev/dl/go1.26.6.linux-amd64.tar.gz"),
    ("x86_64", "node", "https://nodejs.org/dist/v24.19.0/node-v24.19.0-linux-x64.tar.gz"),
    ("aarch64", "node", "https://nodejs.org/dist/v24.19.0/node-v24.19.0-linux-arm64.tar.gz"),
    *(
        (
            machine,
            "hadolint",
            f"https://github.com/hadolint/hadolint/releases/download/v2.15.1/hadolint-linux-{arch}",
        )
        for machine, arch in (("x86_64", "x86_64"), ("aarch64", "arm64"))
    ),
]


@pytest.mark.parametrize(("machine", "tool", "address"), ADDRESSES)
def test_release_addresses(
    machine: str, tool: str, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PHASELINE_RELEASES", raising=False)
    monkeypatch.setattr("platform.machine", lambda: machine)
    entry: Tool = TOOLS[tool]
    assert releases.urls(entry.artifacts[0], entry.version)[0] == address


def test_another_base_address_holds_the_sites_as_folders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PHASELINE_RELEASES", "http://127.0.0.1:8/mirror/")
    url, checksum = releases.urls(TOOLS["helm"].artifacts[0], "4.2.4")
    assert url.startswith("http://127.0.0.1:8/mirror/get.helm.sh/helm-v4.2.4-linux-")
    assert checksum == f"{url}.sha256sum"
