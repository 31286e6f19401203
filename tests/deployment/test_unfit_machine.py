"""The machine will not do: the cause and the fix are told, and nothing has changed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Ran, Workspace

pytestmark = pytest.mark.e2e

_UNFIT = 3
_LOCK_HELD = 4
# In a network of its own, so that the machine's own addresses stay as they are.
_WITH_ADDRESS = 'ip link set lo up && ip address add "$0" dev lo && exec "$@"'
_HIDDEN = """
for name in $0; do mount --bind /dev/null "$name" || exit 99; done
exec "$@"
"""
_NOBODY = 65534


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("172.31.0.1/16", "cluster.link_range 172.31.0.0/16"),
        ("10.244.7.1/24", "cluster.pod_range 10.244.0.0/16"),
        ("10.96.0.9/32", "cluster.service_range 10.96.0.0/16"),
    ],
)
def test_an_address_range_in_use(fresh: Workspace, address: str, field: str) -> None:
    fresh.prefix = ("unshare", "--net", "sh", "-c", _WITH_ADDRESS, address)
    ran = _refused(fresh)
    assert f"{field} is in use" in ran.text
    assert "lo" in ran.text
    assert field.split()[0] in ran.text.partition("fix:")[2]


def test_another_user_than_root(fresh: Workspace) -> None:
    for path in (fresh.root, *fresh.root.rglob("*"), fresh.temporary):
        os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
    home = fresh.temporary / "home"
    home.mkdir()
    os.chown(home, _NOBODY, _NOBODY)
    fresh.env |= {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    # may read what root may, Python's own files among it, and nothing more
    fresh.prefix = (
        "setpriv",
        f"--reuid={_NOBODY}",
        f"--regid={_NOBODY}",
        "--clear-groups",
        "--inh-caps=-all,+dac_read_search",
        "--ambient-caps=-all,+dac_read_search",
    )
    ran = _refused(fresh)
    assert "not root" in ran.text
    assert "the embedded cluster" in ran.text


@pytest.fixture
def small_disk(places: Path) -> Iterator[Path]:
    """A file system with half a gigabyte."""
    folder = places / "small"
    folder.mkdir(exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", "size=512m,mode=755", "small", str(folder))
    subprocess.run(mount, check=True)
    yield folder
    subprocess.run(("umount", str(folder)), check=True)


def test_a_full_disk_below_the_workspace(small_disk: Path) -> None:
    workspace = Workspace.copy(small_disk / "w")
    ran = _refused(workspace)
    assert "disk: 0." in ran.text
    assert str(workspace.root) in ran.text
    assert "free 5 GB there" in ran.text


def test_a_full_disk_below_the_cache(fresh: Workspace, small_disk: Path) -> None:
    fresh.env["XDG_CACHE_HOME"] = str(small_disk)
    ran = _refused(fresh)
    assert "disk: 0." in ran.text
    assert str(small_disk) in ran.text
    kept = [path.relative_to(small_disk) for path in small_disk.rglob("*") if path.is_file()]
    # what was read and asked is remembered there; nothing was fetched or made
    assert {path.parts[:2] for path in kept} <= {
        ("phaseline", name) for name in ("settings", "answers", "imports.json")
    }


def test_no_docker_and_no_way_to_install_it(fresh: Workspace) -> None:
    programs = [
        f"{folder}/{name}"
        for folder in os.environ["PATH"].split(":")
        for name in ("docker", "dockerd", "apt-get")
        if Path(folder, name).exists()
    ]
    hidden = sorted({str(Path(program).resolve()) for program in programs})
    fresh.prefix = ("unshare", "--mount", "sh", "-c", _HIDDEN, " ".join(hidden))
    ran = _refused(fresh, allowed={"minikube"})
    assert "programs are missing: docker" in ran.text
    assert "there is no apt-get on this machine" in ran.text
    assert "docker" in ran.text.partition("fix:")[2]


def test_no_network_and_nothing_cached(fresh: Workspace) -> None:
    home = fresh.temporary / "home"
    home.mkdir()
    fresh.env |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / ".cache")}
    for name in ("GOPATH", "GOMODCACHE", "GOCACHE"):
        fresh.env[name] = str(home / name)
    fresh.prefix = ("unshare", "--net")
    ran = fresh.invoke("deploy-all", limit=60)
    assert ran.code == 1, ran.text
    for fault in (
        "kubernetes 1.36.3 is not to be had",
        "the upstream release: dl.k8s.io cannot be reached",
        "the base image nginx cannot be had",
        "the Python packages of backend cannot be fetched",
        "the npm packages of frontend cannot be installed",
    ):
        assert fault in ran.text
    assert ran.longest_silence < 5
    assert not (fresh.state / "cluster").exists()
    fresh.must("teardown")


def test_a_second_run_at_the_same_time(deployed: Deployed) -> None:
    workspace = deployed.workspace
    running = workspace.start("deploy-all", "--force", "T010.backend")  # some seconds of work
    running.await_step("T010.backend")
    running.send(signal.SIGSTOP)
    try:
        ran = workspace.invoke("deploy-all", limit=20)
    finally:
        running.send(signal.SIGCONT)
    assert ran.code == _LOCK_HELD, ran.text
    assert f"process {running.process.pid} (invoke " in ran.text
    assert "wait for it" in ran.text
    assert running.wait().code == 0


def _refused(workspace: Workspace, allowed: set[str] | None = None) -> Ran:
    """The run ends with the documented code and leaves no more than its lock and its logs."""
    before = set(workspace.root.rglob("*"))
    ran = workspace.invoke("deploy-all", limit=60)
    assert ran.code == _UNFIT, ran.text
    assert "cause:" in ran.text
    assert "fix:" in ran.text
    assert "Traceback" not in ran.text
    left = {path.name for path in workspace.state.iterdir()} if workspace.state.exists() else set()
    known = {"lock", "runs", "records.jsonl", "evidence", "hashes", "kagent", "kubectl-ai"}
    assert left <= known | (allowed or set())
    after = {path for path in workspace.root.rglob("*") if workspace.state not in path.parents}
    assert {path for path in after - before if "__pycache__" not in path.parts} <= {workspace.state}
    return ran
