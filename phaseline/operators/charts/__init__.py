"""Phase 3: the Helm chart: its structure, its values, what it renders, and whether that can run."""

from phaseline.operators.charts.checks import check_configuration, check_services, check_workloads
from phaseline.operators.charts.gate import check_chart
from phaseline.operators.charts.rendering import render_manifest, render_values
from phaseline.operators.charts.schema import check_schema
from phaseline.operators.charts.structure import check_structure

__all__ = [
    "check_chart",
    "check_configuration",
    "check_schema",
    "check_services",
    "check_structure",
    "check_workloads",
    "render_manifest",
    "render_values",
]
