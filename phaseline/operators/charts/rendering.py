"""T014: the values file of the release, and the manifest that the chart makes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from phaseline.core.files import digest_text, write_atomic
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import manifest_file, parse
from phaseline.operators.charts.values import lay_images
from phaseline.operators.images.model import require_image
from phaseline.process.run import run
from phaseline.tools.helm import Helm


def chart_folder(context: Context) -> Path:
    """The chart's folder."""
    return context.workspace.root / context.pipeline.chart.folder


def values_file(context: Context) -> Path:
    """Where T014 writes the release's values."""
    return context.state / "chart" / "values.yaml"


def render_values(context: Context) -> Report:
    """Write `<state>/chart/values.yaml`: the pipeline's values and each component's image.

    Raises:
        InvalidConfiguration: a component names a value that the chart does not have.
        CheckFailed: a component has no image yet.
    """
    components = context.pipeline.components
    records = {c.values: require_image(context, c.name) for c in components}
    laid = lay_images(
        read_values(chart_folder(context) / "values.yaml"),
        context.pipeline.chart.values,
        {path: (record.repository, record.tag) for path, record in records.items()},
        {c.values: f"components[{index}].values" for index, c in enumerate(components)},
    )
    write_atomic(values_file(context), yaml.safe_dump(laid, allow_unicode=True), mode=0o600)
    return Report(summary=f"values with {len(records)} images")


def render_manifest(context: Context) -> Report:
    """Write `<state>/chart/manifest.yaml`: what the chart makes of the values, without a cluster.

    Raises:
        CommandFailed: helm refuses, with its reason: a template's fault, or the schema's.
        CheckFailed: what comes out is no list of Kubernetes objects.
    """
    text = rendered(context)
    objects = parse(text)
    write_atomic(manifest_file(context), text, mode=0o600)
    return Report(summary=f"{len(objects)} objects, sha256 {digest_text(text)[:12]}")


def rendered(context: Context, *more: Path) -> str:
    """The manifest as text, with further values files laid over the release's."""
    chart = context.pipeline.chart
    helm = Helm.of(context)
    version = context.pipeline.cluster.kubernetes
    files = (values_file(context), *more)
    command = helm.template(chart.release, chart_folder(context), *files, kubernetes=version)
    return run(command).stdout


def read_values(path: Path) -> dict[str, Any]:
    """A values file; an empty one is an empty mapping."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) or {}
