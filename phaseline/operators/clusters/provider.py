"""Which provider: what was named; else embedded as root; else minikube where it works."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phaseline.core.errors import HostUnfit
from phaseline.operators.clusters.model import Provider

if TYPE_CHECKING:
    from phaseline.core.settings import Cluster


def choose(settings: Cluster, *, root: bool) -> tuple[Provider, str]:
    """The provider and the reason for it.

    Raises:
        HostUnfit: none of them can be used here; says what each would need.
    """
    if settings.provider == "minikube":
        raise HostUnfit(
            "the provider minikube is not built yet",
            fix="set cluster.provider to embedded or auto in pipeline.yaml, and run as root",
        )
    if not root:
        raise HostUnfit(
            "no cluster can be started here",
            why="the embedded cluster makes namespaces and mounts, for which it must be root; "
            "the provider minikube is not built yet",
            fix="run it as root: `sudo -E env PATH=$PATH invoke …`",
        )
    if settings.provider == "embedded":
        return "embedded", "pipeline.yaml names it"
    return "embedded", "the user is root, and no other provider was named"
