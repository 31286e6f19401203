"""The chart's README has the values as they are."""

from __future__ import annotations

from phaseline.operators.charts.reference import values_table, with_table
from tests.chart.conftest import CHART


def test_the_table_of_values_is_generated() -> None:
    readme = (CHART / "README.md").read_text()
    wanted = with_table(readme, values_table((CHART / "values.yaml").read_text()))
    assert readme == wanted, "run: python -m phaseline.operators.charts.reference charts/todo-app"
