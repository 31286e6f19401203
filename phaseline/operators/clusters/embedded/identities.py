"""The cluster's certificates, and a kubeconfig for each process of the node that has one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.process.threads import each
from phaseline.tools import kubeadm

_USERS = {
    "coredns": "system:coredns",
    "kube-proxy": "system:kube-proxy",
    "metrics": "phaseline:metrics",
    "network-policies": "phaseline:network-policies",
    "volumes": "phaseline:volumes",
}
_EXTRAS = {"ingress": "phaseline:ingress"}
_LAST = "volumes"  # its file says that all are there


def make(layout: Layout, program: Path) -> None:
    """Make all that are not there yet.

    Args:
        program: kubeadm; its configuration is rendered already.
    """
    config = layout.config / "kubeadm.yaml"
    users = {**_USERS, **{name: _EXTRAS[name] for name in layout.extras if name in _EXTRAS}}
    missing = [name for name in users if not (layout.config / f"{name}.conf").exists()]

    def admin() -> None:
        kubeadm.kubeconfigs(program, config, layout.config)

    def user(name: str) -> None:
        text = kubeadm.user_kubeconfig(program, config, users[name])
        write_atomic(layout.config / f"{name}.conf", text, mode=0o600)

    jobs: list[Callable[[], None]] = [partial(user, name) for name in missing if name != _LAST]
    if _LAST in missing:
        kubeadm.certificates(program, config)
        jobs.insert(0, admin)
    each(lambda job: job(), jobs)
    if _LAST in missing:
        user(_LAST)
