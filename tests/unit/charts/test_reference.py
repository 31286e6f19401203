"""The table of values in a chart's README."""

from __future__ import annotations

import pytest

from phaseline.core.errors import InvalidConfiguration
from phaseline.operators.charts.reference import BEGIN, END, values_table, with_table

VALUES = """\
# About the file.

web:
  # First line,
  # second line.
  port: 80
  # One of `a|b`.
  kind: "a"
  # Bounds.
  resources:
    requests: {cpu: 50m}
    limits: {memory: 1Mi}
# A list.
hosts: []
"""


def test_rows() -> None:
    assert values_table(VALUES).splitlines()[2:] == [
        "| `web.port` | `80` | First line, second line. |",
        '| `web.kind` | `"a"` | One of `a\\|b`. |',
        "| `web.resources` | `{requests: {cpu: 50m}, limits: {memory: 1Mi}}` | Bounds. |",
        "| `hosts` | `[]` | A list. |",
    ]


def test_a_value_without_a_comment() -> None:
    with pytest.raises(InvalidConfiguration, match=r"web\.port has no comment"):
        values_table("web:\n  port: 80\n")


def test_only_what_is_between_the_marks_is_replaced() -> None:
    readme = f"# Chart\n{BEGIN}\nold\n{END}\nmore\n"
    assert with_table(readme, "new") == f"# Chart\n{BEGIN}\nnew\n{END}\nmore\n"
    with pytest.raises(InvalidConfiguration, match="no place for the values"):
        with_table("# Chart\n", "new")
