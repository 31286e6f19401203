"""Dockerfiles: rendered from the settings, written only when changed, faults named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phaseline.core.errors import CheckFailed, InvalidConfiguration
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images import dockerfile
from phaseline.operators.images.dockerfile import render_dockerfile
from phaseline.operators.images.model import BaseImage, load_base, load_images, require_image, store
from phaseline.render import render
from phaseline.tools import pip

ROOT = Path(__file__).parents[3]


def make_context(root: Path, template: str) -> Context:
    (root / "chart").mkdir()
    (root / "app").mkdir()
    (root / "app.Dockerfile.j2").write_text(template)
    build = {"folder": "app", "dockerfile": "app.Dockerfile.j2"}
    component = {"name": "app", "role": "backend", "build": build, "values": "x", "port": 81}
    chart = {"folder": "chart", "release": "app", "namespace": "app"}
    content = {"version": 1, "application": "one", "components": [component], "chart": chart}
    (root / "pipeline.yaml").write_text(yaml.safe_dump(content))
    workspace = Workspace(root)
    return Context(workspace, workspace.pipeline.components)


def test_values_of_the_settings_reach_the_file(tmp_path: Path) -> None:
    context = make_context(tmp_path, "EXPOSE {{ port }}\nUSER {{ user }}\n# {{ application }}")
    report = render_dockerfile(context)
    assert (tmp_path / "app/Dockerfile").read_text() == "EXPOSE 81\nUSER 10001\n# one\n"
    assert report.summary == "app/Dockerfile"


def test_an_unchanged_file_is_left_alone(tmp_path: Path) -> None:
    context = make_context(tmp_path, "EXPOSE {{ port }}")
    render_dockerfile(context)
    before = (tmp_path / "app/Dockerfile").stat()
    render_dockerfile(context)
    after = (tmp_path / "app/Dockerfile").stat()  # reading it may change its time of access
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_unknown_name_in_a_template_is_refused_and_nothing_written(tmp_path: Path) -> None:
    context = make_context(tmp_path, "EXPOSE {{ prot }}")
    with pytest.raises(InvalidConfiguration, match=r"app\.Dockerfile\.j2"):
        render_dockerfile(context)
    assert not (tmp_path / "app/Dockerfile").exists()


def test_an_image_that_was_not_built_is_named(tmp_path: Path) -> None:
    context = make_context(tmp_path, "")
    assert load_images(context) == {}
    with pytest.raises(CheckFailed, match="app has no image yet"):
        require_image(context, "app")


def test_records_come_back_as_they_were_stored(tmp_path: Path) -> None:
    context = make_context(tmp_path, "")
    record = BaseImage(name="b", reference="r", id="i", route="packages")
    store(context, "base-b", record)
    assert load_base(context, "b") == record


def test_the_todo_applications_files_are_rendered_whole() -> None:
    context = Context(Workspace(ROOT))
    for component in context.pipeline.components:
        assert component.build
        text = render(ROOT / component.build.dockerfile, dockerfile.values(context, component))
        assert text.startswith(f"# todo-app: {component.name}.")
        assert "ARG BASE\n" in text
        assert f"USER {component.user}:{component.user}\nEXPOSE {component.port}\n" in text
    wheels = dockerfile.values(context, context.pipeline.components[0])
    assert wheels["installer"] == pip.INSTALLER_WHEEL
