"""Labels: the same for the same inputs wherever they lie, and what they say of the base."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.labels import labels, options, revision, wanted
from phaseline.operators.images.model import BaseImage

UPSTREAM = f"docker.io/library/python@sha256:{'a' * 64}"
PREFIX = "org.opencontainers.image."


def workspace(root: Path, **about: str) -> Context:
    (root / "app/src").mkdir(parents=True)
    (root / "app/src/main.py").write_text("print()\n")
    (root / "app/requirements.lock").touch()
    (root / "app/Dockerfile").write_text("FROM scratch\n")
    build = {
        "folder": "app",
        "dockerfile": "app/Dockerfile",
        "base": "python",
        "sources": ["src/**/*"],
        "prepare": {"kind": "wheels", "lock": "requirements.lock", "output": "src/wheels"},
    }
    component = {"name": "app", "role": "backend", "build": build, "values": "x", "port": 1}
    content = {
        "version": 1,
        "application": "shop",
        "about": about,
        "components": [component],
        "bases": {"python": {"upstream": UPSTREAM, "packages": ["x"]}},
        "chart": {"folder": "app", "release": "x", "namespace": "x"},
    }
    (root / "pipeline.yaml").write_text(yaml.safe_dump(content))
    return Context(Workspace(root))


def base(route: Any) -> BaseImage:
    return BaseImage(name="python", reference="localhost/base:1", id="sha256:id", route=route)


def revised(context: Context) -> str:
    (component,) = context.components
    assert component.build
    return revision(context, component.build)


def test_the_revision_is_that_of_the_sources_and_of_nothing_else(tmp_path: Path) -> None:
    context = workspace(tmp_path / "here")
    first = revised(context)
    assert first == revised(workspace(tmp_path / "there"))
    app = tmp_path / "here/app"
    os.utime(app / "src/main.py", (1, 1))
    (app / "README.md").write_text("not a source")
    (app / "src/__pycache__").mkdir()
    (app / "src/__pycache__/main.pyc").touch()
    (app / "src/wheels").mkdir()
    (app / "src/wheels/a.whl").touch()
    assert revised(context) == first


@pytest.mark.parametrize("name", ["src/main.py", "src/new.py", "Dockerfile", ".dockerignore"])
def test_a_changed_source_is_another_revision(tmp_path: Path, name: str) -> None:
    context = workspace(tmp_path)
    first = revised(context)
    (tmp_path / "app" / name).write_text("# another\n")
    assert revised(context) != first


def test_a_renamed_source_is_another_revision(tmp_path: Path) -> None:
    context = workspace(tmp_path)
    first = revised(context)
    (tmp_path / "app/src/main.py").rename(tmp_path / "app/src/other.py")
    assert revised(context) != first


@pytest.mark.parametrize(
    ("route", "name", "digest"),
    [
        ("upstream", "docker.io/library/python", f"sha256:{'a' * 64}"),
        ("packages", "localhost/base:1", "sha256:id"),
    ],
)
def test_the_base_is_named_with_its_digest(
    tmp_path: Path, route: str, name: str, digest: str
) -> None:
    context = workspace(tmp_path, version="1.2", licenses="MIT", source="https://shop.invalid")
    (component,) = context.components
    given = labels(context, component, base(route))
    assert (given[f"{PREFIX}base.name"], given[f"{PREFIX}base.digest"]) == (name, digest)
    assert set(wanted(component)) <= given.keys()
    assert given["io.phaseline.application"] == "shop"
    assert f"--label={PREFIX}licenses=MIT" in options(context, component, base(route))


def test_what_is_not_known_is_left_out_rather_than_empty(tmp_path: Path) -> None:
    context = workspace(tmp_path)
    (component,) = context.components
    given = labels(context, component, None)
    assert not {f"{PREFIX}version", f"{PREFIX}source", f"{PREFIX}base.name"} & given.keys()
    assert "" not in given.values()
