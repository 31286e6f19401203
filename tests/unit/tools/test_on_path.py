from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from phaseline.tools import on_path
from phaseline.tools.catalogue import TOOLS
from phaseline.tools.model import Lookup
from phaseline.tools.on_path import search
from phaseline.tools.toolchain import locate


def program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Three folders, which are the whole PATH."""
    listed = [tmp_path / name for name in ("first", "second", "third")]
    monkeypatch.setenv("PATH", ":".join(map(str, listed)))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return listed


def lookup(name: str) -> Lookup:
    return replace(TOOLS[name].lookup, folders=())


def test_the_first_that_fits_wins(folders: list[Path]) -> None:
    for folder, version in zip(folders, ("1.32.4", "1.36.0", "1.37.0"), strict=True):
        program(folder, "kubectl", f"""echo '"gitVersion": "v{version}"'""")
    old, fitting = search(lookup("kubectl"))
    assert old.unfit == f"{folders[0] / 'kubectl'} is 1.32.4, not at least 1.35, below 1.38"
    assert (fitting.folder, fitting.version, fitting.unfit) == (folders[1], "1.36.0", "")


@pytest.mark.parametrize("script", ["exit 1", "echo Not Found", "exec /nonexistent"])
def test_a_program_that_tells_no_version_is_passed_over(script: str, folders: list[Path]) -> None:
    program(folders[0], "helm", script)
    program(folders[2], "helm", "echo v4.0.0")
    broken, fitting = search(lookup("helm"))
    assert "does not tell its version" in broken.unfit
    assert fitting.folder == folders[2]


def test_a_file_that_is_no_program_is_passed_over(folders: list[Path]) -> None:
    program(folders[0], "helm", "").write_bytes(b"\x7fELF of another machine")
    assert search(lookup("helm"))[0].unfit


def test_a_file_that_cannot_be_run_is_not_a_program(folders: list[Path]) -> None:
    program(folders[0], "helm", "echo v4.0.0").chmod(0o644)
    assert search(lookup("helm")) == []


def test_docker_from_23_on_needs_buildx(folders: list[Path]) -> None:
    program(folders[0], "docker", '[ "$1" = --version ] && echo Docker version 28.2.2, build e')
    program(folders[1], "docker", "echo Docker version 20.10.24+dfsg1, build 297e128")
    new, old = search(lookup("docker"))
    assert new.unfit.endswith("is 28.2.2, but it has no buildx plugin to build with")
    assert old.unfit == ""


def test_docker_with_buildx_fits(folders: list[Path]) -> None:
    program(folders[0], "docker", "echo Docker version 28.2.2, build e")
    assert [found.unfit for found in search(lookup("docker"))] == [""]


def test_all_programs_of_a_tool_must_be_in_one_folder(folders: list[Path]) -> None:
    program(folders[0], "node", "echo v22.1.0")
    program(folders[1], "npm", "")
    assert search(lookup("node")) == []
    program(folders[1], "node", "echo v22.2.0")
    assert search(lookup("node"))[0].folder == folders[1]


def test_a_replaced_program_is_asked_again(folders: list[Path]) -> None:
    path = program(folders[0], "helm", "echo v3.9.0")
    assert search(lookup("helm"))[0].unfit
    path.unlink()
    program(folders[0], "helm", "echo v4.10.0")
    assert search(lookup("helm"))[0].version == "4.10.0"


def test_a_located_folder_tool_is_its_folder(folders: list[Path]) -> None:
    program(folders[1], "node", "echo v22.1.0")
    program(folders[1], "npm", "")
    installed = locate("node")
    assert installed
    assert (installed.path, installed.version, installed.source) == (folders[1], "22.1.0", "path")


def test_the_answer_of_a_binary_is_kept_for_other_processes(
    folders: list[Path], tmp_path: Path
) -> None:
    folders[0].mkdir()
    binary = folders[0] / "git"
    binary.write_bytes(Path(shutil.which("bash", path=os.defpath) or "").read_bytes())
    binary.chmod(0o755)
    wanted = Lookup(programs=("git",), folders=())
    (first,) = search(wanted)
    (kept,) = (tmp_path / "cache/phaseline/answers").iterdir()
    kept.write_text(kept.read_text().replace(first.version, "9.9.9"))
    assert _again(wanted) == "9.9.9"
    binary.write_bytes(binary.read_bytes())
    assert _again(wanted) == first.version


def test_a_script_is_asked_by_each_process(folders: list[Path], tmp_path: Path) -> None:
    program(folders[0], "git", f"read version < {tmp_path}/version; echo $version")
    wanted = Lookup(programs=("git",), folders=())
    for version in ("1.2.3", "1.2.4"):
        (tmp_path / "version").write_text(f"{version}\n")
        assert _again(wanted) == version


def _again(wanted: Lookup) -> str:
    """The version that another process is told."""
    on_path._ask.cache_clear()
    return search(wanted)[0].version
