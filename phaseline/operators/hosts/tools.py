"""The tools that the pipeline calls, fetched or built where the machine lacks them."""

from __future__ import annotations

from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.tools.toolchain import Installed, ensure, locate


def kubernetes(context: Context) -> Report:
    """Kubernetes' programs, etcd and CoreDNS, of the version that `pipeline.yaml` names.

    Raises:
        ToolMissing: no source has them.
        UntrustedDownload: a file is not what its site published.
    """
    return _report(ensure("kubernetes", context.workspace.settings["cluster"]["kubernetes"]))


def kubernetes_stands(context: Context) -> Standing:
    """Whether they are on this machine."""
    return _standing("kubernetes", context.workspace.settings["cluster"]["kubernetes"])


def helm(context: Context) -> Report:
    """Helm, of a version that fits.

    Raises:
        ToolMissing, UntrustedDownload: as for `kubernetes`.
    """
    return _report(ensure("helm"))


def helm_stands(context: Context) -> Standing:
    """Whether it is on this machine."""
    return _standing("helm")


def _report(installed: Installed) -> Report:
    sources = {"path": "PATH", "cache": "the cache", "release": "the upstream release"}
    sources |= {"build": "a build from Go modules", "package": "the Python index"}
    return Report(f"{installed.name} {installed.version} from {sources[installed.source]}")


def _standing(name: str, version: str | None = None) -> Standing:
    found = locate(name, version)
    return Standing(found is not None, str(found.path) if found else f"{name} is not there")
