"""Start, stop, restart and delete the workspace's cluster."""

from __future__ import annotations

from phaseline.core.report import Report
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access, model
from phaseline.operators.clusters.plan import plan
from phaseline.operators.clusters.standing import identity


def start(context: Context) -> Report:
    """Bring the cluster up, from nothing or with the data it had; returns when its node is Ready.

    Raises:
        HostUnfit: no provider can be used, or the address range is taken.
        InvalidConfiguration: another provider is asked for than the cluster is of.
        TimedOut, CheckFailed: it did not come up; names the process and its last lines.
    """
    known = model.load(context)
    state = plan(context)
    provider = access.of(context, state)
    if known:
        provider.start()
    else:
        provider.validate()
        model.save(context, state)
        provider.create()
    summary = f"{state.provider} Kubernetes {state.kubernetes}, {state.name}"
    with access.api(context) as api:
        return Report(f"{summary} at {provider.node_address()}", identity=identity(context, api))


def stop(context: Context) -> Report:
    """End the cluster gracefully; its data stays for the next start."""
    return Report(access.provider(context).stop())


def restart(context: Context) -> Report:
    """Stop the cluster and start it with its data."""
    stop(context)
    return start(context)


def delete(context: Context) -> Report:
    """End the cluster at once and remove all it had; nothing happens where there is none."""
    state = model.load(context)
    if state is None:
        return Report("this workspace has no cluster")
    return Report(access.of(context, state).delete())
