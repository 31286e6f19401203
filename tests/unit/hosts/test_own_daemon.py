from __future__ import annotations

import os
from pathlib import Path

import pytest

from phaseline.core.errors import HostUnfit
from phaseline.operators.hosts import own_daemon
from phaseline.operators.hosts.own_daemon import (
    Place,
    configuration,
    runs,
    specification,
    start,
    stop,
)

PLACE = Place(Path("/cache/phaseline/docker"))


def test_nothing_of_the_machines_network_is_touched() -> None:
    settings = configuration(PLACE)
    assert settings["bridge"] == "none"
    for name in ("iptables", "ip6tables", "ip-forward", "ip-masq"):
        assert settings[name] is False


def test_two_places_have_control_groups_of_their_own() -> None:
    other = Place(Path("/other/phaseline/docker"))
    assert PLACE.cgroup != other.cgroup
    assert configuration(PLACE)["cgroup-parent"] == f"/{PLACE.cgroup}"


@pytest.mark.parametrize(
    ("resolver", "kept"),
    [("/etc/resolv.conf", False), ("/run/systemd/resolve/stub-resolv.conf", True)],
)
def test_name_resolution_survives_the_private_run_folder(resolver: str, kept: bool) -> None:
    prepare = specification(PLACE, Path("/usr/sbin/dockerd"), Path(resolver))["prepare"]
    tmpfs = next(index for index, argv in enumerate(prepare) if "tmpfs" in argv)
    moved = [argv for argv in prepare[tmpfs:] if argv[-1] == "/run/systemd/resolve"]
    assert bool(moved) is kept


@pytest.mark.parametrize(
    ("kernel", "parser", "hidden"),
    [(True, False, True), (True, True, False), (False, False, False)],
)
def test_apparmor_is_hidden_where_its_profiles_cannot_be_loaded(
    kernel: bool, parser: bool, hidden: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enabled, program = tmp_path / "enabled", tmp_path / "apparmor_parser"
    for there, file in ((kernel, enabled), (parser, program)):
        if there:
            file.touch(mode=0o755)
    monkeypatch.setattr(own_daemon, "APPARMOR", enabled)
    monkeypatch.setenv("PATH", str(tmp_path))
    plan = specification(PLACE, Path("/usr/sbin/dockerd"), Path("/etc/resolv.conf"))
    assert (["/usr/bin/mount", "--bind", "/dev/null", str(enabled)] in plan["prepare"]) is hidden


def test_stopping_what_never_ran_is_harmless(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert not runs(place)
    stop(place)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("born", [0.0, 1.0])
def test_another_process_of_the_same_number_is_left_alone(born: float, tmp_path: Path) -> None:
    place = Place(tmp_path)
    place.record.write_text(f'{{"pid": {os.getpid()}, "born": {born}, "made": false}}')
    assert not runs(place)
    stop(place)
    assert not place.record.exists()


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    place = Place(tmp_path / ("long" * 30))
    with pytest.raises(HostUnfit, match=r"too long for a socket|root only"):
        start(place)
    assert not place.root.exists()
