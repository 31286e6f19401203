"""What a replay compares of Services: names, ports, what stands behind them, what was tried."""

from __future__ import annotations

from phaseline.core.workspace import Context
from phaseline.operators.charts.projection import ports_of
from phaseline.operators.services.live import look


def ports(context: Context) -> dict[str, str]:
    """Each Service with its ports and their targets."""
    return {live.name: ports_of(live.service) for live in look(context)}


def endpoints(context: Context) -> dict[str, str]:
    """Each Service with how many ready endpoints it has."""
    return {live.name: f"{len(live.endpoints)} endpoints" for live in look(context)}


def journeys(context: Context) -> dict[str, str]:
    """Each journey with its requests; it stands here because all of them were answered as told."""
    return {
        one.name: ", ".join(f"{request.method} {request.status}" for request in one.requests)
        for one in context.pipeline.journeys
    }
