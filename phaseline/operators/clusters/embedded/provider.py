"""The embedded cluster, as a provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from phaseline.core.errors import CheckFailed
from phaseline.core.finding import require
from phaseline.core.workspace import Context
from phaseline.operators.clusters import capacity
from phaseline.operators.clusters.embedded import running
from phaseline.operators.clusters.embedded.layout import Layout, layout
from phaseline.operators.clusters.model import ClusterState
from phaseline.operators.clusters.provider import Loaded, Status
from phaseline.operators.images.model import BuiltImage
from phaseline.tools.ctr import Ctr


@dataclass(frozen=True)
class Embedded:
    """A node of upstream Kubernetes in namespaces of its own."""

    context: Context
    state: ClusterState

    @property
    def layout(self) -> Layout:
        """Where it lies."""
        return layout(self.context, self.state)

    def validate(self) -> str:
        """See that this machine has what is asked for.

        Raises:
            HostUnfit: something is lacking or in use; names each.
        """
        from phaseline.operators.clusters import validation

        found = validation.findings(self.context)
        require(found, "the cluster cannot be as pipeline.yaml has it")
        return f"node at {self.state.node_address}"

    def create(self) -> None:
        """Start it: its data is made where there is none."""
        from phaseline.operators.clusters.embedded import lifecycle
        from phaseline.tools.toolchain import ensure

        lifecycle.start(self.layout, ensure("kubernetes", self.state.kubernetes).path)

    def start(self) -> None:
        """Start it with its data."""
        self.create()

    def stop(self) -> str:
        """End the node's processes gracefully."""
        from phaseline.operators.clusters.embedded import lifecycle

        lifecycle.stop(self.layout)
        return f"the node {self.state.name} was stopped; `invoke cluster` starts it again"

    def restart(self) -> None:
        """Stop it and start it with its data."""
        self.stop()
        self.start()

    def delete(self) -> str:
        """End the node at once and remove all it had."""
        from phaseline.operators.clusters.embedded import lifecycle

        lifecycle.delete(self.layout)
        return f"the cluster {self.state.name} is gone"

    def status(self) -> Status:
        """What its supervisor says of its processes."""
        now = running.status(self.layout)
        return Status(now["phase"], now["fault"], now["units"])

    def health(self) -> list[str]:
        """The processes that are not ready."""
        return [f"{name} is not ready" for name in self.status().down]

    def resources(self) -> Mapping[str, str]:
        """What the node has to give."""
        return capacity.allocatable(self.kubeconfig())

    def kubeconfig(self) -> Path:
        """The administrator's."""
        return self.layout.folder / "kubeconfig"

    def node_address(self) -> str:
        """The node's end of the link."""
        return self.state.node_address

    def place_of(self, service: str, node_port: int) -> str:
        """The node's address with the node port: every Service has its own."""
        return f"{self.node_address()}:{node_port}"

    def loaded(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Those that the node has by name and by ID."""
        present = self.containerd().names()
        return {one.component: _as_built(one) for one in images if _held(one, present)}

    def load_images(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Import what the node lacks of each, and see that it is what was built.

        Raises:
            CheckFailed: the node has another image under that name after the import.
        """
        from phaseline.operators.clusters.embedded import loading

        node = self.containerd()
        for image in images:
            loading.bring(self.context, node, image)
        loading.prove(node, images)
        return {one.component: _as_built(one) for one in images}

    def find_named(self, reference: str) -> Loaded | None:
        """What the node has under that name."""
        found = self.containerd().config_digests([reference])
        repository, _, tag = reference.rpartition(":")
        return Loaded(repository, tag, found[reference]) if found else None

    def load_named(self, reference: str) -> Loaded:
        """Import it.

        Raises:
            CheckFailed: the node does not have it then.
        """
        from phaseline.tools import docker

        self.containerd().import_from(docker.command("save", reference))
        if (found := self.find_named(reference)) is None:
            raise CheckFailed(f"the node has no {reference} after it was loaded")
        return found

    def admit(self, namespace: str) -> tuple[str, ...]:
        """Its node has the images: no pod needs leave."""
        return ()

    def load_archive(self, archive: Path, reference: str) -> str:
        """Import it."""
        self.containerd().import_file(archive)
        return reference

    def containerd(self) -> Ctr:
        """The images on the node.

        Raises:
            CheckFailed: its node is down.
        """
        return running.containerd(self.layout)


def _held(image: BuiltImage, present: set[str]) -> bool:
    return image.reference in present and image.id in present


def _as_built(image: BuiltImage) -> Loaded:
    return Loaded(image.repository, image.tag, image.id)
