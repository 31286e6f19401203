"""How other operators reach the workspace's cluster, whoever runs it."""

from __future__ import annotations

from contextlib import AbstractContextManager

from phaseline.core.errors import CheckFailed, Unreachable
from phaseline.core.workspace import Context
from phaseline.operators.clusters import others
from phaseline.operators.clusters.embedded import running
from phaseline.operators.clusters.embedded.layout import PAUSE, Layout, layout
from phaseline.operators.clusters.model import ClusterState, folder, kubeconfig, require
from phaseline.operators.clusters.provider import Provider
from phaseline.tools import api_server, dns
from phaseline.tools.api_server import ApiServer
from phaseline.tools.ctr import Ctr
from phaseline.tools.kubectl import Kubectl
from phaseline.tools.toolchain import ensure


def provider(context: Context) -> Provider:
    """The workspace's cluster.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    return of(context, require(context))


def of(context: Context, state: ClusterState) -> Provider:
    """The cluster that `state` tells of; only its own provider's code is imported."""
    if state.provider == "minikube":
        from phaseline.operators.clusters.minikube.provider import MinikubeCluster

        return MinikubeCluster(context, state)
    if state.provider == "context":
        from phaseline.operators.clusters.context.provider import ContextCluster

        return ContextCluster(context, state)
    from phaseline.operators.clusters.embedded.provider import Embedded

    return Embedded(context, state)


def is_embedded(context: Context) -> bool:
    """Whether the workspace's cluster is a node of ours: its processes are within reach."""
    return require(context).provider == "embedded"


def embedded(context: Context) -> Layout:
    """The layout of the workspace's embedded cluster.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    return layout(context, require(context))


def kubectl(context: Context) -> Kubectl:
    """kubectl as the cluster's administrator.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    if is_embedded(context):
        tools = ensure("kubernetes", context.pipeline.cluster.kubernetes)
        return Kubectl(tools.path / "kubectl", kubeconfig(context))
    return Kubectl(ensure("kubectl").path, kubeconfig(context))


def api(context: Context) -> AbstractContextManager[ApiServer]:
    """The API server, connected to as the cluster's administrator.

    Raises:
        CheckFailed: this workspace has no cluster. Unreachable: it was never up.
    """
    require(context)
    if not kubeconfig(context).exists():
        raise Unreachable(
            "the API server cannot be asked", why="it was never up", fix="`invoke cluster.start`"
        )
    return api_server.connected(kubeconfig(context))


def node_images(context: Context) -> Ctr:
    """The images on the embedded node.

    Raises:
        CheckFailed: there is no cluster, or its node is down.
    """
    return running.containerd(embedded(context))


def node_process(context: Context) -> int:
    """A process in the embedded node's network, as this machine numbers it.

    Raises:
        CheckFailed: there is no cluster, or its node is down.
    """
    return running.node(embedded(context))


def pod_processes(context: Context) -> dict[str, int]:
    """A process in the network of each pod, by the pod's ID; those of other workspaces too.

    Raises:
        CheckFailed: there is no cluster.
    """
    embedded(context)
    return running.pod_processes()


def require_dns(context: Context, name: str) -> None:
    """See that the cluster's DNS knows `name`; where it is out of reach, that it has a ready pod.

    Raises:
        CheckFailed: it does not.
    """
    if is_embedded(context):
        dns.resolve(name, require(context).node_address)
    elif faults := others.system_dns_faults(kubeconfig(context)):
        raise CheckFailed(
            faults[0], fix="see the pods of kube-system: `kubectl -n kube-system get pods`"
        )


def pause_image(context: Context) -> str:
    """How a pod names the image that only waits, which is brought to the cluster if need be.

    Raises:
        ToolMissing: what it is made of is not installed.
    """
    from phaseline.operators.clusters.embedded import pause
    from phaseline.operators.images.draft import draft

    if is_embedded(context):
        return PAUSE  # it is started with it
    with draft(folder(context) / "pause") as place:
        return provider(context).load_archive(pause.write(place / "pause.tar"), PAUSE)


def node_address(context: Context) -> str:
    """The address at which node ports answer this machine."""
    return provider(context).node_address()
