"""How other operators reach the workspace's cluster."""

from __future__ import annotations

from contextlib import AbstractContextManager

from phaseline.core.workspace import Context
from phaseline.operators.clusters.embedded import running
from phaseline.operators.clusters.embedded.layout import Layout, layout
from phaseline.operators.clusters.model import kubeconfig, require
from phaseline.tools import api_server
from phaseline.tools.api_server import ApiServer
from phaseline.tools.ctr import Ctr
from phaseline.tools.kubectl import Kubectl
from phaseline.tools.toolchain import ensure


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
    require(context)
    tools = ensure("kubernetes", context.pipeline.cluster.kubernetes)
    return Kubectl(tools.path / "kubectl", kubeconfig(context))


def api(context: Context) -> AbstractContextManager[ApiServer]:
    """The API server, connected to as the cluster's administrator.

    Raises:
        CheckFailed: this workspace has no cluster.
    """
    require(context)
    return api_server.connected(kubeconfig(context))


def node_images(context: Context) -> Ctr:
    """The images on the node.

    Raises:
        CheckFailed: there is no cluster, or its node is down.
    """
    return running.containerd(embedded(context))


def node_process(context: Context) -> int:
    """A process in the node's network, as this machine numbers it.

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


def dns_server(context: Context) -> str:
    """The address at which the cluster's DNS answers this machine."""
    return require(context).node_address


def node_address(context: Context) -> str:
    """The address at which node ports answer this machine."""
    return require(context).node_address
