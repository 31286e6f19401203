"""Which provider: what was named; else embedded as root; else minikube where it works."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

from phaseline.core.errors import HostUnfit, InvalidConfiguration
from phaseline.core.workspace import Context
from phaseline.operators.clusters import model
from phaseline.operators.clusters.model import ClusterState, Kind

_AS_ROOT = "run it as root: `sudo -E env PATH=$PATH invoke …`"


@dataclass(frozen=True)
class Choice:
    """A provider, and why it is this one.

    Attributes:
        context: the kubeconfig's context that was named; "" for the current one.
    """

    kind: Kind
    reason: str
    context: str = ""


def choice(context: Context) -> Choice:
    """The provider for this workspace on this machine; nothing is changed.

    Raises:
        HostUnfit: none can be used here; says what each would need.
    """
    from phaseline.operators.clusters.minikube.usable import obstacle

    workspace = context.workspace
    by = "--cluster" if workspace.named else "pipeline.yaml"
    minikube = context.workspace.settings["cluster"]["minikube"]["driver"]
    return choose(wanted(context), by, root=os.geteuid() == 0, minikube=lambda: obstacle(minikube))


def kind(context: Context) -> Kind:
    """The kind of the workspace's cluster: as it is, or as it would be made; raises as `choice`."""
    state = model.load(context)
    return state.provider if state else choice(context).kind


def wanted(context: Context) -> str:
    """What is named, in the words of `cluster.provider`."""
    return str(context.workspace.settings["cluster"]["provider"])


def choose(named: str, by: str, *, root: bool, minikube: Callable[[], str]) -> Choice:
    """The provider and the reason for it; pure.

    Args:
        named: in the words of `cluster.provider`; by: who names it.
        minikube: tells why Minikube cannot be used here; "" when it can.

    Raises:
        HostUnfit: as `choice`.
    """
    word, _, context = named.partition(":")
    if word == "context":
        return Choice("context", f"{by} names it", context)
    if word == "minikube":
        return Choice("minikube", f"{by} names it")
    if root:
        why = f"{by} names it" if word == "embedded" else "the user is root, and none was named"
        return Choice("embedded", why)
    needs = "the embedded cluster makes namespaces and mounts, for which it must be root"
    if word == "embedded":
        raise HostUnfit("no cluster can be started here", why=needs, fix=_AS_ROOT)
    if hindrance := minikube():
        raise HostUnfit(
            "no cluster can be started here",
            why=f"{needs}; minikube: {hindrance}",
            fix=f"{_AS_ROOT}, or install minikube: `invoke setup --with minikube`",
        )
    return Choice("minikube", "the user is not root, and minikube is there and its driver works")


def require_same(named: str, state: ClusterState) -> None:
    """See that `named` is what the workspace's cluster was made with; pure.

    Raises:
        InvalidConfiguration: it names another one.
    """
    word, _, context = named.partition(":")
    if word == "auto" or (word == state.provider and context in ("", state.context)):
        return
    made = f"context:{state.context}" if state.context else state.provider
    raise InvalidConfiguration(
        f"this workspace has a cluster of the provider {made}, and {named} is asked for",
        why="a cluster is never exchanged for another one unasked",
        fix=f"`invoke cluster.delete` first, or go on with `--cluster {made}`",
    )
