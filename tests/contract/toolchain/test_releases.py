"""The toolchain against a release site: what is fetched, what is refused, what comes next."""

from __future__ import annotations

import platform
import time
from pathlib import Path

import pytest

from phaseline.core.errors import InvalidConfiguration, ToolMissing, UntrustedDownload
from phaseline.operators.hosts import optional
from phaseline.tools import catalogue, outlook
from phaseline.tools.toolchain import ensure, locate
from tests.contract.toolchain.site import (
    HELM,
    KUBECTL_AI,
    KUBERNETES,
    MINIKUBE,
    NODE_PROGRAMS,
    Fault,
    Site,
    archive,
    digest,
)
from tests.contract.toolchain.stand_ins import GO, Said, stand_in

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the site serves releases for amd64 only"
)


def drafts(helm_cache: Path) -> list[Path]:
    return list(helm_cache.glob(".installing-*"))


def test_a_release_is_fetched_checked_and_cached(site: Site, helm_cache: Path, said: Said) -> None:
    site.publish_helm()
    first = ensure("helm")
    assert (first.source, first.version) == ("release", "4.2.4")
    assert first.path == helm_cache / "4.2.4" / "helm"
    assert said.holds("helm 4.2.4 from the upstream release")
    assert said.holds("downloading helm-v4.2.4-linux-amd64.tar.gz")
    assert ensure("helm").source == "cache"
    assert site.asked("GET", HELM) == 1
    assert not drafts(helm_cache)


def test_a_program_on_path_that_fits_comes_first(programs: Path, site: Site) -> None:
    site.publish_helm()
    stand_in(programs, "helm", "echo v4.1.0")
    assert ensure("helm").source == "path"
    assert not site.requests


def test_a_program_on_path_that_does_not_fit_is_passed_over(programs: Path, site: Site) -> None:
    site.publish_helm()
    stand_in(programs, "helm", "echo v3.19.0")
    assert ensure("helm").source == "release"


def test_minikube_is_fetched_when_it_is_asked_for(programs: Path, site: Site) -> None:
    site.publish_minikube()
    told = optional.fetch(("minikube",))
    assert told.lines[0].startswith("minikube 1.38.1, from the release: ")
    assert optional.fetch(("minikube",)).lines[0].startswith("minikube 1.38.1, from the cache: ")
    assert site.asked("GET", MINIKUBE) == 1


def test_a_minikube_that_is_not_what_was_published_is_refused(programs: Path, site: Site) -> None:
    site.publish_minikube()
    site.files[MINIKUBE] += b"more"
    with pytest.raises(UntrustedDownload):
        optional.fetch(("minikube",))
    assert locate("minikube") is None


def test_kubectl_ai_is_fetched_by_its_published_digest(programs: Path, site: Site) -> None:
    site.publish_kubectl_ai()
    told = optional.fetch(("kubectl-ai",))
    assert told.lines[0].startswith("kubectl-ai 0.0.28, from the release: ")
    assert site.asked("GET", KUBECTL_AI) == 1


def test_a_kubectl_ai_that_is_not_what_was_published_is_refused(programs: Path, site: Site) -> None:
    site.publish_kubectl_ai()
    site.files[KUBECTL_AI] += b"more"
    with pytest.raises(UntrustedDownload):
        optional.fetch(("kubectl-ai",))
    assert locate("kubectl-ai") is None


def test_where_kubectl_ai_cannot_be_had_it_is_told_what_refused(programs: Path, site: Site) -> None:
    with pytest.raises(ToolMissing) as caught:
        optional.fetch(("kubectl-ai",))
    assert "it answers 404 for" in caught.value.why
    assert "kubectl-ai_0.0.28_checksums.txt" in caught.value.why


def test_a_tool_that_nobody_knows_is_refused() -> None:
    with pytest.raises(InvalidConfiguration, match="--with clippy"):
        optional.require_known(("clippy",))


def test_kubernetes_is_put_together_from_three_sites(programs: Path, site: Site) -> None:
    site.publish_kubernetes(catalogue.COREDNS)
    installed = ensure("kubernetes")
    names = {path.name for path in installed.path.iterdir()}
    assert names == {*NODE_PROGRAMS, "etcd", "coredns", "installed.json"}
    assert ensure("kubectl").path == installed.path / "kubectl"


def test_another_kubernetes_is_fetched_beside(programs: Path, site: Site) -> None:
    site.publish_kubernetes(catalogue.COREDNS)
    for path in [path for path in site.files if path.startswith(KUBERNETES)]:
        site.files[path.replace("v1.36.3", "v1.36.9")] = site.files[path]
    assert ensure("kubernetes", "v1.36.9").path.name == "1.36.9"
    assert locate("kubernetes") is None


@pytest.mark.parametrize("fault", ["wrong", "cut"])
def test_a_wrong_download_is_refused_and_discarded(
    fault: Fault, site: Site, helm_cache: Path, programs: Path
) -> None:
    site.publish_helm()
    stand_in(programs, "go", GO)
    site.faults[HELM] = fault
    with pytest.raises(UntrustedDownload, match="not the file that was published"):
        ensure("helm")
    assert locate("helm") is None
    assert not drafts(helm_cache)
    assert not list(helm_cache.rglob("*.part"))


def test_a_page_in_place_of_a_checksum_is_refused(site: Site, programs: Path) -> None:
    site.publish_helm()
    site.files[f"{HELM}.sha256sum"] = b"<html>please log in</html>"
    with pytest.raises(UntrustedDownload, match="publishes no sha256"):
        ensure("helm")


def test_a_broken_transfer_is_resumed(site: Site, programs: Path) -> None:
    site.publish_helm()
    site.faults[HELM] = "break once"
    assert ensure("helm").source == "release"
    assert site.asked("GET", HELM) == 2


def test_a_passing_fault_of_the_server_is_tried_again(site: Site, programs: Path) -> None:
    site.publish_helm()
    site.faults[HELM] = "error once"
    assert ensure("helm").source == "release"


def test_a_release_that_does_not_run_is_not_installed(
    site: Site, programs: Path, helm_cache: Path, said: Said
) -> None:
    site.publish_helm()
    stand_in(programs, "go", GO)
    data = archive({"linux-amd64/helm": b"Not Found"})
    site.files[HELM] = data
    site.files[f"{HELM}.sha256sum"] = f"{digest(data)}  {HELM.rpartition('/')[2]}".encode()
    assert ensure("helm").source == "build"
    assert said.holds("does not tell its version")
    assert not (helm_cache / "4.2.4").exists()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("gone", "it answers 404"),
        ("hang", "cannot be reached"),
        ("break", "failed 4 times"),
    ],
)
def test_the_next_source_is_announced_with_the_reason(
    fault: str, reason: str, site: Site, programs: Path, said: Said
) -> None:
    stand_in(programs, "go", GO)
    if fault == "hang":
        site.faults[f"{HELM}.sha256sum"] = "hang"
    elif fault == "break":
        site.publish_helm()
        site.faults[HELM] = "break"
    started = time.monotonic()
    assert ensure("helm").source == "build"
    assert time.monotonic() - started < 9
    assert said.holds(reason)
    assert said.holds("building helm: ")


def test_a_site_that_hangs_is_asked_once(
    site: Site, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(programs, "go", GO)
    site.faults[f"{HELM}.sha256sum"] = "hang"
    monkeypatch.setenv("BUILT", "v9.9.9")  # so that the build fails too
    for _ in range(2):
        with pytest.raises(ToolMissing):
            ensure("helm")
    assert len(site.requests) == 1


def test_nothing_to_be_had_names_each_source_and_why(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHASELINE_RELEASES", "http://127.0.0.1:9")
    stand_in(programs, "helm", "echo v3.1.0")
    started = time.monotonic()
    with pytest.raises(ToolMissing) as caught:
        ensure("helm")
    assert time.monotonic() - started < 15
    message = str(caught.value)
    for part in (
        "helm 4.2.4 is not to be had",
        f"{programs / 'helm'} is 3.1.0, not at least 4.0, below 5",
        "the upstream release: ",
        "Connection refused",
        "a build from pinned Go modules: go 1.26.6 is not to be had",
        "the Python index: ",
        "fix: ",
    ):
        assert part in message


def test_no_module_proxy_fails_quickly(
    programs: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    stand_in(programs, "go", GO)
    monkeypatch.setenv("PROXY", "http://127.0.0.1:9,direct")
    with pytest.raises(ToolMissing, match="no Go module proxy can be reached"):
        ensure("helm")


def test_a_cached_tool_that_was_cut_is_fetched_again(site: Site, programs: Path) -> None:
    site.publish_helm()
    program = ensure("helm").path
    program.write_bytes(program.read_bytes()[:100])
    assert locate("helm") is None
    assert ensure("helm").source == "release"
    assert program.stat().st_size > 100


def test_the_outlook_fetches_nothing(site: Site, programs: Path) -> None:
    site.publish_helm()
    lines = [str(one) for one in outlook.plan(("helm", "kubernetes", "docker"))]
    assert lines[0] == "helm 4.2.4: will come from the upstream release (about 20 MB)"
    assert "a build from pinned Go modules (about 6 min" in lines[1]
    assert "the system package docker.io" in lines[2]
    assert {method for method, _ in site.requests} == {"HEAD"}
