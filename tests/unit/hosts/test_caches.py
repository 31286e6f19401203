from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from phaseline.core.errors import LockHeld
from phaseline.core.files import locked
from phaseline.core.workspace import Context
from phaseline.operators.hosts.caches import cached, held
from phaseline.operators.images import debian
from phaseline.tools import toolchain
from tests.unit.engine.toy import PIPELINE, workspace

BASE = f"""
bases:
  web: {{upstream: "docker.io/library/nginx@sha256:{"a" * 64}", packages: [nginx-light]}}
"""


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    return tmp_path / "caches" / "phaseline"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    (tmp_path / "checkout").mkdir()
    return workspace(tmp_path / "checkout", PIPELINE + BASE)


def written(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def kept(context: Context) -> dict[str, str]:
    return {one.name: one.kept for one in cached(context)}


def test_no_cache_is_empty(cache: Path, context: Context) -> None:
    assert cached(context) == []
    with held("test"):
        assert not cache.exists()


def test_tools_of_the_version_in_use_stay(cache: Path, context: Context) -> None:
    current = next(toolchain.origins(toolchain.find("helm"))).key
    for place in (f"helm/{current}", "helm/3.0.0", "unknown/1", "helm/.installing-1"):
        written(cache / "tools" / place / "installed.json")
    assert kept(context) == {
        f"helm {current}": "it is the version in use",
        "helm 3.0.0": "",
        "unknown 1": "",
    }


def test_the_kubernetes_that_pipeline_yaml_names_stays(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "checkout").mkdir()
    named = PIPELINE + "cluster: {kubernetes: v1.35.1}\n"
    context = workspace(tmp_path / "checkout", named)
    for place in ("1.35.1", "1.34.0"):
        written(cache / "tools/kubernetes" / place / "installed.json")
    assert kept(context) == {
        "kubernetes 1.35.1": "it is the version in use",
        "kubernetes 1.34.0": "",
    }


def test_what_a_process_runs_stays(cache: Path, context: Context) -> None:
    program = cache / "tools/kubernetes/1.0.0/sleeper"
    program.parent.mkdir(parents=True)
    shutil.copy2(shutil.which("sleep") or "", program)
    with subprocess.Popen([program, "60"]) as process:
        found = kept(context)
        process.kill()
    assert found == {"kubernetes 1.0.0": f"process {process.pid} runs it"}
    assert kept(context) == {"kubernetes 1.0.0": ""}


def test_bases_of_this_pipeline_and_listed_wheels_stay(cache: Path, context: Context) -> None:
    ours = f"web-{debian.key(context.pipeline.bases['web'])[:16]}"
    for name in (ours, "web-0123456789abcdef"):
        for suffix in ("tar", "json", "lock"):
            written(cache / f"bases/{name}.{suffix}")
    for name in ("a-1-py3-none-any.whl", "b-1-py3-none-any.whl"):
        written(cache / "wheels" / name)
    written(cache / "wheels/0123.json", json.dumps(["a-1-py3-none-any.whl"]))
    (cache / "go/modules").mkdir(parents=True)
    (cache / "docker/data").mkdir(parents=True)
    assert kept(context) == {
        ours: "this pipeline uses it",
        "web-0123456789abcdef": "",
        "a-1-py3-none-any.whl": "a lock names it",
        "b-1-py3-none-any.whl": "",
        "go": "",
    }
    (base,) = [one for one in cached(context) if one.name == ours]
    assert [path.suffix for path in base.paths] == [".json", ".tar"]


def test_what_was_used_last_is_known(cache: Path, context: Context) -> None:
    for number, name in enumerate(("old", "new"), 1):
        path = written(cache / "tools" / name / "1" / "installed.json")
        os.utime(path, (number * 1000.0, number * 1000.0))
    assert [one.used for one in cached(context)] == [2000.0, 1000.0]


@pytest.mark.parametrize("lock", ["tools/helm/.lock", "bases/web-1.lock", "wheels/.lock"])
def test_while_something_is_put_there_nothing_is_removed(lock: str, cache: Path) -> None:
    with locked(cache / lock, "installing"), pytest.raises(LockHeld), held("prune"):
        pass
    with held("prune"):
        pass
