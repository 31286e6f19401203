"""What is kept of a cluster: `<state>/cluster/cluster.json`."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phaseline.core.errors import CheckFailed
from phaseline.core.kept import Kept
from phaseline.core.workspace import Context

Provider = Literal["embedded", "minikube"]


@dataclass(frozen=True, kw_only=True)
class ClusterState(Kept):
    """The workspace's cluster, as chosen when it was made.

    Attributes:
        chosen_because: why this provider, for whoever asks later.
        link: the /30 between the machine (first host address) and the node (second).
    """

    provider: Provider
    chosen_because: str
    name: str
    kubernetes: str
    link: str
    pod_range: str
    service_range: str

    @property
    def host_address(self) -> str:
        """The machine's end of the link."""
        return str(ipaddress.IPv4Network(self.link)[1])

    @property
    def node_address(self) -> str:
        """The node's end of the link: the API server and node ports answer here."""
        return str(ipaddress.IPv4Network(self.link)[2])

    @property
    def dns_address(self) -> str:
        """The cluster address of the DNS service: the tenth of the range, by convention."""
        return str(ipaddress.IPv4Network(self.service_range)[10])

    @property
    def node_pods(self) -> str:
        """The pod addresses of the one node: the first /24 of the range."""
        network = ipaddress.IPv4Network(self.pod_range)
        return str(next(network.subnets(new_prefix=max(24, network.prefixlen))))


def folder(context: Context) -> Path:
    """All that the workspace's cluster keeps on disk."""
    return context.state / "cluster"


def kubeconfig(context: Context) -> Path:
    """The administrator's access to the workspace's cluster; mode 0600."""
    return folder(context) / "kubeconfig"


def load(context: Context) -> ClusterState | None:
    """The workspace's cluster, or None where none was made."""
    return ClusterState.read(folder(context) / "cluster.json")


def require(context: Context) -> ClusterState:
    """The workspace's cluster.

    Raises:
        CheckFailed: there is none.
    """
    state = load(context)
    if state is None:
        raise CheckFailed("this workspace has no cluster", fix="run `invoke cluster`")
    return state


def save(context: Context, state: ClusterState) -> None:
    """Keep `state`."""
    state.write(folder(context) / "cluster.json")
