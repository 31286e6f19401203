"""What a replay compares of tools: their versions, from wherever they came."""

from __future__ import annotations

from phaseline.core.workspace import Context
from phaseline.tools.toolchain import ensure


def helm(context: Context) -> dict[str, str]:
    """The version of Helm."""
    return {"helm": ensure("helm").version}


def kubernetes(context: Context) -> dict[str, str]:
    """The version of Kubernetes' programs."""
    wanted = context.pipeline.cluster.kubernetes
    return {"kubernetes": ensure("kubernetes", wanted).version}
