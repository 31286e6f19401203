"""An application in a cluster that others run: that of another workspace, by a real registry.

The registry, distribution, is built once from the pinned modules in `contract/registry`.
"""

from __future__ import annotations

import ipaddress
import json
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest
import yaml

from phaseline.core.files import digest_sha256, digest_text
from phaseline.process.command import Command
from phaseline.process.run import attempt, spawn
from phaseline.tools import golang, store, toolchain
from phaseline.tools.model import Recipe
from tests.deployment import application
from tests.deployment.conftest import Deployed
from tests.deployment.workspace import CHECKOUT, Workspace

pytestmark = pytest.mark.e2e

MODULE = Path(__file__).parents[1] / "contract" / "registry"
# Of a throw-away registry. The hash is bcrypt, the only one that distribution takes.
USER, PASSWORD = "boards", "correct-horse"
HASHED = "$2b$05$abcdefghijklmnopqrstuuZ0Fx87Pb/Aqb0E90lfvCwzXnaFKUHpS"
PULL_SECRET = "phaseline-registry"
RECIPE = Recipe(
    module=str(MODULE),
    package="github.com/distribution/distribution/v3/cmd/registry",
    binary="registry",
    estimate="about 30 s on 2 cores",
)


def _fill(into: Path) -> None:
    go = toolchain.ensure("go")
    golang.build(go.path, RECIPE, into, own=go.source != "path")


def _works(place: Path) -> None:
    assert attempt(Command(argv=(str(place / "registry"), "--version"))).code == 0


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A registry that wants credentials, at every address of this machine."""
    key = digest_text(
        RECIPE.package, *(digest_sha256(MODULE / f"go.{one}") for one in ("mod", "sum"))
    )
    with store.exclusive("registry", "building registry"):
        place = store.look_up("registry", key[:12]) or store.install(
            "registry", key[:12], "build", _fill, _works
        )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    folder = tmp_path_factory.mktemp("registry")
    told = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}},
        "http": {"addr": f":{number}"},
        "auth": {"htpasswd": {"realm": "boards", "path": str(folder / "htpasswd")}},
    }
    (folder / "htpasswd").write_text(f"{USER}:{HASHED}\n")
    (folder / "config.yml").write_text(yaml.safe_dump(told))
    argv = (str(place / "registry"), "serve", str(folder / "config.yml"))
    process = psutil.Process(spawn(Command(argv=argv), folder / "log"))
    deadline = time.monotonic() + 20
    while not _listens(number):
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.05)
    yield number
    process.terminate()
    process.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def board(
    deployed: Deployed, port: int, places: Path, every_workspace: list[Workspace]
) -> Workspace:
    """Another application, told to use the cluster of the shared workspace as a context."""
    cluster = deployed.workspace.state / "cluster"
    host = f"{ipaddress.IPv4Network(deployed.workspace.cluster['link'])[1]}:{port}"
    known = cluster / "config" / "certs.d" / host
    known.mkdir(parents=True)
    (known / "hosts.toml").write_text(
        f'server = "http://{host}"\n[host."http://{host}"]\n  capabilities = ["pull", "resolve"]\n'
    )
    workspace = Workspace(places / "elsewhere", search_root=CHECKOUT)
    shutil.copytree(Path(__file__).parent / "notice-board", workspace.root)
    workspace.env["TMPDIR"] = str(workspace.root.with_name("elsewhere-tmp"))
    workspace.env["KUBECONFIG"] = str(cluster / "kubeconfig")
    workspace.env |= {"BOARD_USER": USER, "BOARD_PASSWORD": PASSWORD}
    workspace.temporary.mkdir()
    bases = yaml.safe_load((CHECKOUT / "pipeline.yaml").read_text())["bases"]
    registry = {"address": host, "push": f"127.0.0.1:{port}"}
    registry |= {"user": "BOARD_USER", "password": "BOARD_PASSWORD"}
    workspace.set(
        {
            **workspace.settings(),
            "bases": {"nginx": bases["nginx"]},
            "cluster": {"registry": registry},
        }
    )
    every_workspace.append(workspace)
    return workspace


def _kept(workspace: Workspace, secret: str) -> list[Path]:
    """The files of the state that have a secret in them."""
    files = [one for one in workspace.state.rglob("*") if one.is_file() and not one.is_symlink()]
    return [one for one in files if secret.encode() in one.read_bytes()]


def test_it_is_pushed_deployed_and_removed_and_the_cluster_stays(
    deployed: Deployed, board: Workspace
) -> None:
    kubeconfig = yaml.safe_load((deployed.workspace.state / "cluster/kubeconfig").read_text())
    name = kubeconfig["current-context"]
    ran = board.must("deploy-all", "--cluster", f"context:{name}")
    address = next(line.split()[-1] for _, line in ran.lines if line.strip().startswith("notices:"))
    assert "<title>Notices</title>" in httpx.get(address, timeout=10).text
    assert "context: --cluster names it" in ran.text
    digests = json.loads((board.state / "cluster/pushed.json").read_text())["digests"]
    manifest = (board.state / "chart/pushed.yaml").read_text()
    assert all(digest in manifest for digest in digests.values())
    assert PULL_SECRET in manifest
    pods = application.kubectl(deployed.workspace, "-n", "boards", "get", "pods", "-o", "json")
    assert PASSWORD not in pods
    assert board.must("deploy-all").steps("✓") == set()  # the choice is kept
    wrong = board.invoke("cluster", "--force", "T021.start", env={"BOARD_PASSWORD": "wrong"})
    assert wrong.code != 0
    assert "answers 401" in wrong.text
    assert _kept(board, PASSWORD) == []

    refused = board.invoke("deploy-all", "--cluster", "embedded")
    assert refused.code == 2
    assert f"`--cluster context:{name}`" in refused.text
    assert "others run it" in board.invoke("cluster.stop").text

    assert "the namespace boards is gone" in board.must("teardown").text
    with pytest.raises(httpx.HTTPError):
        httpx.get(address, timeout=5)
    assert httpx.get(deployed.address, timeout=10).status_code == 200
