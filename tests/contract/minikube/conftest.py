"""minikube on PATH: the stand-in, or a real one for the tests that both have to pass."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phaseline.core.workspace import Context
from phaseline.operators.clusters.minikube.provider import MinikubeCluster
from phaseline.operators.clusters.model import ClusterState, folder, save
from phaseline.process import journal
from tests.unit.engine.toy import PIPELINE, workspace

HERE = Path(__file__).parent
RECORDED: dict[str, Any] = json.loads((HERE / "recorded.json").read_text())
SETTINGS = "cluster: {provider: minikube, minikube: {addons: [metrics-server]}}\n"

# Of docker, only what saves an image: an archive whose configuration has the ID that it is named.
DOCKER = f"""#!{sys.executable} -IS
import io, json, sys, tarfile
if sys.argv[1] == "--version":
    print("Docker version 20.10.24, build 297e128")
else:
    _, _, _, target, name = sys.argv
    told = [{{"Config": name.rpartition(":")[2] * 16 + ".json", "RepoTags": [name]}}]
    content = json.dumps(told).encode()
    entry = tarfile.TarInfo("manifest.json")
    entry.size = len(content)
    with tarfile.open(target, "w") as archive:
        archive.addfile(entry, io.BytesIO(content))
"""


@dataclass
class Stage:
    """A workspace with a provider, and what its minikube was asked."""

    context: Context
    cluster: MinikubeCluster
    kept: Path

    def fail(self, verb: str, recording: str) -> None:
        """Have the stand-in answer `verb` with a recording from now on."""
        (self.kept / "faults.json").write_text(json.dumps({verb: recording}))

    def calls(self) -> list[list[str]]:
        """The arguments of each call of the stand-in."""
        return [json.loads(line) for line in (self.kept / "calls").read_text().splitlines()]


class Said:
    """A journal that keeps what was said of the progress."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def progress(self, text: str) -> None:
        self.texts.append(text)

    def line(self, text: str) -> None: ...
    def command(self, completed: object) -> None: ...


@pytest.fixture
def said() -> Iterator[Said]:
    said = Said()
    journal.listen(said)
    yield said
    journal.listen(Said())


def _stage(root: Path, kept: Path) -> Stage:
    context = workspace(root, PIPELINE + SETTINGS)
    state = ClusterState(
        provider="minikube",
        chosen_because="of a test",
        name=context.workspace.id,
        kubernetes=context.pipeline.cluster.kubernetes,
    )
    return Stage(context, MinikubeCluster(context, state), kept)


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of stand-ins, first on PATH."""
    place, kept = tmp_path / "bin", tmp_path / "kept"
    place.mkdir()
    kept.mkdir()
    for name, text in {
        "minikube": f'#!/bin/sh\nexec {sys.executable} -IS {HERE / "program.py"} {kept} "$@"\n',
        "docker": DOCKER,
    }.items():
        (place / name).write_text(text)
        (place / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:{os.environ['PATH']}")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "users-own"))
    return place


@pytest.fixture
def stage(tmp_path: Path, programs: Path) -> Stage:
    """A workspace whose minikube is the stand-in; no profile is there."""
    (tmp_path / "checkout").mkdir()
    return _stage(tmp_path / "checkout", tmp_path / "kept")


@pytest.fixture
def started(stage: Stage) -> Stage:
    """Its profile runs."""
    save(stage.context, stage.cluster.state)
    stage.cluster.create()
    return stage


@pytest.fixture(params=["stand-in", "real"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    """A workspace with the stand-in, and one with the minikube of this machine."""
    if request.param == "stand-in":
        yield request.getfixturevalue("stage")
        return
    if shutil.which("minikube") is None:
        pytest.skip("no minikube on PATH: only the stand-in was tried")
    (tmp_path / "checkout").mkdir()
    made = _stage(tmp_path / "checkout", tmp_path)
    yield made
    if folder(made.context).exists():
        made.cluster.delete()
