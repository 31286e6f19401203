"""The system packages that the pipeline calls programs of."""

from __future__ import annotations

import os

from phaseline.core.errors import HostUnfit, TimedOut
from phaseline.core.report import Report, Standing
from phaseline.core.workspace import Context
from phaseline.operators.clusters import choice
from phaseline.tools import apt, docker
from phaseline.tools.catalogue import TOOLS
from phaseline.tools.toolchain import locate

ALWAYS = ("docker", "mmdebstrap", "catatonit")
OWN_DAEMON = ("dockerd", "unshare", "mount", "setpriv")
EMBEDDED = (
    *("containerd", "ctr", "runc", "cni", "nft", "ip", "sysctl"),
    *("unshare", "nsenter", "mount"),
)


def needed(provider: str, *, machine_daemon: bool) -> tuple[str, ...]:
    """Names of the programs that are needed, each once.

    Args:
        provider: the kind of the cluster's.
        machine_daemon: the machine has a Docker daemon that answers, so we start none.
    """
    names = [*ALWAYS, *(() if machine_daemon else OWN_DAEMON)]
    names += EMBEDDED if provider == "embedded" else ()
    return tuple(dict.fromkeys(names))


def packages_of(programs: tuple[str, ...]) -> tuple[str, ...]:
    """The Debian packages that bring `programs`, sorted, each once."""
    return tuple(sorted({TOOLS[name].package for name in programs}))


def packages(context: Context) -> Report:
    """Install the packages whose programs are missing.

    Raises:
        HostUnfit: not root, or no apt; the message has the commands, and nothing was changed.
        CommandFailed: apt failed.
    """
    absent = _absent(context)
    if not absent:
        return Report(f"all {len(_needed(context))} programs are there")
    wanted = packages_of(absent)
    if reason := obstacle(apt=apt.available(), root=os.geteuid() == 0):
        raise HostUnfit(
            f"programs are missing: {', '.join(absent)}", why=reason, fix=apt.by_hand(wanted)
        )
    try:
        apt.install(wanted)
    except TimedOut as error:
        raise HostUnfit(error.what, why=error.why, fix=apt.by_hand(wanted)) from error
    if still := _absent(context):
        raise HostUnfit(
            f"programs are still missing: {', '.join(still)}",
            why=f"{', '.join(packages_of(still))} did not bring them",
            fix="put them on PATH",
        )
    return Report(
        f"installed {', '.join(wanted)}",
        lines=(f"installed system packages, which stay: {', '.join(wanted)}",),
    )


def packages_stand(context: Context) -> Standing:
    """Whether every program is there."""
    absent = _absent(context)
    seen = f"missing: {', '.join(absent)}" if absent else "all programs are there"
    return Standing(not absent, seen)


def _needed(context: Context) -> tuple[str, ...]:
    machine = docker.answers(docker.candidates()[0])
    return needed(_kind(context), machine_daemon=machine)


def _kind(context: Context) -> str:
    """The cluster's kind; where none can be used, setup.fit has told so."""
    try:
        return choice.kind(context)
    except HostUnfit:
        return "embedded"


def _absent(context: Context) -> tuple[str, ...]:
    return tuple(name for name in _needed(context) if locate(name) is None)


def obstacle(*, apt: bool, root: bool) -> str:
    """Why packages cannot be installed here; empty when they can."""
    if not apt:
        return "there is no apt-get on this machine to install them with"
    return "" if root else "only root can install them"
