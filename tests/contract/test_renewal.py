"""Certificates of a node, made by the real kubeadm, renewed before they end."""

from __future__ import annotations

import base64
import re
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from phaseline.operators.clusters import model
from phaseline.operators.clusters.embedded import configuration, identities, renewal
from phaseline.operators.clusters.embedded.layout import Layout
from phaseline.process.supervisor import RENEWED
from phaseline.render import render
from phaseline.tools import toolchain
from tests.unit.clusters.test_choices import STATE

LEAVES = {
    "pki/apiserver.crt",
    "pki/apiserver-etcd-client.crt",
    "pki/apiserver-kubelet-client.crt",
    "pki/front-proxy-client.crt",
    "pki/etcd/server.crt",
    "config/admin.conf",
    "config/controller-manager.conf",
    "config/coredns.conf",
    "config/kube-proxy.conf",
    "config/kubelet.conf",
    "config/scheduler.conf",
    "config/volumes.conf",
}


@pytest.fixture(scope="session")
def kubeadm() -> Path:
    return toolchain.ensure("kubernetes", STATE.kubernetes).path / "kubeadm"


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, kubeadm: Path) -> Layout:
    layout = Layout(tmp_path_factory.mktemp("made") / "odd: #folder", STATE)
    _configure(layout)
    identities.make(layout, kubeadm)
    return layout


@pytest.fixture
def layout(made: Layout, tmp_path: Path) -> Layout:
    """A node's certificates that have nearly a year to go, and the administrator's access."""
    copy = Layout(tmp_path / "odd: #folder", STATE)
    shutil.copytree(made.folder, copy.folder)
    _configure(copy)
    STATE.write(copy.folder / "cluster.json")
    shutil.copy2(copy.config / "admin.conf", copy.folder / "kubeconfig")
    (copy.folder / "kubelet-pki").mkdir()
    (copy.folder / "kubelet-pki" / "kubelet.key").touch()
    return copy


def _configure(layout: Layout) -> None:
    values = {"node_address": STATE.node_address, "name": STATE.name, "folder": layout.folder}
    values |= {name: getattr(STATE, name) for name in ("kubernetes", "pod_range", "service_range")}
    template = Path(configuration.__file__).parent / "templates/kubeadm.yaml.j2"
    layout.config.mkdir(parents=True, exist_ok=True)
    (layout.config / "kubeadm.yaml").write_text(render(template, values))


def shorten(layout: Layout, left: timedelta) -> None:
    """Have the authority sign the API server's certificate anew, for a short time."""
    pki, now = layout.folder / "pki", datetime.now(UTC)
    authority = x509.load_pem_x509_certificate((pki / "ca.crt").read_bytes())
    key = serialization.load_pem_private_key((pki / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    old = x509.load_pem_x509_certificate((pki / "apiserver.crt").read_bytes())
    builder = x509.CertificateBuilder(
        issuer_name=authority.subject,
        subject_name=old.subject,
        public_key=old.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now - timedelta(minutes=1),
        not_valid_after=now + left,
        extensions=list(old.extensions),
    )
    short = builder.sign(key, hashes.SHA256())
    (pki / "apiserver.crt").write_bytes(short.public_bytes(serialization.Encoding.PEM))


def _matches(layout: Layout, certificate: str) -> bool:
    """Whether a certificate of pki/ is of the authority and its key belongs to it."""
    file = layout.folder / "pki" / certificate
    context = ssl.create_default_context(cafile=str(file.parent / "ca.crt"))
    context.load_cert_chain(file, file.with_suffix(".key"))  # refuses a key of another
    authority = x509.load_pem_x509_certificate((file.parent / "ca.crt").read_bytes())
    x509.load_pem_x509_certificate(file.read_bytes()).verify_directly_issued_by(authority)
    return True


def test_all_that_end_are_known(layout: Layout) -> None:
    ends = renewal.ends(layout.folder)
    assert set(ends) >= LEAVES | set(renewal.AUTHORITIES)
    year = datetime.now(UTC) + timedelta(days=360)
    assert all(end > year for end in ends.values())
    assert renewal.due(layout.folder) == []


def test_nothing_is_touched_while_there_is_time(layout: Layout, kubeadm: Path) -> None:
    shorten(layout, timedelta(days=31))
    before = {file: file.read_bytes() for file in layout.folder.rglob("*") if file.is_file()}
    assert renewal.main(layout.folder, kubeadm) == 0
    assert before == {f: f.read_bytes() for f in layout.folder.rglob("*") if f.is_file()}


@pytest.mark.parametrize("left", [timedelta(days=29), timedelta(seconds=2), timedelta(days=-1)])
def test_one_that_ends_soon_or_has_ended_renews_all(
    left: timedelta, layout: Layout, kubeadm: Path
) -> None:
    if left < timedelta(0):
        _expire(layout)
    else:
        shorten(layout, left)
    assert renewal.due(layout.folder) == ["pki/apiserver.crt"]
    before = {name: (layout.folder / name).read_bytes() for name in (*LEAVES, "kubeconfig")}
    authorities = {name: (layout.folder / name).read_bytes() for name in renewal.AUTHORITIES}
    assert renewal.main(layout.folder, kubeadm) == RENEWED
    assert renewal.due(layout.folder) == []
    assert all((layout.folder / name).read_bytes() != old for name, old in before.items())
    assert all((layout.folder / name).read_bytes() == old for name, old in authorities.items())
    assert _matches(layout, "apiserver.crt")
    assert _matches(layout, "etcd/server.crt")
    _is_whole(layout)


def _expire(layout: Layout) -> None:
    shorten(layout, timedelta(seconds=-1))


def _is_whole(layout: Layout) -> None:
    admin = (layout.config / "admin.conf").read_text()
    assert (layout.folder / "kubeconfig").read_text() == admin
    assert (layout.folder / "kubeconfig").stat().st_mode & 0o777 == 0o600
    found = re.search(r"certificate-authority-data: (\S+)", admin)
    assert found
    assert base64.b64decode(found[1]) == (layout.folder / "pki/ca.crt").read_bytes()
    assert str(layout.folder / "pki") in (layout.config / "kubeadm.yaml").read_text()
    assert not (layout.folder / "renewal").exists()
    assert not (layout.folder / "kubelet-pki").exists()  # kubelet makes its own anew


@pytest.mark.parametrize("moved", ["pki/apiserver.crt", "config/admin.conf"])
def test_a_renewal_that_was_cut_off_is_finished(moved: str, layout: Layout, kubeadm: Path) -> None:
    shorten(layout, timedelta(days=1))
    renewal._issue_anew(layout, kubeadm)
    stage = layout.folder / "renewal"
    (stage / moved).replace(layout.folder / moved)
    assert renewal.main(layout.folder, kubeadm) == RENEWED
    assert _matches(layout, "apiserver.crt")
    assert renewal.due(layout.folder) == []
    _is_whole(layout)


def test_an_issue_that_was_cut_off_is_begun_anew(layout: Layout, kubeadm: Path) -> None:
    shorten(layout, timedelta(days=1))
    stage = layout.folder / "renewal" / "pki"
    stage.mkdir(parents=True)
    (stage / "apiserver.crt").write_text("half a certif")
    assert renewal.main(layout.folder, kubeadm) == RENEWED
    assert _matches(layout, "apiserver.crt")


def test_where_there_is_no_cluster_nothing_happens(tmp_path: Path, kubeadm: Path) -> None:
    assert model.ClusterState.read(tmp_path / "cluster.json") is None
    assert renewal.main(tmp_path, kubeadm) == 0
