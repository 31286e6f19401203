"""Tools that nobody has to have: fetched when they are asked for."""

from __future__ import annotations

from phaseline.core.errors import InvalidConfiguration
from phaseline.core.report import Report
from phaseline.tools.toolchain import ensure

TOOLS = ("minikube", "kubectl-ai")


def require_known(names: tuple[str, ...]) -> None:
    """See that each of `names` is such a tool.

    Raises:
        InvalidConfiguration: one is not.
    """
    for name in names:
        if name not in TOOLS:
            fix = f"one of {', '.join(TOOLS)}"
            raise InvalidConfiguration(f"--with {name}: there is no such tool", fix=fix)


def fetch(names: tuple[str, ...]) -> Report:
    """Have each of `names` on this machine: of PATH, the cache, or the upstream release.

    Raises:
        ToolMissing: no source has it.
        UntrustedDownload: it is not what its site published.
    """
    found = [ensure(name) for name in names]
    told = (f"{one.name} {one.version}, from the {one.source}: {one.path}" for one in found)
    return Report("optional tools", lines=tuple(told))
