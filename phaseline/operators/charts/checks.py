"""T015 to T017 as operators: the rendered manifest is read and judged; nothing else is asked."""

from __future__ import annotations

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.charts.availability import judge_availability
from phaseline.operators.charts.configuration import judge_configuration, strings
from phaseline.operators.charts.finding import refuse
from phaseline.operators.charts.manifest import load_manifest, of_kind, workloads
from phaseline.operators.charts.policies import judge_policies
from phaseline.operators.charts.routes import judge_routes
from phaseline.operators.charts.services import judge_addresses, judge_services
from phaseline.operators.charts.workloads import judge_workloads
from phaseline.operators.images.model import require_image


def check_workloads(context: Context) -> Report:
    """T015: each component's image is run by a workload that is restricted, probed and bounded.

    Budgets and autoscalers are for workloads that are there; hooks come to an end.

    Raises:
        CheckFailed: with a table of what is not so.
    """
    objects = load_manifest(context)
    images = {c.name: require_image(context, c.name).reference for c in context.components}
    findings = judge_workloads(objects, images) + judge_availability(objects)
    refuse(findings, "the chart's workloads cannot run as they are")
    titles = [str(workload) for workload in workloads(objects) if workload.serves]
    return Report(summary=f"{', '.join(titles)}: restricted, probed, with resources")


def check_services(context: Context) -> Report:
    """T016: each Service leads to a workload's open port, each address and route to a Service's.

    Network policies select pods that are there, and ports that these open.

    Raises:
        CheckFailed: with a table of what is not so.
    """
    objects, addresses = load_manifest(context), context.pipeline.addresses
    findings = judge_services(objects) + judge_addresses(objects, addresses)
    findings += judge_routes(objects) + judge_policies(objects)
    refuse(findings, "the chart's Services lead nowhere")
    count = len(of_kind(objects, "Service"))
    return Report(summary=f"{count} Services lead to open ports; {len(addresses)} addresses exist")


def check_configuration(context: Context) -> Report:
    """T017: what workloads refer to is in the manifest, and secrets are in Secrets only.

    Raises:
        CheckFailed: with a table of what is not so.
    """
    objects = load_manifest(context)
    named = frozenset(strings(context.pipeline.chart.values))
    refuse(judge_configuration(objects, named), "the chart's configuration does not hold together")
    counts = [f"{len(of_kind(objects, kind))} {kind}s" for kind in ("ConfigMap", "Secret")]
    return Report(summary=f"{' and '.join(counts)}; every reference is met")
