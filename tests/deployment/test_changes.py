"""Something was changed, in the world or in the checkout: the next run redoes that and no more."""

from __future__ import annotations

import subprocess

import httpx
import pytest

from tests.deployment import application, node
from tests.deployment.conftest import Deployed

pytestmark = pytest.mark.e2e

_BUILDS = {"T007.base", "T007.packages", "T007.image", "T007.database", "T008.page", "T008.image"}


def test_a_release_deleted_by_hand(deployed: Deployed) -> None:
    application.helm(deployed.workspace, "uninstall", "todo-app", "--wait")
    ran = deployed.deploy()
    assert "T026.release" in ran.steps("✓")
    assert not ran.steps("✓") & {*_BUILDS, "T014.manifest", "T021.start", "T026.images"}
    assert application.read(deployed.address, application.write(deployed.address, "Again"))


def test_a_deployment_deleted_by_hand(deployed: Deployed) -> None:
    words = ("-n", application.NAMESPACE, "delete", "deployment", "todo-app-frontend")
    application.kubectl(deployed.workspace, *words)
    ran = deployed.deploy()
    assert "T026.release" in ran.steps("✓")
    assert not ran.steps("✓") & {*_BUILDS, "T021.start", "T026.images"}
    assert httpx.get(deployed.address, timeout=10).status_code == 200


def test_a_service_deleted_by_hand(deployed: Deployed) -> None:
    words = ("-n", application.NAMESPACE, "delete", "service", "todo-app-frontend")
    application.kubectl(deployed.workspace, *words)
    ran = deployed.deploy()
    assert "T026.release" in ran.steps("✓")
    assert httpx.get(deployed.address, timeout=10).status_code == 200


ALTERED = [
    ("scale", "deployment/todo-app-frontend", "--replicas=2"),
    ("set", "resources", "deployment/todo-app-backend", "-c=backend", "--limits=memory=300Mi"),
    ("patch", "configmap/todo-app-frontend", '--patch={"data": {"upstream.conf": ""}}'),
]


@pytest.mark.parametrize("change", ALTERED, ids=lambda words: words[0])
def test_an_object_altered_by_hand(deployed: Deployed, change: tuple[str, ...]) -> None:
    name = next(word for word in change if "/" in word and "=" not in word)
    words = ("-n", application.NAMESPACE)
    application.kubectl(deployed.workspace, *words, *change)
    ran = deployed.deploy()
    assert "T026.release" in ran.steps("✓")
    assert not ran.steps("✓") & {*_BUILDS, "T014.manifest", "T021.start", "T026.images"}
    assert "altered since" in ran.text
    assert name.rpartition("/")[2] in ran.text
    assert not deployed.deploy().steps("✓")


def test_a_release_rolled_back_by_hand(deployed: Deployed) -> None:
    application.helm(deployed.workspace, "rollback", "todo-app")
    ran = deployed.deploy()
    assert "T026.release" in ran.steps("✓")
    assert not ran.steps("✓") & {*_BUILDS, "T014.manifest", "T021.start", "T026.images"}


@pytest.mark.parametrize("change", [("delete",), ("set", "down")])
def test_the_link_to_the_node_cut_by_hand(deployed: Deployed, change: tuple[str, ...]) -> None:
    todo = application.write(deployed.address, "Behind the link")
    name = f"pl-{deployed.workspace.cluster['name'].rpartition('-')[2]}"
    verb, *more = change
    subprocess.run(("ip", "link", verb, name, *more), check=True)
    ran = deployed.deploy()
    assert "T021.start" in ran.steps("✓")
    assert not ran.steps("✓") & _BUILDS
    assert application.read(deployed.address, todo) == "Behind the link"


def test_an_image_removed_from_the_node(deployed: Deployed) -> None:
    built = next(iter(application.running_images(deployed.workspace).items()))
    node.containerd(deployed.workspace, "images", "rm", "--sync", *built)
    ran = deployed.deploy()
    assert "T026.images" in ran.steps("✓")
    assert not ran.steps("✓") & {*_BUILDS, "T021.start"}
    assert set(built) <= set(node.containerd(deployed.workspace, "images", "list", "--quiet"))


def test_an_image_removed_from_docker(deployed: Deployed) -> None:
    name = deployed.workspace.cluster["name"]
    prefixes = (f"localhost/{name}/frontend", "localhost/todo-app/frontend")
    built = application.docker_images(*prefixes)
    application.remove_docker_images(list(built))
    ran = deployed.deploy()
    assert "T008.image" in ran.steps("✓")
    assert not ran.steps("✓") & {"T007.image", "T007.packages", "T008.page", "T021.start"}
    again = application.docker_images(*prefixes).items()
    assert again
    assert again <= built.items()


def test_one_line_of_the_backend(deployed: Deployed) -> None:
    before = application.version(deployed.address)
    todo = application.write(deployed.address, "Written before the change")
    change = ("backend/src/todo/__init__.py", f'"{before}"', '"9.8.7"')
    deployed.workspace.edit(*change)
    ran = deployed.deploy()
    assert application.version(deployed.address) == "9.8.7"
    assert application.read(deployed.address, todo) == "Written before the change"
    assert {"T007.image", "T026.images", "T026.release"} <= ran.steps("✓")
    assert not ran.steps("✓") & {"T007.database", "T008.page", "T008.image", "T021.start"}
