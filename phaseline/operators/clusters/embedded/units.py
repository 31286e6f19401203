"""The processes of the node: the control plane, and what each node of a cluster has."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from phaseline.operators.clusters.embedded.control_plane import control_plane
from phaseline.operators.clusters.embedded.layout import CONFIG, INSIDE, POLICIES, Layout
from phaseline.operators.clusters.embedded.programs import program
from phaseline.operators.clusters.embedded.unit import unit
from phaseline.process.supervisor import Unit
from phaseline.tools.toolchain import ensure

_POLICIES_READY = "127.0.0.1:10261"


def units(layout: Layout, binaries: Path) -> list[Unit]:
    """All of them; each one's predecessors come before it.

    Raises:
        ToolMissing: a program that they run is not on this machine.
    """
    with_certificates = [
        *control_plane(layout, binaries),
        *_node(layout, binaries),
        *_services(layout, binaries),
        *_policies(binaries),
        *(_EXTRAS[name](layout) for name in layout.extras),
    ]
    return [_containerd(), *(replace(one, renewable=True) for one in with_certificates)]


def upkeep(binaries: Path) -> Unit:
    """What the supervisor runs twice a day: certificates that end soon are renewed."""
    module = "phaseline.operators.clusters.embedded.renewal"
    return unit("upkeep", sys.executable, "-m", module, str(INSIDE), str(binaries / "kubeadm"))


def _containerd() -> Unit:
    return unit(
        "containerd",
        program("containerd"),
        f"--config={CONFIG}/containerd.toml",
        ready="unix:/run/containerd/containerd.sock",
    )


def _node(layout: Layout, binaries: Path) -> list[Unit]:
    state = layout.state
    return [
        unit(
            "kubelet",
            binaries / "kubelet",
            f"--config={CONFIG}/kubelet.yaml",
            f"--kubeconfig={CONFIG}/kubelet.conf",
            f"--root-dir={INSIDE}/kubelet",
            f"--hostname-override={state.name}",
            f"--node-ip={state.node_address}",
            f"--cert-dir={INSIDE}/kubelet-pki",
            after="containerd kube-apiserver",
        ),
        unit(
            "kube-proxy",
            binaries / "kube-proxy",
            f"--config={CONFIG}/kube-proxy.yaml",
            after="kube-apiserver",
        ),
    ]


def _services(layout: Layout, binaries: Path) -> list[Unit]:
    """What a cluster otherwise runs in pods."""
    return [
        unit(
            "coredns",
            binaries / "coredns",
            "-conf",
            f"{CONFIG}/Corefile",
            after="kube-apiserver",
            ready="http://127.0.0.1:8181/ready",
        ),
        _python("volumes", "provisioner", layout.state.name, after="kube-apiserver"),
        # last, and waited for by nothing: a start has better to do at first
        _python(
            "metrics", "metrics", layout.state.name, layout.state.node_address, after="coredns"
        ),
    ]


def _policies(binaries: Path) -> list[Unit]:
    """What enforces NetworkPolicies; only phaseline's own build of Kubernetes has it."""
    controller = binaries / POLICIES
    if not controller.exists():
        return []
    return [
        unit(
            POLICIES,
            controller,
            f"--kubeconfig={CONFIG}/{POLICIES}.conf",
            f"--ready-address={_POLICIES_READY}",
            after="kube-apiserver",
            ready=f"http://{_POLICIES_READY}/readyz",
        )
    ]


def _ingress(layout: Layout) -> Unit:
    """What serves Ingresses at the node's ports 80 and 443."""
    place = (f"{CONFIG}/ingress.conf", layout.state.node_address)
    return unit("ingress", ensure("ingress").path, *place, after="kube-proxy")


def _registry(layout: Layout) -> Unit:
    """The image registry; it would send traces to a collector that is not there."""
    made = unit("registry", ensure("registry").path, "serve", f"{CONFIG}/registry.yaml")
    return replace(made, env={**made.env, "OTEL_TRACES_EXPORTER": "none"})


_EXTRAS = {"ingress": _ingress, "registry": _registry}


def _python(name: str, module: str, *arguments: str, after: str) -> Unit:
    """A module of this package as a process with a kubeconfig of its own."""
    place = f"phaseline.operators.clusters.embedded.{module}"
    kubeconfig = f"{CONFIG}/{name}.conf"
    return unit(name, sys.executable, "-m", place, kubeconfig, *arguments, after=after)
