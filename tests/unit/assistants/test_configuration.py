"""T004, and advice as a step: rendered alike everywhere, without secrets, never a gate."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.assistants import configuration, prompts, step
from phaseline.process import journal
from tests.contract.toolchain.stand_ins import Said, stand_in
from tests.unit.engine.toy import PIPELINE, workspace

BUILT = """
version: 1
application: toy
components:
  - {name: one, role: backend, values: one, port: 1, build: {folder: app, dockerfile: app/F.j2}}
chart: {folder: ., release: toy, namespace: toy}
"""


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a docker that has no plugins, and no model."""
    (tmp_path / "bin").mkdir()
    stand_in(tmp_path / "bin", "docker", 'echo "[]"')
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    for name in ("PHASELINE_MODEL", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def files(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}


def test_the_files_are_the_same_everywhere_and_hold_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    first, second = workspace(tmp_path / "one"), workspace(tmp_path / "two")
    report = configuration.render_configuration(first)
    assert report.summary == "each run asks rules; `invoke image.advise` would ask rules"
    monkeypatch.setenv("OPENAI_API_KEY", "sk-tell-nobody-0123456789")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("PHASELINE_MODEL", "small")
    assert "would ask model" in configuration.render_configuration(second).summary
    written = files(configuration.folder(first))
    assert written == files(configuration.folder(second))
    assert set(written) == {
        "agent.yaml",
        "gordon/gordon-mcp.yml",
        "instructions.md",
        "model.yaml",
    }
    assert "sk-" not in "".join(written.values())


def test_the_agent_has_no_tools_and_gordon_no_servers(tmp_path: Path) -> None:
    context = workspace(tmp_path)
    configuration.write(context)
    folder = configuration.folder(context)
    agent = yaml.safe_load((folder / "agent.yaml").read_text())["agents"]["root"]
    assert agent["toolsets"] == []
    assert agent["instruction"] == prompts.instructions()
    assert agent["max_iterations"] == 1
    assert yaml.safe_load((folder / "gordon/gordon-mcp.yml").read_text()) == {"services": {}}
    model = yaml.safe_load((folder / "model.yaml").read_text())
    assert (model["key"], model["tools"]) == ({"variable": "OPENAI_API_KEY"}, [])


def built(root: Path, dockerfile: str, pipeline: str = BUILT) -> Context:
    (root / "app").mkdir()
    (root / "app/F.j2").write_text(dockerfile)
    (root / "pipeline.yaml").write_text(pipeline)
    return Context(Workspace(root))


def test_the_step_tells_what_it_finds_and_does_not_fail(tmp_path: Path) -> None:
    said = Said()
    journal.listen(said)
    context = built(tmp_path, "FROM redis:latest\nEXPOSE {{ port }}\nCMD redis-server\n")
    report = step.rate_dockerfiles(context)
    assert report.summary == "one: 66 of 80, 4 findings; assistant: rules"
    told = "\n".join(said.lines)
    assert "reproducibility.no-version" in told
    assert "security.runs-as-root" in told
    assert '+CMD ["redis-server"]' in told
    assert said.commands == []
    assert step.rated(context) == {
        "one": "1 practice.no-healthcheck, 1 reproducibility.no-version, "
        "1 security.runs-as-root, 3 practice.shell-form"
    }


def test_an_assistant_that_is_not_there_is_told_and_the_rules_are_used(tmp_path: Path) -> None:
    context = built(tmp_path, "FROM a:1\nUSER 1\n", f"{BUILT}assistant: model\n")
    report = step.rate_dockerfiles(context)
    assert report.summary.endswith("assistant: rules (model: PHASELINE_MODEL is not set)")


def test_an_unknown_assistant_is_refused_with_the_field(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(f"{PIPELINE}assistant: clippy\n")
    with pytest.raises(InvalidConfiguration, match="assistant: "):
        _ = Workspace(tmp_path).settings
