from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

import tasks
from phaseline.core.workspace import Context
from phaseline.engine.deferred import Deferred
from phaseline.operators.hosts import identity
from phaseline.tools.catalogue import TOOLS
from tests.unit.engine.toy import PIPELINE, workspace


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one folder on PATH, on a machine with an empty cache of tools."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return folder


def put(folder: Path, name: str, version: str) -> None:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {version}\n")
    file.chmod(0o755)


def test_what_would_be_fetched_is_told_before_it_is(path: Path, tmp_path: Path) -> None:
    told = identity.helm(workspace(tmp_path))["helm"]
    assert told.split()[0] == TOOLS["helm"].version
    assert list(tmp_path.glob("cache/**/*")) == []  # nothing was fetched


def test_a_tool_of_the_machine_is_told_apart(path: Path, tmp_path: Path) -> None:
    context = workspace(tmp_path)
    fetched = identity.helm(context)
    wanted = TOOLS["helm"].version
    put(path, "helm", f"v{wanted}")
    own = identity.helm(context)
    assert own == {"helm": f"{wanted} of this machine"} != fetched


def test_kubernetes_is_of_the_version_that_is_wanted(path: Path, tmp_path: Path) -> None:
    known = identity.kubernetes(workspace(tmp_path))
    wanted = f"{PIPELINE}cluster: {{kubernetes: v1.35.0}}\n"
    assert identity.kubernetes(workspace(tmp_path, wanted)) != known


TRAITS: list[Callable[[Context], Mapping[str, str]]] = [
    identity.machine,
    identity.python,
    identity.docker,
    identity.helm,
    identity.node,
    identity.kubernetes,
]


@pytest.mark.parametrize("trait", TRAITS)
def test_an_identity_is_the_same_each_time(
    trait: Callable[[Context], Mapping[str, str]], tmp_path: Path
) -> None:
    context = workspace(tmp_path)
    found = trait(context)
    assert found == trait(context)
    assert all(found.values())


def test_every_operator_that_the_pipeline_names_is_there(tmp_path: Path) -> None:
    for step in tasks.GRAPH:
        named = (step.run, step.probe, step.projection, *step.traits)
        for operator in (one for one in named if one):
            assert not isinstance(inspect.unwrap(operator), Deferred), step.id
