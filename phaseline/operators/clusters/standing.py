"""Whether the cluster still is as it was started. Asked in every run: it imports little."""

from __future__ import annotations

from phaseline.core.report import Standing
from phaseline.core.workspace import Context
from phaseline.operators.clusters import access, model
from phaseline.tools.api_server import ApiServer


def identity(context: Context, api: ApiServer) -> dict[str, str]:
    """What makes this cluster this one: the UID of kube-system, and where its node answers."""
    found = api.get("/api/v1/namespaces/kube-system")
    return {"cluster": found["metadata"]["uid"], "address": access.node_address(context)}


def start_stands(context: Context) -> Standing:
    """Whether every process of the node is up and the API server says that it is ready."""
    state = model.load(context)
    if state is None:
        return Standing(False, "there is no cluster")
    now = access.of(context, state).status()
    if not now.well:
        return Standing(False, f"the node is {now.phase} {', '.join(now.down)}".strip())
    with access.api(context) as api:
        if not api.ready():
            return Standing(False, "the API server does not answer")
        return Standing(True, "the node runs and the API server answers", identity(context, api))
