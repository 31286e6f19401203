"""Start, stop, restart and delete the workspace's cluster."""

from __future__ import annotations

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access, model
from phaseline.operators.clusters.embedded import lifecycle
from phaseline.operators.clusters.embedded.layout import layout
from phaseline.operators.clusters.plan import plan
from phaseline.operators.clusters.standing import identity
from phaseline.tools.toolchain import ensure


def start(context: Context) -> Report:
    """Bring the cluster up, from nothing or with the data it had; returns when its node is Ready.

    Raises:
        HostUnfit: no provider can be used, or the address range is taken.
        TimedOut, CheckFailed: it did not come up; names the process and its last lines.
    """
    state = plan(context)
    model.save(context, state)
    tools = ensure("kubernetes", state.kubernetes)
    lifecycle.start(layout(context, state), tools.path)
    where = f"node {state.name} at {state.node_address}"
    summary = f"{state.provider} Kubernetes {state.kubernetes}, {where}"
    with access.api(context) as api:
        return Report(summary, identity=identity(context, api))


def stop(context: Context) -> Report:
    """End the node's processes gracefully; its data stays for the next start."""
    layout_ = access.embedded(context)
    lifecycle.stop(layout_)
    return Report(f"the node {layout_.state.name} was stopped; `invoke cluster` starts it again")


def restart(context: Context) -> Report:
    """Stop the node and start it with its data."""
    stop(context)
    return start(context)


def delete(context: Context) -> Report:
    """End the node at once and remove all it had; nothing happens where there is none."""
    state = model.load(context)
    if state is None:
        return Report("this workspace has no cluster")
    lifecycle.delete(layout(context, state))
    return Report(f"the cluster {state.name} is gone")
