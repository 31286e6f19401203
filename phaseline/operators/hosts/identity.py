"""What a step works with and for, as parts of its key. Of tools: what would be used, unfetched."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.workspace import Context


def machine(context: Context) -> Mapping[str, str]:
    """The architecture that images and packages are for."""
    return {"machine": platform.machine()}


def workspace(context: Context) -> Mapping[str, str]:
    """The workspace's name, for what has it inside: it is another one at another path."""
    return {"workspace": context.workspace.name}


def python(context: Context) -> Mapping[str, str]:
    """The Python that fetches packages."""
    return {"python": platform.python_version()}


def docker(context: Context) -> Mapping[str, str]:
    """The Docker client."""
    return {"docker": _identity("docker")}


def helm(context: Context) -> Mapping[str, str]:
    """Helm."""
    return {"helm": _identity("helm")}


def node(context: Context) -> Mapping[str, str]:
    """Node.js with npm."""
    return {"node": _identity("node")}


def hadolint(context: Context) -> Mapping[str, str]:
    """The linter of Dockerfiles."""
    return {"hadolint": _identity("hadolint")}


def kubernetes(context: Context) -> Mapping[str, str]:
    """Kubernetes' programs, of the version that `pipeline.yaml` names."""
    return {
        "kubernetes": _identity("kubernetes", context.workspace.settings["cluster"]["kubernetes"])
    }


def _identity(name: str, version: str | None = None) -> str:
    """The version, and where it is built what from; the same before and after it is fetched."""
    from phaseline.tools import golang, toolchain

    try:
        tool, found = toolchain.find(name, version), toolchain.locate(name, version)
    except InvalidConfiguration as error:
        return error.what
    if found and found.source == "path":
        return f"{found.version} of this machine"
    return f"{tool.version} {golang.digest(tool.recipe)}" if tool.recipe else tool.version
