"""System packages: what is said where they cannot be installed, and that no service starts."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

from phaseline.core.errors import HostUnfit
from phaseline.core.workspace import Context, Workspace
from phaseline.operators.hosts.packages import packages, packages_stand
from phaseline.process.command import Command
from phaseline.process.run import run
from phaseline.tools import without_services
from tests.contract.toolchain.test_daemon import PIPELINE


@pytest.fixture
def workspace(tmp_path: Path, programs: Path) -> Context:
    """A workspace on a machine with an empty PATH."""
    (tmp_path / "chart").mkdir()
    (tmp_path / "pipeline.yaml").write_text(yaml.safe_dump(PIPELINE))
    return Context(Workspace(tmp_path))


def test_without_apt_the_commands_are_printed(workspace: Context) -> None:
    with pytest.raises(HostUnfit) as caught:
        packages(workspace)
    message = str(caught.value)
    assert "programs are missing: docker, mmdebstrap, catatonit" in message
    assert "there is no apt-get on this machine" in message
    assert "apt-get update && apt-get install --no-install-recommends catatonit " in message
    standing = packages_stand(workspace)
    assert not standing.stands
    assert "mmdebstrap" in standing.seen


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has mount namespaces")
def test_maintainer_scripts_start_no_services() -> None:
    starter = without_services.STARTERS[0]
    content, mounts = Path(starter).read_bytes(), Path("/proc/self/mountinfo").read_text()
    root = str(Path(without_services.__file__).parents[2])
    done = run(
        Command(
            argv=(*without_services.prefix(), starter, "--force", "no-such-service", "start"),
            env={"PYTHONPATH": root},
        )
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert Path(starter).read_bytes() == content
    assert Path("/proc/self/mountinfo").read_text() == mounts
    outside = subprocess.run(
        [starter, "--force", "no-such-service", "start"], capture_output=True, check=False
    )
    assert outside.returncode != 0
