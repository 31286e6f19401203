"""The node's image registry: its certificate, and our Docker daemon's trust in it.

Another daemon trusts it by the same file: `/etc/docker/certs.d/ADDRESS:5000/ca.crt`, a copy of
`.phaseline/cluster/pki/ca.crt` (https://docs.docker.com/engine/security/certificates/).
"""

from __future__ import annotations

import shutil
from pathlib import Path

from phaseline.core.files import write_atomic
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.tools import docker


def prepare(layout: Layout) -> None:
    """Make the certificate anew, of the cluster's authority, and let our daemon trust that."""
    from phaseline.operators.clusters.embedded import serving

    pki = layout.folder / "pki"
    host = layout.state.node_address
    certificate, key = serving.certificate(pki / "ca.crt", pki / "ca.key", host)
    write_atomic(layout.config / "registry.crt", certificate)
    write_atomic(layout.config / "registry.key", key, mode=0o600)
    (layout.folder / "registry").mkdir(exist_ok=True)
    write_atomic(_trust(layout) / "ca.crt", (pki / "ca.crt").read_bytes())


def forget(layout: Layout) -> None:
    """Take the trust away; nothing happens where there was none."""
    shutil.rmtree(_trust(layout), ignore_errors=True)


def _trust(layout: Layout) -> Path:
    return docker.trusted(layout.registry)
