"""T014: images laid over values."""

from __future__ import annotations

from typing import Any

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.operators.charts.gate import first_difference
from phaseline.operators.charts.values import lay_images

DEFAULTS = {"web": {"image": {"repository": "a", "tag": "b"}, "port": 80}, "top": {"tag": ""}}


def laid(path: str, values: dict[str, Any]) -> dict[str, Any]:
    return lay_images(DEFAULTS, values, {path: ("repo", "1")}, {path: "components[2].values"})


def test_an_image_beside_other_values() -> None:
    given = {"web": {"port": 81}, "other": 1}
    image = {"repository": "repo", "tag": "1"}
    assert laid("web.image", given) == {"web": {"port": 81, "image": image}, "other": 1}
    assert given == {"web": {"port": 81}, "other": 1}


def test_the_built_image_wins() -> None:
    given = {"web": {"image": {"tag": "mine"}}}
    assert laid("web.image", given)["web"]["image"] == {"repository": "repo", "tag": "1"}


@pytest.mark.parametrize("path", ["wob.image", "web.imag", "web.port.image", "web.port", "top", ""])
def test_paths_that_the_chart_does_not_have(path: str) -> None:
    with pytest.raises(InvalidConfiguration, match=r"components\[2\]\.values: "):
        laid(path, {})


def test_values_that_stand_in_the_way() -> None:
    with pytest.raises(InvalidConfiguration, match=r"chart\.values: 'web'"):
        laid("web.image", {"web": 5})


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("a\nb\n", "a\nb\n", ""),
        ("a\nb\n", "a\nc\n", "line 2: 'b', then 'c'"),
        ("a\n", "a\nb\n", "one has 1 lines, the other 2"),
    ],
)
def test_the_first_difference(first: str, second: str, told: str) -> None:
    assert first_difference(first, second) == told
