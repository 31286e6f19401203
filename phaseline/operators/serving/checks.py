"""T011 to T035, the APIs: each is served, asked, and compared with what its operators say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from phaseline.core.errors import CheckFailed
from phaseline.core.report import Report
from phaseline.core.tokens import Role
from phaseline.core.workspace import Context
from phaseline.operators.charts.manifest import load_manifest
from phaseline.operators.charts.rendering import read_values, values_file
from phaseline.operators.clusters import model
from phaseline.operators.clusters.embedded.layout import PAUSE
from phaseline.operators.clusters.scratch import scratch_namespace
from phaseline.operators.deployments import operations
from phaseline.operators.images.model import load_images
from phaseline.operators.services import live
from phaseline.operators.serving.client import Client, served

_STALE = '"what-nobody-was-told"'


def check_images(context: Context) -> Report:
    """T011: the API's images are those that were built, each with its findings.

    Raises:
        CheckFailed: they are not, or what must be refused is not.
    """
    with served(context) as api:
        _guarded(api, "/images")
        listed = api.items("/images")
        built = {name: image.id for name, image in load_images(context).items()}
        _same("images", {one["component"]: one["id"] for one in listed}, built)
        for name in built:
            api.items(f"/images/{name}/findings")
        api.refused(404, "GET", "/images/there-is-none")
        api.refused(403, "POST", "/images/builds", {}, Role.READER)
        api.refused(422, "POST", "/images/builds", {"fource": []})
    return Report(f"{len(built)} images, their findings; builds for operators only")


def check_charts(context: Context) -> Report:
    """T018: the API's chart, values and objects are those that were rendered.

    Raises:
        CheckFailed: as `check_images`.
    """
    with served(context) as api:
        _guarded(api, "/charts")
        (chart,) = api.items("/charts")
        place = f"/charts/{chart['name']}"
        given = api.read(f"{place}/values")["deployment"]
        rendered = values_file(context)
        _same("values", given, read_values(rendered) if rendered.exists() else None)
        told = {(one["kind"], one["name"]) for one in api.items(f"{place}/objects")}
        found = load_manifest(context)
        _same("objects", told, {(one["kind"], one["metadata"]["name"]) for one in found})
        api.refused(404, "GET", "/charts/there-is-none")
        api.refused(403, "POST", f"{place}/checks", {}, Role.READER)
    return Report(f"{chart['name']} {chart['version']}: values, {len(told)} objects")


def check_clusters(context: Context) -> Report:
    """T020: the API tells of the cluster and its health, and changes it only as it was read.

    Raises:
        CheckFailed: as `check_images`.
    """
    state = model.require(context)
    with served(context) as api:
        _guarded(api, "/clusters")
        (cluster,) = api.items("/clusters")
        _same("clusters", cluster["name"], state.resource_name)
        place = f"/clusters/{state.resource_name}"
        health = api.read(f"{place}/health")
        _some("checks of its health", health["checks"])
        api.refused(412, "POST", f"{place}/restart", If_Match=_STALE)
        api.refused(412, "DELETE", place, If_Match=_STALE)
        api.refused(403, "DELETE", place, role=Role.READER)
        api.refused(422, "POST", f"{place}/explode")
    return Report(f"{cluster['name']}, {len(health['checks'])} checks; changed only as it was read")


def check_resources(context: Context) -> Report:
    """T023: the API tells what nodes and namespaces have, were asked for and use.

    Raises:
        CheckFailed: as `check_images`.
    """
    state = model.require(context)
    with served(context) as api:
        found = api.read(f"/clusters/{state.resource_name}/resources")
        _some("nodes", found["nodes"])
        if any(not one["allocatable"] for one in found["nodes"]):
            raise CheckFailed("the API does not tell what a node has")
        api.refused(404, "GET", "/clusters/there-is-none/resources")
    count = len(found["namespaces"])
    return Report(f"{len(found['nodes'])} nodes, {count} namespaces, with what they use")


def check_deployments(context: Context) -> Report:
    """T025: the API tells of what runs and its revisions, and scales only what was read.

    Raises:
        CheckFailed: as `check_images`.
    """
    release = context.pipeline.chart.release
    with served(context) as api:
        _guarded(api, "/deployments")
        listed = api.items("/deployments")
        _some("deployments", listed)
        _same(
            "components", {one["component"] for one in listed} - load_images(context).keys(), set()
        )
        past = api.items(f"/releases/{release}/revisions")
        known = [one["revision"] for one in operations.history(context)]
        _same("revisions", [one["revision"] for one in past], known)
        place = f"/deployments/{listed[0]['component']}"
        api.read(f"{place}/log?lines=5")
        api.refused(412, "PATCH", place, {"replicas": 1}, If_Match=_STALE)
        api.refused(422, "PATCH", place, {"replicas": -1})
        api.refused(422, "POST", f"/releases/{release}/updates", {"values": ["--post-renderer=x"]})
        api.refused(403, "PATCH", place, {"replicas": 1}, Role.READER)
    return Report(f"{len(listed)} deployments, {len(past)} revisions; scaled only as read")


def check_services(context: Context) -> Report:
    """T030: the API's Services and addresses are those of the cluster, and they answer.

    Raises:
        CheckFailed: as `check_images`.
    """
    with served(context) as api:
        _guarded(api, "/services")
        listed = api.items("/services")
        known = {one.name: sorted(one.endpoints) for one in live.look(context)}
        _same("services", {one["name"]: sorted(one["endpoints"]) for one in listed}, known)
        places = {one["name"]: one["url"] for one in api.items("/addresses")}
        _same("addresses", places, live.places(context))
        for name in places:
            if (answer := api.read(f"/addresses/{name}/answer"))["fault"]:
                raise CheckFailed(f"the address {name} does not answer", why=answer["fault"])
        api.refused(404, "GET", "/services/there-is-none")
    return Report(f"{len(listed)} Services with their endpoints, {len(places)} addresses answer")


def check_requests(context: Context) -> Report:
    """T035: words become a plan with a hash; another hash is not taken for it.

    Raises:
        CheckFailed: as `check_images`.
    """
    asked = f"create a deployment called probe-me with image {PAUSE} and 1 replica"
    with scratch_namespace(context) as scratch, served(context) as api:
        _guarded(api, "/operations")
        question = {"request": asked, "namespace": scratch.namespace}
        api.refused(403, "POST", "/ai/plans", question, Role.READER)
        accepted = api.ask("POST", "/ai/plans", question)
        _same("answer to a request", accepted.status, 202)
        api.await_end(accepted.body)
        plan = api.read(f"/ai/plans/{accepted.body['id']}")
        _some("changes in the plan", plan["diff"])
        place = f"/ai/plans/{plan['id']}/approval"
        api.refused(412, "POST", place, {"hash": "0" * len(plan["hash"])})
    return Report(f"a plan with its hash and {len(plan['diff'])} lines; another hash is refused")


def _guarded(api: Client, path: str) -> None:
    """See that nobody is answered without a token, by another name, or for a foreign page."""
    api.refused(401, "GET", path, role=None)
    api.refused(421, "GET", path, Host="attacker.example")
    api.refused(403, "GET", path, Origin="http://attacker.example")


def _same(what: str, told: Any, known: Any) -> None:
    if told != known:
        raise CheckFailed(f"the API's {what} are not those that are", why=f"{told} for {known}")


def _some(what: str, found: Iterable[Any]) -> None:
    if not list(found):
        raise CheckFailed(f"the API tells of no {what}")
