"""What every provider of clusters can do, and what it tells; one package or module has each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from phaseline.operators.images.model import BuiltImage


@dataclass(frozen=True)
class Status:
    """How a cluster is now.

    Attributes:
        phase: `running`, `down` when it is stopped or was never started, else what is wrong.
        fault: the cause, where one is known.
        units: its processes or parts by name; each has at least `ready`.
    """

    phase: str
    fault: str = ""
    units: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def down(self) -> list[str]:
        """The units that are not ready."""
        return [name for name, unit in self.units.items() if not unit["ready"]]

    @property
    def well(self) -> bool:
        """Whether it runs with all its units."""
        return self.phase == "running" and not self.down


@dataclass(frozen=True)
class Loaded:
    """An image as the cluster has it.

    Attributes:
        repository, tag: how pods name it; the tag may carry a digest.
        id: what the cluster tells as the ID of a container that runs it.
    """

    repository: str
    tag: str
    id: str

    @property
    def reference(self) -> str:
        """`repository:tag`."""
        return f"{self.repository}:{self.tag}"


class Provider(Protocol):
    """One cluster of the workspace, whoever runs it.

    Errors are of the tree of ours: HostUnfit for what the machine or the cluster lacks,
    CheckFailed and TimedOut for what does not come up, each with cause and fix.
    """

    def validate(self) -> str:
        """See that it can be made or used here; nothing is changed. Returns what it will be."""

    def create(self) -> None:
        """Bring it up from nothing; returns when its nodes are Ready."""

    def start(self) -> None:
        """Bring it up with the data it had; nothing happens where it runs."""

    def stop(self) -> str:
        """End it; its data stays. Returns what was done, in words."""

    def restart(self) -> None:
        """Stop it and start it with its data."""

    def delete(self) -> str:
        """Remove it with its data, and what is kept of it here. Returns what was done."""

    def status(self) -> Status:
        """How it is now."""

    def health(self) -> list[str]:
        """What is wrong with it beside its nodes' conditions, each in words; empty when well."""

    def resources(self) -> Mapping[str, str]:
        """What its nodes have to give, all together: Kubernetes' quantities by resource."""

    def kubeconfig(self) -> Path:
        """The access to it that all of ours use, never the user's own; mode 0600."""

    def node_address(self) -> str:
        """The address at which node ports answer this machine."""

    def place_of(self, service: str, node_port: int) -> str:
        """`host:port` at which a node port of a Service of the release answers this machine."""

    def loaded(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Those of `images` that it has, by component, proved by ID."""

    def load_images(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Bring `images` to it; returns each as it has it, proved by ID."""

    def find_named(self, reference: str) -> Loaded | None:
        """The image that it has under the name `reference`; None for none."""

    def load_named(self, reference: str) -> Loaded:
        """Bring an image that the Docker daemon has under a name of its own."""

    def admit(self, namespace: str) -> tuple[str, ...]:
        """Let pods of `namespace` have the images that were brought, where that needs leave.

        Returns the names of the pull secrets, for pods with service accounts of their own.
        """

    def load_archive(self, archive: Path, reference: str) -> str:
        """Bring the one image of a docker-archive; returns how pods name it."""
