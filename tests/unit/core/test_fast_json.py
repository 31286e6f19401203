"""JSON that is quick to have says the same as the standard library's."""

from __future__ import annotations

import json
import os
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phaseline.core import fast_json

NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
LEAVES = st.none() | st.booleans() | st.integers() | NUMBERS | st.text()
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


class Pair(NamedTuple):
    one: int
    two: str


@given(TREES)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_read_back_by_either(tree: object) -> None:
    data = fast_json.dumps(tree)
    assert json.loads(data) == fast_json.loads(data) == tree
    assert fast_json.loads(json.dumps(tree).encode()) == tree


def test_names_are_kept_whatever_their_bytes() -> None:
    told = {os.fsdecode(b"na\xefve.out"): "ä"}
    data = fast_json.dumps(told)
    assert data.isascii()
    assert fast_json.loads(data) == json.loads(data) == told


def test_members_are_sorted_where_that_is_asked_for() -> None:
    assert fast_json.dumps({"b": 1, "a": {"d": 2, "c": 3}}, sort=True) == (
        b'{"a":{"c":3,"d":2},"b":1}'
    )


def test_what_only_the_standard_library_knows_is_written_as_it_does() -> None:
    assert fast_json.dumps([Pair(1, "x"), 1 << 80]) == b'[[1,"x"],%d]' % (1 << 80)


def test_what_is_no_number_is_null() -> None:
    assert fast_json.dumps([float("inf"), float("nan")]) == b"[null,null]"


def test_what_has_no_form_is_refused() -> None:
    with pytest.raises(TypeError):
        fast_json.dumps({"x": object()})
    with pytest.raises(ValueError, match="Expecting"):
        fast_json.loads(b"{")
