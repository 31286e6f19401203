"""Where things lie on the machine, and what the node is called there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from phaseline.core.workspace import Context
from phaseline.operators.clusters.model import ClusterState, folder

INSIDE = Path("/run/phaseline")
CONFIG = INSIDE / "config"
POLICIES = "network-policies"  # the unit, its program and its user
PAUSE = "localhost/phaseline/pause:1"
PROVISIONER = "phaseline.dev/local-volumes"
METRICS_PORT = 10251
REGISTRY_PORT = 5000


@dataclass(frozen=True)
class NodeLimits:
    """What the node's own processes may take; see `settings.ControlPlane`."""

    memory_mb: int = 3072
    cpu_weight: int = 200


@dataclass(frozen=True)
class Layout:
    """The files of one embedded cluster, seen from the machine.

    Attributes:
        extras: the further processes that its node is to have.
    """

    folder: Path
    state: ClusterState
    limits: NodeLimits = NodeLimits()
    extras: tuple[str, ...] = ()

    @property
    def config(self) -> Path:
        """Rendered configuration and kubeconfigs."""
        return self.folder / "config"

    @property
    def specification(self) -> Path:
        """What the supervisor is told; its path also identifies the supervisor's process."""
        return self.folder / "config" / "node.json"

    @property
    def status(self) -> Path:
        """What the supervisor says of itself."""
        return self.folder / "status.json"

    @property
    def logs(self) -> Path:
        """One log for each process of the node."""
        return self.folder / "logs"

    @property
    def interface(self) -> str:
        """The machine's end of the link; Linux allows 15 characters."""
        return f"pl-{self.state.name.rpartition('-')[2]}"

    @property
    def registry(self) -> str:
        """How the node's image registry is named, where it has one."""
        return f"{self.state.node_address}:{REGISTRY_PORT}"

    @property
    def cgroup(self) -> str:
        """The cgroup below which the node's pods run, in every hierarchy."""
        return f"/phaseline-{self.state.name}"

    @property
    def own_cgroup(self) -> str:
        """The cgroup of the node's own processes, those of pods excepted."""
        return f"{self.cgroup}/node"


def layout(context: Context, state: ClusterState) -> Layout:
    """The layout of the workspace's cluster."""
    told = context.workspace.settings["cluster"]
    limits = NodeLimits(**told["control_plane"])
    return Layout(folder(context), state, limits, tuple(sorted(told["extras"])))
