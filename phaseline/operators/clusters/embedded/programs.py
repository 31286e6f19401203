"""Programs of the machine that the node runs."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from phaseline.core.errors import ToolMissing

CNI_PLACES = ("/usr/lib/cni", "/opt/cni/bin", "/usr/libexec/cni")


def program(name: str) -> str:
    """Where `name` is.

    Raises:
        ToolMissing: it is not on PATH.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        raise ToolMissing(f"`{name}` is not there", fix="run `invoke doctor`")
    return found


def cni_plugins() -> str:
    """The folder of the CNI plugins.

    Raises:
        ToolMissing: they are in none of the usual places.
    """
    for place in CNI_PLACES:
        if (Path(place) / "ptp").exists():
            return place
    raise ToolMissing(
        "the CNI plugins are not there",
        why=f"looked in {', '.join(CNI_PLACES)}",
        fix="apt-get install containernetworking-plugins",
    )
