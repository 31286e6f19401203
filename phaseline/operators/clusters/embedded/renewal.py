"""The node's certificates, issued anew by the same authorities before they end.

kubeadm's end after a year: https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-certs/.
It is looked at when the node is started, and twice a day by its supervisor, which runs
`python -m phaseline.operators.clusters.embedded.renewal FOLDER KUBEADM`.
"""

from __future__ import annotations

import base64
import re
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from phaseline.core.files import write_atomic
from phaseline.operators.clusters.embedded import identities
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.operators.clusters.model import ClusterState
from phaseline.process.supervisor import RENEWED

MARGIN = timedelta(days=30)
AUTHORITIES = ("pki/ca.crt", "pki/front-proxy-ca.crt", "pki/etcd/ca.crt")
_KEPT = (
    *("ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key"),
    *("etcd/ca.crt", "etcd/ca.key", "sa.key", "sa.pub"),
)
_INLINE = re.compile(r"client-certificate-data: (\S+)")


def ends(folder: Path) -> dict[str, datetime]:
    """When each certificate of a node ends, by its file below `folder`; authorities too."""
    from cryptography import x509

    return {
        str(file.relative_to(folder)): x509.load_pem_x509_certificate(content).not_valid_after_utc
        for file, content in _certificates(folder)
    }


def _certificates(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for file in sorted([*(folder / "pki").rglob("*.crt"), *(folder / "kubelet-pki").glob("*.crt")]):
        yield file, file.read_bytes()
    for file in sorted((folder / "config").glob("*.conf")):
        if found := _INLINE.search(file.read_text()):
            yield file, base64.b64decode(found[1])


def due(folder: Path) -> list[str]:
    """The certificates, without the authorities, that end within thirty days."""
    limit = datetime.now(UTC) + MARGIN
    return [name for name, end in ends(folder).items() if end < limit and name not in AUTHORITIES]


def renew_if_due(layout: Layout, program: Path) -> bool:
    """Renew all if one is due, or finish a renewal that was cut off; whether it did.

    Those who read them at their start must be started again.

    Args:
        program: kubeadm.
    """
    if (_stage(layout.folder) / "complete").exists():
        _take_over(layout.folder)
    elif due(layout.folder):
        _issue_anew(layout, program)
        _take_over(layout.folder)
    else:
        return False
    return True


def _stage(folder: Path) -> Path:
    return folder / "renewal"


def _issue_anew(layout: Layout, program: Path) -> None:
    """All of them, in a folder beside: what is in use is whole at any time."""
    stage = Layout(_stage(layout.folder), layout.state)
    pki = stage.folder / "pki"
    shutil.rmtree(stage.folder, ignore_errors=True)
    (pki / "etcd").mkdir(parents=True)
    stage.folder.chmod(0o700)
    for name in _KEPT:
        shutil.copy2(layout.folder / "pki" / name, pki / name)
    text = (layout.config / "kubeadm.yaml").read_text()
    config = write_atomic(stage.config / "kubeadm.yaml", _with_certificates_in(pki, text))
    identities.make(stage, program)
    config.unlink()
    write_atomic(stage.folder / "complete", "")


def _with_certificates_in(pki: Path, config: str) -> str:
    parts = list(yaml.safe_load_all(config))
    for part in parts:
        if "certificatesDir" in part:
            part["certificatesDir"] = str(pki)
    return yaml.safe_dump_all(parts)


def _take_over(folder: Path) -> None:
    """Bring what was issued to its place; cut off anywhere, it is done again to its end."""
    stage = _stage(folder)
    for file in sorted(path for path in stage.glob("*/**/*") if path.is_file()):
        file.replace(folder / file.relative_to(stage))
    shutil.rmtree(folder / "kubelet-pki", ignore_errors=True)  # kubelet makes its own at its start
    if (folder / "kubeconfig").exists():
        text = (folder / "config" / "admin.conf").read_text()
        write_atomic(folder / "kubeconfig", text, mode=0o600)
    (stage / "complete").unlink()
    shutil.rmtree(stage)


def main(folder: Path, program: Path) -> int:
    """The supervisor's question: its exit code tells whether anything was renewed."""
    state = ClusterState.read(folder / "cluster.json")
    return RENEWED if state and renew_if_due(Layout(folder, state), program) else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), Path(sys.argv[2])))
