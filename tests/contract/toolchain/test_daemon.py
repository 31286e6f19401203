"""Our own Docker daemon, for real: it builds and runs, is shared, and leaves nothing behind."""

from __future__ import annotations

import io
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import yaml

from phaseline.core.workspace import Context, Workspace
from phaseline.operators.hosts import own_daemon
from phaseline.operators.hosts.daemon import daemon, daemon_stands, release
from phaseline.operators.hosts.packages import packages, packages_stand
from phaseline.process.run import run
from phaseline.tools import docker
from phaseline.tools.toolchain import ensure

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start a daemon")

PIPELINE = {
    "version": 1,
    "application": "demo",
    "components": [{"name": "one", "role": "backend", "image": "x", "values": "image", "port": 80}],
    "chart": {"folder": "chart", "release": "demo", "namespace": "demo"},
}
DOCKERFILE = """
FROM localhost/pause:1 AS first
RUN ["/pause", "-V"]
FROM localhost/pause:1
COPY --from=first /pause /second
USER 10001
ENTRYPOINT ["/second", "-V"]
"""


def context(folder: Path, name: str) -> Context:
    root = folder / name
    (root / "chart").mkdir(parents=True)
    (root / "pipeline.yaml").write_text(yaml.safe_dump(PIPELINE))
    return Context(Workspace(root))


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A short path, because sockets lie in it; its daemon is stopped at the end."""
    folder = Path(tempfile.mkdtemp(prefix="phaseline-"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/nobody.sock")
    yield folder
    own_daemon.stop(own_daemon.Place(docker.folder()))
    shutil.rmtree(folder)


@pytest.fixture
def first(folder: Path) -> Context:
    """A workspace, on a machine that has the packages."""
    first = context(folder, "first")
    packages(first)
    assert packages_stand(first).stands
    return first


def machine(folder: Path) -> dict[str, object]:
    """What a daemon could have left behind."""
    place = own_daemon.Place(folder / "cache" / "phaseline" / "docker")
    groups = [str(path) for path in Path("/sys/fs/cgroup").rglob(place.cgroup)]
    return {
        "processes": processes(folder),
        "mounts": [line for line in mounts() if str(folder) in line],
        "control groups": groups,
        "interfaces": sorted(name for name in os.listdir("/sys/class/net")),  # noqa: PTH208
        "rules": run_text("nft", "list", "ruleset"),
        "run": sorted(str(path) for path in Path("/run").glob("*")),
        "settings": Path("/etc/docker").exists() and sorted(Path("/etc/docker").iterdir()),
        "forwarding": Path("/proc/sys/net/ipv4/ip_forward").read_text(),
    }


def processes(folder: Path) -> list[int]:
    found = []
    for process in psutil.process_iter(["cmdline", "pid"]):
        if any(str(folder) in part for part in process.info["cmdline"] or ()):
            found.append(process.info["pid"])
    return found


def mounts() -> list[str]:
    return Path("/proc/self/mountinfo").read_text().splitlines()


def run_text(*argv: str) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def load_pause() -> None:
    """An image with one static program."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as content:
        content.add(ensure("catatonit").path.resolve(), "pause")
    run(replace(docker.command("import", "-", "localhost/pause:1"), stdin=out.getvalue()))


def test_it_builds_and_runs_and_leaves_nothing(folder: Path, first: Context) -> None:
    before = machine(folder)
    report = daemon(first)
    assert report.summary.startswith("our own Docker ")
    assert report.identity["docker"]
    assert daemon_stands(first).stands
    load_pause()
    (folder / "build").mkdir()
    (folder / "build" / "Dockerfile").write_text(DOCKERFILE)
    for network in ("none", "host"):
        tag = f"localhost/second:{network}"
        build = ("build", "--no-cache", "--network", network, "--tag", tag)
        run(docker.command(*build, str(folder / "build")))
    limits = ("--network=none", "--read-only", "--cap-drop=ALL", "--memory=64m")
    said = run(docker.command("run", "--rm", *limits, "localhost/second:none")).stdout
    assert "catatonit" in said
    run(docker.command("run", "--detach", "--network=none", "localhost/pause:1", "/pause", "-P"))
    assert release(first).summary == "our Docker daemon was stopped"
    assert machine(folder) == before
    assert not daemon_stands(first).stands
    left = {path.name for path in docker.folder().iterdir()}
    assert "docker.sock" not in left
    assert "running.json" not in left


def test_it_stays_while_another_workspace_uses_it(folder: Path, first: Context) -> None:
    second = context(folder, "second")
    identity = daemon(first).identity
    assert daemon(second).identity == identity
    assert release(first).summary == f"our Docker daemon stays: {second.workspace.id} uses it"
    assert daemon_stands(second).stands
    shutil.rmtree(second.workspace.root)
    assert release(first).summary == "our Docker daemon was stopped"


def test_a_killed_one_is_cleared_away_and_keeps_its_images(folder: Path, first: Context) -> None:
    before = machine(folder)
    identity = daemon(first).identity
    load_pause()
    record = own_daemon.Place(docker.folder()).record.read_text()
    os.kill(yaml.safe_load(record)["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 5
    while processes(folder):
        assert time.monotonic() < deadline, "processes outlive the one that holds them"
        time.sleep(0.05)
    assert not daemon_stands(first).stands
    assert daemon(first).identity == identity
    with_image = docker.client()
    assert with_image.images.get("localhost/pause:1").id
    with_image.close()
    release(first)
    assert machine(folder) == before


def test_the_machines_own_daemon_is_never_touched(
    folder: Path, first: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon(first)
    monkeypatch.setenv("DOCKER_HOST", docker.ours())
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "other"))
    second = context(folder, "second")
    assert daemon(second).summary.startswith("the machine's Docker ")
    assert release(second).summary == "no Docker daemon of ours"
    assert daemon_stands(second).stands
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    release(first)
