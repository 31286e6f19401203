"""Minikube, as a provider."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from phaseline.core.errors import CheckFailed, HostUnfit
from phaseline.core.workspace import Context
from phaseline.operators.clusters import capacity, model, others
from phaseline.operators.clusters.minikube.configuration import is_root, start_flags
from phaseline.operators.clusters.minikube.usable import driver_obstacle
from phaseline.operators.clusters.model import ClusterState
from phaseline.operators.clusters.provider import Loaded, Status
from phaseline.operators.images.draft import draft
from phaseline.operators.images.model import BuiltImage
from phaseline.process import journal
from phaseline.process.run import run
from phaseline.tools import docker
from phaseline.tools.minikube import Minikube
from phaseline.tools.minikube_words import WELL
from phaseline.tools.toolchain import ensure, locate


@dataclass(frozen=True)
class MinikubeCluster:
    """The workspace's profile."""

    context: Context
    state: ClusterState

    def validate(self) -> str:
        """See that minikube is here and that its driver can be used.

        Raises:
            HostUnfit: it is not, with what to do.
        """
        found = locate("minikube")
        if found is None:
            fix = "`invoke setup --with minikube`, or put it on PATH"
            raise HostUnfit("minikube is not installed", fix=fix)
        driver = self.context.pipeline.cluster.minikube.driver
        if hindrance := driver_obstacle(driver):
            fix = "start it, or name another driver in cluster.minikube.driver"
            raise HostUnfit("minikube has no driver that works", why=hindrance, fix=fix)
        return f"minikube {found.version}, driver {driver}, profile {self.state.name}"

    def create(self) -> None:
        """Start it: a profile that is not there is made, one that is half made is mended.

        Raises:
            HostUnfit, InvalidConfiguration, Unreachable, CommandFailed: as minikube tells.
            CheckFailed: it says that it is done, and it is not well.
        """
        cluster = self.context.pipeline.cluster
        self._tool.start(*start_flags(cluster, root=is_root()))
        self.kubeconfig().chmod(0o600)
        missing = set(cluster.minikube.addons) - self._tool.addons()
        for addon in sorted(missing):
            journal.progress(f"enabling the addon {addon}")
            self._tool.enable(addon)
        if not (now := self.status()).well:
            raise CheckFailed("minikube has started and is not well", why=now.phase)

    def start(self) -> None:
        """Start it with its data, unless it runs."""
        if not self.status().well:
            self.create()

    def stop(self) -> str:
        """Stop it."""
        self._tool.stop()
        return f"the profile {self.state.name} was stopped; `invoke cluster` starts it again"

    def restart(self) -> None:
        """Stop it and start it with its data."""
        self.stop()
        self.create()

    def delete(self) -> str:
        """Delete the profile, and what is kept of it here."""
        self._tool.delete()
        shutil.rmtree(model.folder(self.context))
        return f"the profile {self.state.name} is gone"

    def status(self) -> Status:
        """What `minikube status` tells."""
        now = self._tool.status()
        units = {name: {"ready": now.words.get(name) == word} for name, word in WELL.items()}
        return Status(now.phase, "" if now.phase in ("running", "down") else now.phase, units)

    def health(self) -> list[str]:
        """What is stopped, and which of its own pods do not run: minikube does not see these."""
        now = self.status()
        if not now.well:
            return [f"the profile is {now.phase}", *(f"{name} is not up" for name in now.down)]
        return others.system_faults(self.kubeconfig())

    def resources(self) -> Mapping[str, str]:
        """What its nodes have to give."""
        return capacity.allocatable(self.kubeconfig())

    def kubeconfig(self) -> Path:
        """Minikube writes it: the user's own stays as it is."""
        return model.kubeconfig(self.context)

    def node_address(self) -> str:
        """What `minikube ip` tells; on Linux each of its drivers has its node within reach."""
        return self._tool.address()

    def place_of(self, service: str, node_port: int) -> str:
        """What `minikube service --url` tells: its drivers have their nodes in reach, or a tunnel.

        Raises:
            CommandFailed, CheckFailed: no pod is ready, or it has no such node port.
        """
        urls = self._tool.urls(service, self.context.pipeline.chart.namespace)
        places = [url.partition("://")[2] for url in urls]
        exact = [place for place in places if place.endswith(f":{node_port}")]
        if not exact and len(places) > 1:
            why = f"it tells {', '.join(urls)}"
            raise CheckFailed(f"minikube tells no address of the node port {node_port}", why=why)
        return (exact or places)[0]

    def loaded(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Those that its node has by name and by ID."""
        present = self._tool.images() if images else {}
        return {
            one.component: Loaded(one.repository, one.tag, one.id)
            for one in images
            if present.get(one.reference) == one.id
        }

    def load_images(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Load each, and see that the node has it: loading succeeds without having done so.

        Raises:
            CheckFailed: it does not have one, or has another one under that name.
        """
        for image in images:
            journal.progress(f"loading {image.reference} ({image.size / 1e6:.0f} MB)")
            self._load(image.reference)
        there = self.loaded(images)
        for image in images:
            if image.component not in there:
                raise _not_there(image.reference, f"built was {image.id}")
        return there

    def find_named(self, reference: str) -> Loaded | None:
        """What its node has under that name; short names are of Docker Hub."""
        present = self._tool.images()
        repository, _, tag = reference.rpartition(":")
        for name in (reference, f"docker.io/{reference}", f"docker.io/library/{reference}"):
            if name in present:
                return Loaded(repository, tag, present[name])
        return None

    def load_named(self, reference: str) -> Loaded:
        """Load it.

        Raises:
            CheckFailed: its node does not have it then.
        """
        self._load(reference)
        if (found := self.find_named(reference)) is None:
            raise _not_there(reference, "minikube says nothing of it")
        return found

    def admit(self, namespace: str) -> tuple[str, ...]:
        """Its node has the images: no pod needs leave."""
        return ()

    def load_archive(self, archive: Path, reference: str) -> str:
        """Load it; raises as `load_named`."""
        self._tool.load(archive)
        if self.find_named(reference) is None:
            raise _not_there(reference, "minikube says nothing of it")
        return reference

    def _load(self, reference: str) -> None:
        with draft(model.folder(self.context) / "image") as place:
            place.mkdir(parents=True, exist_ok=True)
            archive = place / "image.tar"
            run(docker.command("save", "--output", str(archive), reference, timeout=600.0))
            self._tool.load(archive)

    @cached_property
    def _tool(self) -> Minikube:
        return Minikube(ensure("minikube").path, self.state.name, self.kubeconfig())


def _not_there(reference: str, why: str) -> CheckFailed:
    return CheckFailed(
        f"minikube's node has no {reference} after it was loaded",
        why=why,
        fix="`minikube image load` succeeds where it has done nothing; see that its node runs",
    )
