"""A cluster that others run, as a provider: what is ours in it is a namespace, or less."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from phaseline.core.errors import CheckFailed, PhaselineError
from phaseline.core.files import write_atomic
from phaseline.core.workspace import NAME, Context
from phaseline.operators.clusters import capacity, model, others
from phaseline.operators.clusters.context import pushed, rights, secret
from phaseline.operators.clusters.model import OWNER, ClusterState
from phaseline.operators.clusters.provider import Loaded, Status
from phaseline.operators.images.model import BuiltImage
from phaseline.process.run import run
from phaseline.tools import docker, kubeconfig
from phaseline.tools.api_server import connected, connected_to
from phaseline.tools.helm import Helm
from phaseline.tools.kubectl import Kubectl
from phaseline.tools.toolchain import ensure


@dataclass(frozen=True)
class ContextCluster:
    """The cluster of one context of the user's kubeconfig."""

    context: Context
    state: ClusterState

    def validate(self) -> str:
        """See that it answers, that the user may do what is needed, and that there is a registry.

        Raises:
            InvalidConfiguration: there is no such context, or no registry is named.
            HostUnfit: rights are missing; each is named.
            Unreachable: the API server or the registry does not answer.
            CheckFailed: this is a replay, which must not touch what others use.
        """
        if (self.context.state / NAME).exists():
            raise CheckFailed("a replay does not touch a cluster that others run")
        pushed.registry(self.context).answers()
        with connected_to(self._alone()) as api:
            count = rights.require(api, self._namespace)
            version = api.get("/version")["gitVersion"]
        return f"Kubernetes {version}, {count} rights, namespace {self._namespace}"

    def create(self) -> None:
        """Keep the access to it, and make the namespace and the pull secret."""
        told = yaml.safe_dump(self._alone())
        write_atomic(self.kubeconfig(), told, mode=0o600)
        kubectl = self._kubectl()
        if kubectl.get("namespace", self._namespace) is None:
            labels = {OWNER: self.context.workspace.id}
            metadata = {"name": self._namespace, "labels": labels}
            one = {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
            kubectl.apply(json.dumps(one))
        self.admit(self._namespace)

    def start(self) -> None:
        """See that it still will do; the access is taken anew, for credentials change."""
        self.validate()
        self.create()

    def stop(self) -> str:
        """Raises CheckFailed: it is not ours to stop."""
        raise CheckFailed(
            f"the cluster of the context {self.state.name} is not stopped",
            why="others run it",
            fix="`invoke cluster.delete` removes what this workspace has put there",
        )

    def restart(self) -> None:
        """Raises CheckFailed, as `stop`."""
        self.stop()

    def delete(self) -> str:
        """Remove what this workspace has put there; the cluster stays as it is.

        Raises:
            Unreachable, CommandFailed: it does not answer, or refuses.
        """
        done = self._cleared() if self.kubeconfig().exists() else "nothing was put there"
        shutil.rmtree(model.folder(self.context))
        return f"the cluster of the context {self.state.name} is left: {done}"

    def status(self) -> Status:
        """Whether its API server answers, and each node is Ready."""
        if not self.kubeconfig().exists():
            return Status("down")
        try:
            with connected(self.kubeconfig()) as api:
                nodes = api.items("/api/v1/nodes")
        except PhaselineError as error:
            return Status("out of reach", error.why or error.what)
        return Status("running", units={one["metadata"]["name"]: _ready(one) for one in nodes})

    def health(self) -> list[str]:
        """The nodes that are not Ready, and a DNS without pods."""
        now = self.status()
        if now.phase != "running":
            return [f"the cluster is {now.phase}: {now.fault}"]
        return [f"the node {name} is not Ready" for name in now.down]

    def resources(self) -> Mapping[str, str]:
        """What its nodes have to give."""
        return capacity.allocatable(self.kubeconfig())

    def kubeconfig(self) -> Path:
        """The one context alone, of ours."""
        return model.kubeconfig(self.context)

    def node_address(self) -> str:
        """The first address of a node that others are told, else its own.

        Raises:
            CheckFailed: no node tells any.
        """
        with connected(self.kubeconfig()) as api:
            return others.node_address(api.items("/api/v1/nodes"))

    def place_of(self, service: str, node_port: int) -> str:
        """The node's address with the node port: every Service has its own."""
        return f"{self.node_address()}:{node_port}"

    def loaded(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Those that the registry has; pods name them by digest."""
        return pushed.found(self.context, images)

    def load_images(self, images: Sequence[BuiltImage]) -> dict[str, Loaded]:
        """Push each.

        Raises:
            CommandFailed, CheckFailed: the registry refuses, or has not what was pushed.
        """
        pushed.push(self.context, images)
        there = pushed.found(self.context, images)
        if gone := [one.reference for one in images if one.component not in there]:
            raise CheckFailed(f"the registry has no {gone[0]} after it was pushed")
        return there

    def find_named(self, reference: str) -> Loaded | None:
        """Any other name is not looked for: it is pushed when it is wanted."""
        return None

    def load_named(self, reference: str) -> Loaded:
        """Push it under the name of its last part."""
        name, _, tag = reference.rpartition(":")
        return self._pushed(reference, name.rpartition("/")[2], tag)

    def admit(self, namespace: str) -> tuple[str, ...]:
        """Make the pull secret there, if the registry wants credentials."""
        return secret.apply(self.context, self._kubectl(), namespace)

    def load_archive(self, archive: Path, reference: str) -> str:
        """Load it into the Docker daemon, and push it; raises as `load_images`."""
        run(docker.command("load", "--input", str(archive)))
        name, _, tag = reference.rpartition(":")
        return self._pushed(reference, name.rpartition("/")[2], tag).reference

    def _pushed(self, reference: str, name: str, tag: str) -> Loaded:
        named = f"{self.context.pipeline.application}/{name}"
        digest = pushed.registry(self.context).push(reference, named, tag)
        address = pushed.wanted(self.context).address
        return Loaded(f"{address}/{named}", f"{tag}@{digest}", digest)

    def _cleared(self) -> str:
        kubectl = self._kubectl()
        self._clear_accounts(kubectl)
        there = kubectl.get("namespace", self._namespace)
        if there is None:
            return "nothing of ours was there"
        if self._is_ours(there):
            kubectl.delete("namespace", self._namespace, timeout=120.0)
            return f"the namespace {self._namespace} is gone"
        release = self.context.pipeline.chart.release
        run(Helm.of(self.context, self.kubeconfig()).uninstall(release))
        kubectl.delete("secret", secret.NAME, "-n", self._namespace)
        return f"the release {release} is gone, the namespace is not ours"

    def _clear_accounts(self, kubectl: Kubectl) -> None:
        """Remove the namespace of the accounts of requests; what was bound to them goes with it."""
        name = model.accounts_namespace(self.context)
        there = kubectl.get("namespace", name)
        if there is not None and self._is_ours(there):
            kubectl.delete("namespace", name, timeout=120.0)

    def _is_ours(self, there: Mapping[str, Any]) -> bool:
        labels = there["metadata"].get("labels", {})
        return bool(labels.get(OWNER) == self.context.workspace.id)

    def _alone(self) -> dict[str, Any]:
        return kubeconfig.only(kubeconfig.of_user(), self.state.name)

    def _kubectl(self) -> Kubectl:
        return Kubectl(ensure("kubectl").path, self.kubeconfig())

    @property
    def _namespace(self) -> str:
        return self.context.pipeline.chart.namespace


def _ready(node: Mapping[str, Any]) -> dict[str, Any]:
    seen = {one["type"]: one["status"] for one in node["status"].get("conditions", [])}
    return {"ready": seen.get("Ready") == "True"}
