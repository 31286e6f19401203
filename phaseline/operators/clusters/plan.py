"""The cluster's configuration, chosen and validated before anything starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phaseline.core.errors import HostUnfit
from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access, model, ranges
from phaseline.operators.clusters.choice import Choice, choice, require_same, wanted
from phaseline.operators.clusters.model import ClusterState
from phaseline.process import journal
from phaseline.tools import ip

if TYPE_CHECKING:
    from phaseline.core.settings import Cluster


def check_configuration(context: Context) -> Report:
    """Choose the provider and see that it can be used, with these ranges; nothing is changed.

    Raises:
        HostUnfit: no provider can be used, or a range is in use; names what has it.
        InvalidConfiguration: another provider is asked for than the workspace's cluster is of.
    """
    state = plan(context)
    found = access.of(context, state).validate()
    return Report(f"{state.provider}: {state.chosen_because}; {found}")


def plan(context: Context) -> ClusterState:
    """The cluster as it is, or as it would be made.

    Raises:
        HostUnfit, InvalidConfiguration: as `check_configuration`.
    """
    if state := model.load(context):
        require_same(wanted(context), state)
        return state
    chosen = choice(context)
    journal.progress(f"provider {chosen.kind}: {chosen.reason}")
    return _planned(context, chosen)


def _planned(context: Context, chosen: Choice) -> ClusterState:
    settings, name = context.pipeline.cluster, context.workspace.id
    if chosen.kind == "context":
        from phaseline.operators.clusters.context.naming import chosen_name

        name = chosen_name(chosen.context)
    own = chosen.kind == "embedded"
    return ClusterState(
        provider=chosen.kind,
        chosen_because=chosen.reason,
        name=name,
        kubernetes=settings.kubernetes,
        link=free_link(settings, name) if own else "",
        pod_range=settings.pod_range if own else "",
        service_range=settings.service_range if own else "",
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
