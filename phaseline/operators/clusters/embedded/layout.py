"""Where things lie on the machine, and what the node is called there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from phaseline.core.workspace import Context
from phaseline.operators.clusters.model import ClusterState, folder

INSIDE = Path("/run/phaseline")
PAUSE = "localhost/phaseline/pause:1"
PROVISIONER = "phaseline.dev/local-volumes"


@dataclass(frozen=True)
class Layout:
    """The files of one embedded cluster, seen from the machine."""

    folder: Path
    state: ClusterState

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
    def cgroup(self) -> str:
        """The cgroup below which the node's pods run, in every hierarchy."""
        return f"/phaseline-{self.state.name}"


def layout(context: Context, state: ClusterState) -> Layout:
    """The layout of the workspace's cluster."""
    return Layout(folder(context), state)
