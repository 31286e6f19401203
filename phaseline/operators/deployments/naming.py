"""Values that name images as the cluster has them, and what lets it pull them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from phaseline.core.files import write_atomic
from phaseline.core.workspace import Context
from phaseline.operators.charts.rendering import chart_folder, read_values
from phaseline.operators.charts.values import lay_images
from phaseline.operators.clusters import access, model
from phaseline.operators.images.model import load_images

Image = tuple[str, str]  # repository and tag
PULL_SECRETS = "imagePullSecrets"


def laid(context: Context, images: Mapping[str, Image], name: str) -> Path:
    """Write the values file `name` that lays `images`, by the paths of their values."""
    fields = {
        one.values: f"components[{index}].values"
        for index, one in enumerate(context.pipeline.components)
    }
    defaults = read_values(chart_folder(context) / "values.yaml")
    values = lay_images(defaults, _credentials(context, defaults), images, fields)
    return write_atomic(context.state / "chart" / name, yaml.safe_dump(values), mode=0o600)


def _credentials(context: Context, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Our pull secret beside those of `pipeline.yaml`, where the chart takes any.

    `imagePullSecrets` is what `helm create` calls the value, and so do most charts.
    """
    if not isinstance(defaults.get(PULL_SECRETS), list):
        return {}
    if not (secrets := access.provider(context).admit(context.pipeline.chart.namespace)):
        return {}
    own = context.pipeline.chart.values.get(PULL_SECRETS, defaults[PULL_SECRETS])
    return {PULL_SECRETS: [*own, *({"name": one} for one in secrets)]}


def as_loaded(context: Context) -> tuple[Path, ...]:
    """A values file where the cluster has the images under names of its own; else none."""
    if model.require(context).provider != "context":
        return ()
    built = load_images(context)
    there = access.provider(context).loaded(list(built.values()))
    paths = {one.name: one.values for one in context.pipeline.components}
    images = {paths[name]: (one.repository, one.tag) for name, one in there.items()}
    return (laid(context, images, "pushed.yaml"),)
