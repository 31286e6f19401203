"""T005, T006: the configuration of kubectl-ai and of kagent, rendered; nothing in it is secret.

Fields: `cmd/main.go` of kubectl-ai v0.0.28; `kagent.dev/v1alpha2` and the chart of kagent 0.10.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.ai_operations.assisted import prompts
from phaseline.render import render

KAGENT = ("model-config.yaml", "agent.yaml", "values.yaml")


def render_kubectl_ai(context: Context) -> Report:
    """Write `<state>/kubectl-ai/kubectl-ai/config.yaml`, and what kubectl-ai is told."""
    folder = context.state / "kubectl-ai"
    values = {"model": context.workspace.settings["model"]}
    _write(folder / "kubectl-ai" / "config.yaml", "kubectl-ai.yaml", values)
    write_atomic(folder / "instructions.md", prompts.instructions())
    iterations = values["model"]["iterations"]
    return Report(f"asks before each change, {iterations} iterations at most, no tools beside")


def render_kagent(context: Context) -> Report:
    """Write an Agent, its ModelConfig and the chart's values to `<state>/kagent`."""
    settings = context.workspace.settings
    values = {
        "model": settings["model"],
        "agent": agent(context),
        "instructions": prompts.instructions().rstrip("\n"),
    }
    for name in KAGENT:
        _write(context.state / "kagent" / name, name, values)
    return Report(f"the agent {values['agent']}, without tools")


def agent(context: Context) -> str:
    """The name of the Agent."""
    return f"{context.workspace.settings['application']}-requests"


def _write(path: Path, template: str, values: dict[str, Any]) -> None:
    write_atomic(path, render(prompts.TEMPLATES / f"{template}.j2", values))
