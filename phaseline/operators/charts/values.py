"""The values of the release: the pipeline's own, and each component's image at its place."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from phaseline.core.errors import InvalidConfiguration

IMAGE_KEYS = ("repository", "tag")


def lay_images(
    defaults: Mapping[str, Any],
    values: Mapping[str, Any],
    images: Mapping[str, tuple[str, str]],
    fields: Mapping[str, str],
) -> dict[str, Any]:
    """`values` with every image laid over them.

    Args:
        defaults: the chart's values.yaml.
        images: (repository, tag) by the dotted path of the value that takes them.
        fields: by the same path, the field of `pipeline.yaml` that names it.

    Raises:
        InvalidConfiguration: the chart has no such value, or it takes no repository and tag.
    """
    laid = deepcopy(dict(values))
    for path, image in images.items():
        _check_place(defaults, path, fields[path])
        place = laid
        for part in path.split("."):
            place = _inner(place, part, path)
        place.update(zip(IMAGE_KEYS, image, strict=True))
    return laid


def _check_place(defaults: Mapping[str, Any], path: str, field: str) -> None:
    place: Any = defaults
    for part in path.split("."):
        if not isinstance(place, Mapping) or part not in place:
            known = ", ".join(place) if isinstance(place, Mapping) else "nothing"
            raise InvalidConfiguration(
                "pipeline.yaml does not fit the chart",
                why=f"{field}: the chart's values.yaml has no {path!r} (no {part!r} in: {known})",
                fix="name the value that takes the component's image",
            )
        place = place[part]
    if not isinstance(place, Mapping) or not set(IMAGE_KEYS) <= set(place):
        raise InvalidConfiguration(
            "pipeline.yaml does not fit the chart",
            why=f"{field}: {path!r} of the chart's values.yaml has no repository and tag",
            fix="name a value with exactly these two",
        )


def _inner(place: dict[str, Any], part: str, path: str) -> dict[str, Any]:
    inner = place.setdefault(part, {})
    if not isinstance(inner, dict):
        raise InvalidConfiguration(
            "pipeline.yaml is not valid",
            why=f"chart.values: {part!r} on the way to {path!r} is no mapping",
            fix="remove it: the pipeline sets the image",
        )
    return inner
