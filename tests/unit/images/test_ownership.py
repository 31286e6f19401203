"""Who owns an image is told by its tags."""

from __future__ import annotations

import pytest

from phaseline.operators.images.ownership import orphaned

SHARED = "localhost/shop/web:0123456789ab"


@pytest.mark.parametrize(
    ("tags", "left"),
    [
        ([SHARED], [SHARED]),
        ([SHARED, "localhost/shop-0a1b2c/web:0123456789ab"], []),
        ([SHARED, "localhost/shop-0a1b2c/web:raw"], []),
        ([SHARED, "localhost/shopping-0a1b2c/web:1"], [SHARED]),
        ([SHARED, "localhost/elsewhere:1"], [SHARED]),
        (["localhost/shop-extra/web:1"], []),
        ([], []),
    ],
)
def test_a_shared_name_goes_with_the_last_owner(tags: list[str], left: list[str]) -> None:
    assert orphaned(tags, "shop") == left
