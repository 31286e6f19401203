"""Whether the cluster enforces NetworkPolicies."""

from __future__ import annotations

from phaseline.core.workspace import Context
from phaseline.operators.clusters import model
from phaseline.operators.clusters.embedded import running
from phaseline.operators.clusters.embedded.layout import POLICIES, layout


def obstacle(context: Context) -> str:
    """Why policies are not in force as far as can be told; empty when they are.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    state = model.require(context)
    if state.provider != "embedded":
        return f"whether {state.provider} enforces them depends on its network, which is not ours"
    units = running.status(layout(context, state))["units"]
    if POLICIES not in units:
        return "this Kubernetes was not built from phaseline's module, which brings the controller"
    return "" if units[POLICIES]["ready"] else "their controller is not ready"


def told(context: Context) -> str:
    """One sentence for whoever looks at the cluster.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    if why := obstacle(context):
        return f"network policies are not known to be enforced: {why}"
    return "network policies are enforced"
