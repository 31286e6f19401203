"""What is kept of a cluster: `<state>/cluster/cluster.json`."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from phaseline.core.errors import CheckFailed
from phaseline.core.files import write_atomic
from phaseline.core.kept import Kept
from phaseline.core.workspace import CHOSEN, Context

Kind = Literal["embedded", "minikube", "context"]
OWNER = "phaseline.dev/workspace"  # the label that says whose a namespace is: its ID


@dataclass(frozen=True, kw_only=True)
class ClusterState(Kept):
    """The workspace's cluster, as chosen when it was made.

    Attributes:
        chosen_because: why this provider, for whoever asks later.
        name: of an embedded cluster's node, of Minikube's profile, or of the kubeconfig's context.
        link: the /30 between the machine (first host address) and the embedded cluster's node
            (second); it and the ranges are empty for other clusters.
    """

    provider: Kind
    chosen_because: str
    name: str
    kubernetes: str
    link: str = ""
    pod_range: str = ""
    service_range: str = ""

    @property
    def context(self) -> str:
        """The context of the user's kubeconfig that the cluster is of; "" for one of our own."""
        return self.name if self.provider == "context" else ""

    @property
    def resource_name(self) -> str:
        """The name in the form that Kubernetes has for objects: contexts are called anything."""
        return re.sub(r"[^a-z0-9.]+", "-", self.name.lower()).strip("-.")

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
    """Keep `state`, and with it what the command line named."""
    if named := context.workspace.named:
        write_atomic(context.state / CHOSEN, named + "\n")
    state.write(folder(context) / "cluster.json")


def accounts_namespace(context: Context) -> str:
    """Where the accounts of limited rights are that this workspace makes in a cluster."""
    return f"{context.workspace.settings['application']}-ai"
