from __future__ import annotations

import hashlib
import json
import os
import tarfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from phaseline.core.errors import ToolMissing
from phaseline.operators.clusters.embedded import configuration, pause
from phaseline.operators.clusters.embedded.layout import PAUSE, Layout
from phaseline.operators.clusters.minikube import render_configuration
from tests.unit.clusters.test_choices import STATE
from tests.unit.engine.toy import workspace

KUBEADM = """#!/bin/sh
echo "$@" >> "$(dirname "$0")/asked"
case "$*" in
  *kubeconfig-dir=*) for last; do :; done
    for name in admin super-admin kubelet; do echo conf > "${last#*=}/$name.conf"; done ;;
  "kubeconfig user"*) echo "kubeconfig of $*" ;;
esac
"""
needs_cni = pytest.mark.skipif(
    not any(Path(place, "ptp").exists() for place in configuration._CNI_PLACES),
    reason="the CNI plugins are not installed, and their folders cannot be chosen",
)


def program(folder: Path, name: str, text: str = "#!/bin/sh\n") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


@pytest.fixture
def layout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    program(tmp_path / "bin", "kubeadm", KUBEADM)
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
    assert len(set(names)) == len(names) == 9
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


def test_certificates_are_made_once(written: Path, layout: Layout, tmp_path: Path) -> None:
    asked = (tmp_path / "bin/asked").read_text().splitlines()
    assert len(asked) == 5
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
    context = workspace(tmp_path)
    render_configuration(context)
    folder = context.state / "minikube"
    profile = context.workspace.id
    settings = json.loads((folder / "config.json").read_text())
    assert settings["profile"] == profile
    assert settings["cpus"] == context.pipeline.cluster.cpus
    for script in ("start.sh", "delete.sh"):
        assert os.access(folder / script, os.X_OK)
        assert f"--profile={profile}" in (folder / script).read_text()
