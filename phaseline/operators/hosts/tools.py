"""The tools that the pipeline calls, fetched or built where the machine lacks them."""

from __future__ import annotations

from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.clusters import choice
from phaseline.tools.toolchain import Installed, ensure, locate


def kubernetes(context: Context) -> Report:
    """Kubernetes' programs, etcd and CoreDNS, of the version that `pipeline.yaml` names.

    The programs of the embedded cluster's extras, too. A cluster that others run takes kubectl
    alone.

    Raises:
        ToolMissing: no source has them.
        UntrustedDownload: a file is not what its site published.
    """
    report = _report(ensure(*_wanted(context)))
    for extra in _extras(context):
        ensure(extra)  # after Kubernetes: a build has most of it then
    return report


def kubernetes_stands(context: Context) -> Standing:
    """Whether they are on this machine."""
    lacking = [extra for extra in _extras(context) if locate(extra) is None]
    if lacking:
        return Standing(False, f"{lacking[0]} is not there")
    return _standing(*_wanted(context))


def _extras(context: Context) -> tuple[str, ...]:
    if choice.kind(context) != "embedded":
        return ()
    return tuple(context.workspace.settings["cluster"]["extras"])


def _wanted(context: Context) -> tuple[str, str | None]:
    if choice.kind(context) != "embedded":
        return "kubectl", None
    return "kubernetes", context.workspace.settings["cluster"]["kubernetes"]


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
