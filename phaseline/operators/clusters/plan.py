"""The cluster's configuration, chosen and validated before anything starts."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phaseline.core.errors import HostUnfit
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import model, provider, ranges
from phaseline.operators.clusters.model import ClusterState
from phaseline.process import journal
from phaseline.tools import ip

if TYPE_CHECKING:
    from phaseline.core.settings import Cluster


def check_configuration(context: Context) -> Report:
    """Choose the provider and see that its address ranges are free; nothing is changed.

    Raises:
        HostUnfit: no provider can be used, or a range is in use; names what has it.
    """
    state = plan(context)
    return Report(f"{state.provider}: {state.chosen_because}; node at {state.node_address}")


def plan(context: Context) -> ClusterState:
    """The cluster as it is, or as it would be made.

    Raises:
        HostUnfit: as `check_configuration`.
    """
    if state := model.load(context):
        return state
    settings = context.pipeline.cluster
    chosen, reason = provider.choose(settings, root=os.geteuid() == 0)
    journal.progress(f"provider {chosen}: {reason}")
    link = free_link(settings, context.workspace.id)
    return ClusterState(
        provider=chosen,
        chosen_because=reason,
        name=context.workspace.id,
        kubernetes=settings.kubernetes,
        link=link,
        pod_range=settings.pod_range,
        service_range=settings.service_range,
    )


def free_link(settings: Cluster, name: str) -> str:
    """The /30 that the cluster `name` would get; nothing is changed.

    Raises:
        HostUnfit: a range of its is in use; names what has it.
    """
    taken = ip.routes()
    for field in ("pod_range", "service_range"):
        # They exist inside the node's network only, but the node reaches this machine by route.
        if found := ranges.clash(getattr(settings, field), taken):
            raise HostUnfit(
                f"cluster.{field} {getattr(settings, field)} is in use on this machine",
                why=f"it overlaps {found}",
                fix=f"set cluster.{field} in pipeline.yaml to a range that nothing uses",
            )
    return ranges.pick_link(settings.link_range, name, taken)
