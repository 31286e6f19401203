"""Minikube's configuration and scripts, rendered from `pipeline.yaml` (T003)."""

from __future__ import annotations

import os
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.core.report import Report
from phaseline.core.settings import Cluster
from phaseline.core.workspace import Context
from phaseline.render import render

_TEMPLATES = Path(__file__).parent / "templates"


def render_configuration(context: Context) -> Report:
    """Write `<state>/minikube/config.json` and the scripts for the workspace's profile."""
    name = context.workspace.name
    flags = start_flags(context.pipeline.cluster, root=False)
    values = {"cluster": context.pipeline.cluster, "profile": name, "flags": flags}
    folder = context.state / "minikube"
    for template in sorted(_TEMPLATES.glob("*.j2")):
        executable = 0o755 if template.stem.endswith(".sh") else 0o644
        write_atomic(folder / template.stem, render(template, values), mode=executable)
    return Report(f"for the profile {name}: {' '.join(flags)}")


def start_flags(cluster: Cluster, *, root: bool) -> tuple[str, ...]:
    """The flags of `minikube start`; pure.

    Args:
        root: the user is root, who gets past its refusal with `--force` alone, but for the driver
            none.
    """
    settings = cluster.minikube
    driver = () if settings.driver == "auto" else (f"--driver={settings.driver}",)
    return (
        *driver,
        f"--cpus={cluster.cpus}",
        f"--memory={cluster.memory_mb}mb",
        f"--disk-size={settings.disk_mb}mb",
        f"--kubernetes-version={cluster.kubernetes}",
        f"--container-runtime={settings.runtime}",
        f"--service-cluster-ip-range={cluster.service_range}",
        *(f"--addons={addon}" for addon in settings.addons),
        *(f"--registry-mirror={mirror}" for mirror in settings.mirrors),
        *settings.arguments,
        *(("--force",) if root and settings.driver != "none" else ()),
    )


def is_root() -> bool:
    """Whether the user is root."""
    return os.geteuid() == 0
