"""The state of one machine on another: there is no network, no Docker and no cluster there.

The other machine is this one in namespaces of its own: another host name, no network, nothing of
the first one's checkout, caches, keys and sockets; the checkout lies at another path.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import tasks
from phaseline.core.workspace import cache_folder
from phaseline.engine import record, signing
from phaseline.engine.graph import Kind
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import Workspace

pytestmark = pytest.mark.e2e

_ENTER = """
hostname elsewhere
ip link set lo up || exit 98
while [ "$1" != -- ]; do mount -t tmpfs tmpfs "$1" || exit 99; shift; done
shift
exec "$@"
"""
_UNSHARE = ("unshare", "--mount", "--net", "--uts", "--propagation", "private")
_OF_FILES = {
    "T004",
    "T005",
    "T006",
    "T007.dockerfile",
    "T007.packages",
    "T007.database.dockerfile",
    "T008.dockerfile",
    "T008.page",
    "T009.dockerfiles",
    "T024.limits",
}
_LIVE = {
    *("T007.base", "T007.image", "T007.database", "T008.image"),
    *("T009.backend", "T009.database", "T009.frontend"),
}
_PRIVATE = {"T014.values", "T014.manifest"}  # files that only their owner may read stay behind
_CHECKS = {"T013", "T013.schema", "T015", "T016", "T017", "T019"}

_BARE = {"T013", "T013.schema"}  # which have no projection


@pytest.fixture(scope="module")
def archive(first: Deployed, places: Path) -> Path:
    """The state of the first machine, as its CI cache has it."""
    first.deploy()
    path = places / "state.tar.gz"
    first.workspace.must("state.export", str(path))
    return path


@pytest.fixture(scope="module")
def key(first: Deployed, places: Path) -> Path:
    """The public key of the first machine."""
    path = places / "key.pem"
    path.write_text(first.workspace.must("evidence.key").text + "\n")
    return path


@pytest.fixture(scope="module")
def elsewhere(
    first: Deployed, archive: Path, places: Path, every_workspace: list[Workspace]
) -> Workspace:
    """A checkout on another machine that has taken over the state, and has done nothing yet."""
    home = places / "home-of-another"
    home.mkdir()
    workspace = Workspace.copy(places / "another" / "path" / "checkout", first.workspace.root)
    hidden = (first.workspace.root, cache_folder(), signing.key_file().parent, Path("/run"))
    workspace.prefix = (*_UNSHARE, "sh", "-c", _ENTER, "sh", *map(str, hidden), "--")
    workspace.env |= {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_CONFIG_HOME": str(home / ".config"),
    }
    every_workspace.append(workspace)
    workspace.must("state.import", str(archive))
    return workspace


@pytest.fixture(scope="module")
def helm(elsewhere: Workspace) -> None:
    """Helm in the other machine's cache: without a network it could not come there."""
    theirs = Path(elsewhere.env["XDG_CACHE_HOME"], cache_folder().name, "tools")
    if (cache_folder() / "tools/helm").exists():  # else it is on PATH, and so is it there
        shutil.copytree(cache_folder() / "tools/helm", theirs / "helm")


def _records(workspace: Workspace) -> dict[str, record.Record]:
    return record.load_all(workspace.state)


def test_the_evidence_holds_there(first: Deployed, elsewhere: Workspace, key: Path) -> None:
    head = first.workspace.json("evidence.head")["head"]
    told = elsewhere.json("verify", "--head", head, "--key", str(key))
    # what stayed behind is gone, and that is told
    assert {one["envelope"].rpartition(" ")[2] for one in told["faults"]} <= _PRIVATE
    assert {one["kind"] for one in told["faults"]} <= {"altered since"}
    assert told["head"] == head


@pytest.mark.usefixtures("helm")
def test_the_chart_is_replayed_there_and_comes_out_the_same(
    elsewhere: Workspace, key: Path
) -> None:
    ran = elsewhere.invoke("replay", "--phase", "chart", "--key", str(key), "--json")
    told = _json(ran.text)
    assert ran.code == 0, ran.text
    same = {row["step"] for row in told["rows"] if row["verdict"] == "identical"}
    assert same == {"T013.helm", *_PRIVATE, *_CHECKS} - _BARE
    outputs = {row["output"] for row in told["rows"]}
    assert {".phaseline/chart/values.yaml", ".phaseline/chart/manifest.yaml"} <= outputs
    assert list(elsewhere.temporary.iterdir()) == []


def _json(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.JSONDecoder().raw_decode(text, text.index("{\n"))[0]
    return found


def test_a_phase_whose_programs_cannot_be_had_there_is_not_replayed(
    elsewhere: Workspace, key: Path
) -> None:
    ran = elsewhere.invoke("replay", "--phase", "cluster", "--key", str(key))
    assert ran.code == 6, ran.text
    assert "T021.tools failed in the separate workspace" in ran.text
    assert list(elsewhere.temporary.iterdir()) == []


def test_what_is_made_of_files_alone_is_skipped_there(elsewhere: Workspace) -> None:
    make = [step.id for step in tasks.GRAPH if step.kind is Kind.MAKE]
    assert set(make) == {"T003", *_OF_FILES, *_LIVE, *_PRIVATE}
    ran = elsewhere.invoke("deploy-all", "--keep-going", "--only", ",".join(make))
    assert ran.code != 0
    assert ran.steps("=") == _OF_FILES
    assert ran.steps("✓") == {"T003"}  # its files carry the workspace's name, which is another
    assert ran.steps("✗") == {"T007.base"}  # there is no Docker to look into
    assert ran.steps("!") | ran.steps("-") == (_LIVE | _PRIVATE) - {"T007.base"}


@pytest.mark.usefixtures("helm")
def test_what_stayed_behind_is_made_again_with_the_same_bytes(
    first: Deployed, elsewhere: Workspace
) -> None:
    wanted = ",".join(sorted(_PRIVATE | _CHECKS))
    ran = elsewhere.must("chart", "--only", wanted)
    assert ran.steps("✓") == _PRIVATE
    assert ran.steps("=") == {*_CHECKS, "T013.helm"}
    here, there = _records(first.workspace), _records(elsewhere)
    for name in sorted(_OF_FILES | _PRIVATE):
        assert there[name].outputs == here[name].outputs
