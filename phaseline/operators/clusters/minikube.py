"""Minikube's configuration and scripts, rendered from `pipeline.yaml` (T003)."""

from __future__ import annotations

from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.render import render

_TEMPLATES = Path(__file__).parent / "templates"


def render_configuration(context: Context) -> Report:
    """Write `<state>/minikube/config.json` and the scripts that start and delete the profile."""
    values = {"cluster": context.pipeline.cluster, "profile": context.workspace.name}
    folder = context.state / "minikube"
    for template in sorted(_TEMPLATES.glob("*.j2")):
        executable = 0o755 if template.stem.endswith(".sh") else 0o644
        write_atomic(folder / template.stem, render(template, values), mode=executable)
    return Report(f"for the profile {context.workspace.name}")
