from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from phaseline.core.errors import ToolMissing
from phaseline.core.settings import Cluster, Minikube
from phaseline.operators.clusters.embedded import configuration, pause, programs, registry
from phaseline.operators.clusters.embedded.layout import PAUSE, POLICIES, Layout
from phaseline.operators.clusters.minikube.configuration import (
    render_configuration,
    start_flags,
)
from phaseline.process.command import Command
from phaseline.process.run import attempt
from phaseline.tools import docker
from tests.unit.clusters.authority import Authority
from tests.unit.clusters.test_choices import STATE
from tests.unit.engine.toy import PIPELINE, workspace

KUBEADM = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
case "$*" in
  *"certs all"*) folder=$(sed -n 's/^certificatesDir: "\\(.*\\)"/\\1/p' "${5#--config=}")
    mkdir -p "$folder"; [ -e "$folder/ca.crt" ] || cp "$(dirname "$0")/long.crt" "$folder/ca.crt" ;;
  *kubeconfig-dir=*) for last; do :; done
    for name in admin super-admin kubelet; do echo conf > "${last#*=}/$name.conf"; done ;;
  "kubeconfig user"*) echo "kubeconfig of $*" ;;
esac
"""
needs_cni = pytest.mark.skipif(
    not any(Path(place, "ptp").exists() for place in programs.CNI_PLACES),
    reason="the CNI plugins are not installed, and their folders cannot be chosen",
)


def program(folder: Path, name: str, text: str = "#!/bin/sh\n") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def certificate(left: timedelta) -> bytes:
    """A certificate signed by itself, as PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    builder = x509.CertificateBuilder(
        issuer_name=name,
        subject_name=name,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=now,
        not_valid_after=now + left,
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    program(tmp_path / "bin", "kubeadm", KUBEADM)
    (tmp_path / "bin" / "long.crt").write_bytes(certificate(timedelta(days=3650)))
    for name in ("containerd", "nft", "ip"):
        program(tmp_path / "path", name)
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:{os.environ['PATH']}")
    return Layout(tmp_path / "odd: #folder" / "cluster", STATE)


@pytest.fixture
def written(layout: Layout, tmp_path: Path) -> Path:
    configuration.write(layout, tmp_path / "bin")
    return layout.config


@needs_cni
def test_every_file_is_rendered_in_full_and_can_be_parsed(written: Path) -> None:
    files = [file for file in written.rglob("*") if file.is_file()]
    assert len(files) > 12
    for file in files:
        text = file.read_text()
        assert "{{" not in text
        if file.suffix == ".yaml":
            assert all(isinstance(part, dict) for part in yaml.safe_load_all(text))
        elif file.suffix == ".toml":
            tomllib.loads(text)
        elif file.suffix in (".json", ".conflist"):
            json.loads(text)


@needs_cni
def test_the_addresses_stand_where_they_are_needed(written: Path, layout: Layout) -> None:
    kubeadm = list(yaml.safe_load_all((written / "kubeadm.yaml").read_text()))
    assert kubeadm[0]["localAPIEndpoint"]["advertiseAddress"] == "172.31.4.10"
    assert kubeadm[1]["certificatesDir"] == f"{layout.folder}/pki"  # however odd its name
    kubelet: dict[str, Any] = yaml.safe_load((written / "kubelet.yaml").read_text())
    assert kubelet["clusterDNS"] == ["10.96.0.10"]
    assert kubelet["cgroupRoot"] == layout.cgroup == "/phaseline-shop-a1b2c3"
    pods = json.loads((written / "cni/10-pods.conflist").read_text())
    assert pods["plugins"][0]["ipam"]["ranges"] == [[{"subnet": "10.244.0.0/24"}]]
    containerd = tomllib.loads((written / "containerd.toml").read_text())
    assert containerd["plugins"]["io.containerd.grpc.v1.cri"]["sandbox_image"] == PAUSE
    assert "ip saddr != 172.31.4.9 drop" in (written / "guard.nft").read_text()
    assert "bind 172.31.4.10" in (written / "Corefile").read_text()


@needs_cni
def test_the_supervisor_is_told_of_units_that_can_start(written: Path) -> None:
    told = json.loads((written / "node.json").read_text())
    names = [unit["name"] for unit in told["units"]]
    assert len(set(names)) == len(names) == 10
    assert told["first"] in names
    started: set[str] = set()
    for unit in told["units"]:
        assert set(unit["after"]) <= started  # each one's predecessors come before it
        assert Path(unit["argv"][0]).is_absolute()
        started.add(unit["name"])
    assert all(Path(argv[0]).is_absolute() for argv in told["prepare"])


@needs_cni
def test_what_has_no_place_of_its_own_by_default_is_kept_off_the_machine(
    written: Path, layout: Layout
) -> None:
    told = json.loads(layout.specification.read_text())
    mounts = [argv for argv in told["prepare"] if "--bind" in argv or "tmpfs" in argv]
    covered = [argv[-1] for argv in mounts]
    assert {"/var/lib/cni", "/var/lib/kubelet"} <= set(covered)
    manager = next(one for one in told["units"] if one["name"] == "kube-controller-manager")
    assert "--flex-volume-plugin-dir=/run/phaseline/volume-plugins" in manager["argv"]


@needs_cni
def test_only_a_build_of_ours_enforces_policies(layout: Layout, tmp_path: Path) -> None:
    def names() -> set[str]:
        configuration.write(layout, tmp_path / "bin")
        return {unit["name"] for unit in json.loads(layout.specification.read_text())["units"]}

    without = names()
    program(tmp_path / "bin", POLICIES)
    assert names() - without == {POLICIES}


@needs_cni
def test_extras_are_processes_of_the_node_where_they_are_asked_for(
    layout: Layout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path", "phaseline-ingress", "#!/bin/sh\necho 1.0\n")
    program(tmp_path / "path", "registry", "#!/bin/sh\necho v3.1.2\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    pki = layout.folder / "pki"
    pki.mkdir(parents=True)
    Authority(pki, "ca")
    told = {}
    for extras in ((), ("ingress", "registry")):
        configuration.write(replace(layout, extras=extras), tmp_path / "bin")
        units = json.loads(layout.specification.read_text())["units"]
        told[extras] = {unit["name"] for unit in units}
        bootstrap = (layout.config / "bootstrap-ingress.yaml").read_text()
        assert ("IngressClass" in bootstrap) is bool(extras)
    assert told["ingress", "registry"] - told[()] == {"ingress", "registry"}
    settings = yaml.safe_load((layout.config / "registry.yaml").read_text())
    assert settings["http"]["addr"] == "172.31.4.10:5000"
    assert (layout.config / "registry.key").stat().st_mode & 0o777 == 0o600
    hosts = tomllib.loads((layout.config / "certs.d/172.31.4.10:5000/hosts.toml").read_text())
    assert hosts["host"]["https://172.31.4.10:5000"]["ca"] == "/run/phaseline/pki/ca.crt"
    trusted = docker.trusted(layout.registry) / "ca.crt"
    assert trusted.read_bytes() == (pki / "ca.crt").read_bytes()
    registry.forget(layout)
    assert not trusted.parent.exists()


def test_certificates_are_made_once(written: Path, layout: Layout, tmp_path: Path) -> None:
    asked = (tmp_path / "bin/asked").read_text().splitlines()
    assert len(asked) == 7
    assert asked[0].startswith("init phase certs all")
    assert (written / "coredns.conf").stat().st_mode & 0o777 == 0o600
    configuration.write(layout, tmp_path / "bin")
    assert (tmp_path / "bin/asked").read_text().splitlines() == asked


@needs_cni
def test_certificates_of_a_start_that_was_cut_off_are_completed(
    written: Path, layout: Layout, tmp_path: Path
) -> None:
    (written / "volumes.conf").unlink()
    configuration.write(layout, tmp_path / "bin")
    assert "phaseline:volumes" in (written / "volumes.conf").read_text()


def test_the_names_on_the_machine_are_short_enough(tmp_path: Path) -> None:
    longest = replace(STATE, name=f"{'a' * 40}-a1b2c3")
    assert Layout(tmp_path, longest).interface == "pl-a1b2c3"
    assert len(Layout(tmp_path, longest).interface) <= 15


def test_the_same_program_gives_the_same_pause_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path", "catatonit", "#!/bin/sh\nexec sleep infinity\n")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    first = pause.write(tmp_path / "first.tar").read_bytes()
    os.utime(tmp_path / "path/catatonit", (1, 1))
    assert pause.write(tmp_path / "second.tar").read_bytes() == first
    program(tmp_path / "path", "catatonit", "#!/bin/sh\nexec sleep 1\n")
    assert pause.write(tmp_path / "third.tar").read_bytes() != first


def test_the_pause_image_is_an_archive_whose_digests_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "path", "catatonit")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    with tarfile.open(pause.write(tmp_path / "pause.tar")) as archive:
        files = {
            entry.name: content.read()
            for entry in archive
            if (content := archive.extractfile(entry))
        }
    manifest = json.loads(files["manifest.json"])[0]
    assert manifest["RepoTags"] == [PAUSE]
    config = files[manifest["Config"]]
    assert manifest["Config"] == f"{hashlib.sha256(config).hexdigest()}.json"
    layer = hashlib.sha256(files[manifest["Layers"][0]]).hexdigest()
    assert json.loads(config)["rootfs"]["diff_ids"] == [f"sha256:{layer}"]
    assert json.loads(config)["config"]["User"] == "65535:65535"


def test_without_catatonit_the_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissing, match="apt-get install catatonit"):
        pause.write(tmp_path / "pause.tar")


def test_minikubes_configuration_is_json_and_its_scripts_are_sound(tmp_path: Path) -> None:
    program(tmp_path / "bin", "minikube", "#!/bin/sh\nprintf '%s|' \"$@\"\n")
    path = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    odd = '  minikube: {arguments: ["--extra-config=kubelet.x=it\'s \\"so\\""]}\n'
    context = workspace(tmp_path, f"{PIPELINE}cluster:\n{odd}")
    render_configuration(context)
    folder = context.state / "minikube"
    profile = context.workspace.id
    settings = json.loads((folder / "config.json").read_text())
    assert settings["profile"] == profile
    assert settings["cpus"] == context.pipeline.cluster.cpus
    for script in ("start", "stop", "status", "delete"):
        assert os.access(folder / f"{script}.sh", os.X_OK)
        asked = attempt(Command(argv=(str(folder / f"{script}.sh"), "--more"), env=path)).stdout
        words = asked.split("|")[:-1]
        assert words[:2] == [script, f"--profile={profile}"]
        assert words[-1] == "--more"
        if script == "start":
            assert tuple(words[2:-1]) == start_flags(context.pipeline.cluster, root=False)


def test_what_minikube_is_started_with() -> None:
    minikube = Minikube(
        driver="kvm2",
        disk_mb=30000,
        runtime="docker",
        addons=("ingress", "metrics-server"),
        mirrors=("https://mirror.example",),
        arguments=("--base-image=local/kicbase:v1",),
    )
    cluster = Cluster(cpus=3, memory_mb=5000, kubernetes="v1.35.1", minikube=minikube)
    assert start_flags(cluster, root=True) == (
        "--driver=kvm2",
        "--cpus=3",
        "--memory=5000mb",
        "--disk-size=30000mb",
        "--kubernetes-version=v1.35.1",
        "--container-runtime=docker",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--addons=ingress",
        "--addons=metrics-server",
        "--registry-mirror=https://mirror.example",
        "--base-image=local/kicbase:v1",
        "--force",
    )
    bare = Cluster(minikube=Minikube(driver="none"))
    assert "--force" not in start_flags(bare, root=True)
    assert "--force" not in start_flags(cluster, root=False)


@needs_cni
def test_kubelet_deletes_no_image_that_cannot_be_had_again_and_keeps_logs_small(
    written: Path,
) -> None:
    kubelet: dict[str, Any] = yaml.safe_load((written / "kubelet.yaml").read_text())
    assert kubelet["imageGCHighThresholdPercent"] == 100  # off
    assert kubelet["imageMaximumGCAge"] == "0s"  # off
    # a signal of the disk would have all unused images deleted
    assert set(kubelet["evictionHard"]) == {"memory.available"}
    assert (kubelet["containerLogMaxSize"], kubelet["containerLogMaxFiles"]) == ("5Mi", 3)


@needs_cni
def test_all_that_read_a_certificate_start_again_when_it_was_renewed(written: Path) -> None:
    told = json.loads((written / "node.json").read_text())
    assert [unit["name"] for unit in told["units"] if not unit["renewable"]] == ["containerd"]
    assert told["upkeep"]["argv"][2] == "phaseline.operators.clusters.embedded.renewal"
