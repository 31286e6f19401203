"""The node's configuration: rendered files, certificates, and what the supervisor is told."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.operators.clusters.embedded import (
    identities,
    preparation,
    registry,
    renewal,
    units,
)
from phaseline.operators.clusters.embedded.layout import METRICS_PORT, PAUSE, PROVISIONER, Layout
from phaseline.operators.clusters.embedded.programs import cni_plugins
from phaseline.process.supervisor import Specification
from phaseline.render import render

_TEMPLATES = Path(__file__).parent / "templates"


def write(layout: Layout, binaries: Path) -> None:
    """Write all that the node reads. Certificates that exist are kept, unless they end soon.

    Args:
        binaries: the folder that holds kubelet, kube-apiserver and the others.
    """
    values = _values(layout)
    _render(layout, "kubeadm.yaml.j2", values)
    identities.make(layout, binaries / "kubeadm")
    renewal.renew_if_due(layout, binaries / "kubeadm")
    if "registry" in layout.extras:
        registry.prepare(layout)
    authority = b64encode((layout.folder / "pki" / "ca.crt").read_bytes()).decode()
    for template in sorted(_TEMPLATES.glob("*.j2")):
        _render(layout, template.name, {**values, "authority": authority})
    write_atomic(layout.config / "resolv.conf", "# the node resolves nothing beyond the cluster\n")
    for name, content in preparation.KERNEL.items():
        write_atomic(layout.config / "kernel" / name.replace("/", "."), content + "\n")
    specification = _specification(layout, binaries)
    write_atomic(layout.specification, json.dumps(asdict(specification), indent=2))


def manifests(layout: Layout) -> str:
    """All objects that a cluster has from its first start on."""
    files = sorted(layout.config.glob("bootstrap*.yaml"))
    return "\n---\n".join(file.read_text() for file in files)


def _values(layout: Layout) -> dict[str, object]:
    return {
        **asdict(layout.state),
        "host_address": layout.state.host_address,
        "node_address": layout.state.node_address,
        "dns_address": layout.state.dns_address,
        "node_pods": layout.state.node_pods,
        "cgroup": layout.cgroup,
        "folder": layout.folder,
        "pause": PAUSE,
        "provisioner": PROVISIONER,
        "metrics_port": METRICS_PORT,
        "cni_plugins": cni_plugins(),
        "extras": layout.extras,
        "registry": layout.registry,
    }


def _render(layout: Layout, template: str, values: Mapping[str, object]) -> None:
    elsewhere = {
        "cni.conflist.j2": "cni/10-pods.conflist",
        "hosts.toml.j2": f"certs.d/{layout.registry}/hosts.toml",
    }
    name = elsewhere.get(template, Path(template).stem)
    write_atomic(layout.config / name, render(_TEMPLATES / template, values))


def _specification(layout: Layout, binaries: Path) -> Specification:
    return Specification(
        status=str(layout.status),
        interface="eth0",
        first="kubelet",
        prepare=preparation.commands(layout),
        units=units.units(layout, binaries),
        upkeep=units.upkeep(binaries),
    )
