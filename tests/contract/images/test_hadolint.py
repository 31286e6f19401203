"""hadolint itself, on Dockerfiles of ours and on faulty ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from phaseline.core.errors import CheckFailed
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.images.checks.finding import recall
from phaseline.operators.images.checks.lint import check_dockerfiles
from phaseline.operators.images.dockerfile import render_dockerfile
from tests.contract.images.scratch import DOCKERFILE, Scratch

ROOT = Path(__file__).parents[3]


def linted(root: Path, dockerfile: str, **component: Any) -> Context:
    context = Scratch(root).write(dockerfile=dockerfile, **component)
    render_dockerfile(context)
    check_dockerfiles(context)
    return context


def test_the_dockerfiles_of_this_application_are_clean(tmp_path: Path) -> None:
    pipeline = Workspace(ROOT).pipeline
    for component in pipeline.components:
        assert component.build
        template = (ROOT / component.build.dockerfile).read_text()
        place = tmp_path / component.name
        place.mkdir()
        prepare = (
            component.build.prepare.model_dump(mode="json") if component.build.prepare else None
        )
        build = {
            "folder": "app",
            "dockerfile": "app.Dockerfile.j2",
            "base": "python",
            "prepare": prepare,
        }
        (place / "app").mkdir()
        (place / "app/requirements.lock").touch()
        context = linted(place, template, build=build)
        assert recall(context, "app").findings == ()


def test_an_error_fails_and_no_remark_in_the_file_hides_it(tmp_path: Path) -> None:
    faulty = DOCKERFILE.replace("COPY", "# hadolint ignore=DL3000,DL3045\nWORKDIR app\nCOPY")
    with pytest.raises(CheckFailed) as caught:
        linted(tmp_path, faulty)
    assert "DL3000" in caught.value.why
    assert "Dockerfile:" in caught.value.why


def test_settings_of_the_users_hide_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/hadolint.yaml").write_text("ignored: [DL3000]\n")
    (tmp_path / ".hadolint.yaml").write_text("ignored: [DL3000]\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HADOLINT_IGNORE", "DL3000")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckFailed, match="1 high"):
        linted(tmp_path, DOCKERFILE.replace("COPY", "WORKDIR app\nCOPY"))


def test_a_warning_is_told_and_does_not_fail(tmp_path: Path) -> None:
    context = linted(tmp_path, DOCKERFILE.replace("USER", "RUN cd /srv && true\nUSER"))
    found = [(one.rule, one.severity, one.fails) for one in recall(context, "app").findings]
    assert found == [("DL3003", "medium", False)]


def test_what_pipeline_yaml_allows_passes_with_its_reason(tmp_path: Path) -> None:
    allows = [{"rule": "DL3000", "reason": "the folder is given by the base"}]
    faulty = DOCKERFILE.replace("COPY", "WORKDIR app\nCOPY")
    (finding,) = recall(linted(tmp_path, faulty, allows=allows), "app").findings
    assert finding.allowed == "pipeline.yaml: the folder is given by the base"
