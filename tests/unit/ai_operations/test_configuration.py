"""T005, T006: what kubectl-ai and kagent are given, which is the same everywhere and no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Workspace
from phaseline.operators.ai_operations.assisted import configuration, prompts
from tests.unit.engine.toy import PIPELINE, workspace

LOCAL = """model: {base: "http://models.internal:11434/v1", name: "small: 1", iterations: 4}
"""


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def test_kubectl_ai_asks_before_it_writes_and_is_limited(tmp_path: Path) -> None:
    context = workspace(tmp_path, PIPELINE + LOCAL)
    report = configuration.render_kubectl_ai(context)
    assert "4 iterations at most" in report.summary
    folder = context.state / "kubectl-ai"
    told = read(folder / "kubectl-ai" / "config.yaml")
    assert told == {
        "llmProvider": "openai",
        "model": "small: 1",
        "maxIterations": 4,
        "quiet": True,
        "skipPermissions": False,
        "removeWorkDir": True,
        "toolConfigPaths": [],
    }
    assert (folder / "instructions.md").read_text() == prompts.instructions()


def test_without_a_model_kubectl_ai_keeps_its_own(tmp_path: Path) -> None:
    context = workspace(tmp_path)
    configuration.render_kubectl_ai(context)
    assert "model" not in read(context.state / "kubectl-ai" / "kubectl-ai" / "config.yaml")


def test_kagents_agent_has_no_tools_and_its_model_is_that_of_the_pipeline(tmp_path: Path) -> None:
    context = workspace(tmp_path, PIPELINE + LOCAL)
    assert configuration.render_kagent(context).summary == "the agent toy-requests, without tools"
    folder = context.state / "kagent"
    model, agent = read(folder / "model-config.yaml"), read(folder / "agent.yaml")
    assert {model["apiVersion"], agent["apiVersion"]} == {"kagent.dev/v1alpha2"}
    assert model["spec"] == {
        "provider": "OpenAI",
        "model": "small: 1",
        "apiKeySecret": "toy-requests-model",
        "apiKeySecretKey": "OPENAI_API_KEY",
        "openAI": {"baseUrl": "http://models.internal:11434/v1"},
    }
    declared = agent["spec"]["declarative"]
    assert agent["spec"]["type"] == "Declarative"
    assert declared["modelConfig"] == model["metadata"]["name"]
    assert declared["tools"] == []
    assert declared["systemMessage"] == prompts.instructions()
    values = read(folder / "values.yaml")
    assert values["providers"]["openAI"]["apiKeySecretRef"] == "toy-requests-model"
    assert values["kagent-tools"] == {"enabled": False}


def test_no_key_of_the_environment_is_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-tell-nobody-0123456789")
    context = workspace(tmp_path)
    configuration.render_kubectl_ai(context)
    configuration.render_kagent(context)
    written = [one.read_text() for one in context.state.rglob("*") if one.is_file()]
    assert len(written) == 5
    assert "sk-tell" not in "".join(written)


@pytest.mark.parametrize(
    "wrong", ["{base: 'file:///etc/passwd'}", "{iterations: 0}", "{seconds: -1}", "{key: sk-x}"]
)
def test_a_wrong_model_is_refused_with_its_field(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "pipeline.yaml").write_text(f"{PIPELINE}model: {wrong}\n")
    with pytest.raises(InvalidConfiguration, match="model"):
        _ = Workspace(tmp_path).settings
