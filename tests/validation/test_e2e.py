"""T045: from what was applied to an answer: workloads, Services, addresses, the application."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import testinfra

from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import title
from phaseline.operators.clusters import access
from phaseline.operators.clusters.model import kubeconfig
from phaseline.operators.deployments import world
from phaseline.operators.images.model import BuiltImage
from phaseline.operators.services import discovery, live
from phaseline.operators.services.journey import travel
from phaseline.tools import web
from phaseline.tools.api_server import ApiServer
from tests.validation.comparison import missing

Object = Mapping[str, Any]
SHELL = "IMG005"  # the rule that forbids one


@pytest.mark.phase(5)
def test_every_workload_is_rolled_out(context: Context) -> None:
    found = world.look(context)
    assert found.workloads
    assert found.unfinished == []


@pytest.mark.phase(5)
def test_every_container_is_ready(pods: list[Object]) -> None:
    faults = [
        f"{pod['metadata']['name']}/{one['name']}: {one['state']}"
        for pod in pods
        for one in pod["status"].get("containerStatuses", [{"name": "all", "state": "unknown"}])
        if not one.get("ready")
    ]
    assert faults == []


@pytest.mark.phase(5)
def test_what_runs_is_what_was_built(
    context: Context, pods: list[Object], images: dict[str, BuiltImage]
) -> None:
    there = access.provider(context).loaded(list(images.values()))
    built = {one.id: name for name, one in there.items()}
    running = {
        f"{pod['metadata']['name']}/{one['name']}": one["imageID"].rpartition("@")[2]
        for pod in pods
        for one in pod["status"]["containerStatuses"]
    }
    ours = {name: image.removeprefix("docker://") for name, image in running.items()}
    assert {name: image for name, image in ours.items() if image not in built} == {}
    assert {built[image] for image in ours.values()} == images.keys()


@pytest.mark.phase(5)
def test_each_object_of_the_release_is_as_it_was_applied(
    api: ApiServer, objects: tuple[Object, ...], namespace: str
) -> None:
    """Selectors, ports, probes, configuration: what somebody altered by hand is named."""
    faults = []
    for one in objects:
        there = api.get(_path(api, one, namespace))
        if there is None:
            faults.append(f"{title(one)} is gone")
        elif one["kind"] != "Secret":
            held = {name: value for name, value in one.items() if name != "metadata"}
            faults += [f"{title(one)}: {fault}" for fault in missing(held, there)]
    assert faults == []


def _path(api: ApiServer, one: Object, namespace: str) -> str:
    version = one["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    (kind,) = (
        each
        for each in api.get(root)["resources"]
        if each["kind"] == one["kind"] and "/" not in each["name"]
    )
    place = one["metadata"].get("namespace", namespace)
    inside = f"/namespaces/{place}" if kind["namespaced"] else ""
    return f"{root}{inside}/{kind['name']}/{one['metadata']['name']}"


@pytest.mark.phase(5)
def test_no_pod_runs_with_an_older_configuration(
    pods: list[Object], api: ApiServer, namespace: str
) -> None:
    """Each pod is of the newest template of its owner."""
    owners = {
        reference["name"]
        for pod in pods
        for reference in pod["metadata"].get("ownerReferences", ())
        if reference["kind"] == "ReplicaSet"
    }
    sets = api.items(f"/apis/apps/v1/namespaces/{namespace}/replicasets")
    newest: dict[str, tuple[int, str]] = {}
    for one in sets:
        revision = int(one["metadata"]["annotations"]["deployment.kubernetes.io/revision"])
        deployment = one["metadata"]["ownerReferences"][0]["name"]
        newest[deployment] = max(newest.get(deployment, (0, "")), (revision, _name(one)))
    assert owners - {name for _, name in newest.values()} == set()


def _name(one: Object) -> str:
    return str(one["metadata"]["name"])


@pytest.mark.phase(5)
def test_who_gets_into_a_pod_finds_no_shell_or_a_root_that_cannot_be_written(
    context: Context, pods: list[Object], images: dict[str, BuiltImage], programs: None
) -> None:
    there = access.provider(context).loaded(list(images.values()))
    names = {one.reference: name for name, one in there.items()}
    components = {one.name: one for one in context.pipeline.components}
    for pod, container in _containers(pods):
        one = components[names[container["image"]]]
        host = testinfra.get_host(
            f"kubectl://{_name(pod)}?container={container['name']}"
            f"&namespace={pod['metadata']['namespace']}&kubeconfig={kubeconfig(context)}"
        )
        if any(allowance.rule == SHELL for allowance in one.allows):
            assert host.run("true").rc == 0, one.name
            assert host.run(": > /written").rc != 0, one.name
        elif one.build:
            ended = host.run("true")
            assert ended.rc != 0, f"{one.name} has a shell"
            assert "sh" in ended.stderr, ended.stderr


def _containers(pods: list[Object]) -> Iterator[tuple[Object, Object]]:
    seen = set()
    for pod in pods:
        for container in pod["spec"]["containers"]:
            if container["image"] not in seen:
                seen.add(container["image"])
                yield pod, container


@pytest.mark.phase(6)
def test_every_service_has_pods_behind_it(context: Context) -> None:
    found = live.look(context)
    assert found
    assert [one.name for one in found if not one.endpoints] == []


@pytest.mark.phase(6)
def test_every_service_leads_to_a_port_of_its_pods(context: Context, pods: list[Object]) -> None:
    faults = []
    for one in live.look(context):
        selector = one.service["spec"].get("selector") or {}
        behind = [p for p in pods if selector.items() <= p["metadata"].get("labels", {}).items()]
        faults += [] if behind and selector else [f"{one.name} selects {dict(selector)}"]
        for port in one.service["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            faults += [f"{one.name}: {target}" for pod in behind if target not in _ports(pod)]
    assert faults == []


def _ports(pod: Object) -> set[str | int]:
    opened = [port for one in pod["spec"]["containers"] for port in one.get("ports", ())]
    return {value for port in opened for value in (port.get("name"), port["containerPort"])}


@pytest.mark.phase(6)
def test_every_service_is_found_by_its_name(context: Context) -> None:
    assert discovery.check_discovery(context).summary


@pytest.mark.phase(6)
def test_every_address_answers(context: Context) -> None:
    places = live.places(context)
    assert places.keys() == {one.name for one in context.pipeline.addresses}
    assert {name: place for name, place in places.items() if not web.answers(place)} == {}


@pytest.mark.phase(6)
def test_the_application_does_what_it_is_for(context: Context) -> None:
    places = live.places(context)
    for one in context.pipeline.journeys:
        kept = travel(one, places[one.address])
        assert kept.keys() == {name for request in one.requests for name in request.keep}
