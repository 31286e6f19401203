"""What is read: pages, tags, and the same as the tasks tell."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from phaseline.core.tokens import Role
from tests.management.conftest import World
from tests.management.world import CLUSTER, COMPONENTS, NAMESPACE


def items(client: httpx.Client, path: str, limit: int = 100) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        told = client.get(path, params={"limit": limit, "cursor": cursor}).raise_for_status().json()
        found += told["items"]
        cursor = told["next_cursor"] or ""
        if not cursor:
            return found


@pytest.mark.parametrize("limit", [1, 7, 499, 500, 1000])
def test_pages_give_all_and_nothing_twice(furnished: World, limit: int) -> None:
    if limit == 1:
        listed = [one["component"] for one in items(furnished.client(), "/images", 1)]
        assert listed == sorted(COMPONENTS)
        return
    names = [one["name"] for one in items(furnished.client(), "/services", limit)]
    assert len(names) == len(set(names)) == 500
    assert names == sorted(names)


def test_a_cursor_that_was_never_given_is_refused(furnished: World) -> None:
    for cursor in ("!", "a", "wA", "ä"):
        answer = furnished.client().get("/services", params={"cursor": cursor})
        assert answer.status_code == 422
        assert "cursor" in answer.json()["detail"]


def test_what_is_known_is_not_sent_again(furnished: World) -> None:
    client = furnished.client(Role.READER)
    first = client.get("/services")
    again = client.get("/services", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    weak = {"If-None-Match": f'"x", W/{first.headers["ETag"]}'}
    assert client.get("/services", headers=weak).status_code == 304
    assert client.get("/services", headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_deployment_is_told_as_it_is(furnished: World) -> None:
    found = furnished.client().get("/deployments/backend").json()
    assert found["kind"] == "Deployment"
    assert (found["replicas"], found["ready"], found["waiting_for"]) == (1, 1, "")
    assert furnished.client().get("/deployments/nobody").status_code == 404


def test_services_have_ports_and_endpoints(furnished: World) -> None:
    found = furnished.client().get("/services/todo-app-frontend").json()
    assert found["endpoints"] == ["10.0.1.7"]
    assert found["ports"][0]["node_port"] == 30000
    (address,) = items(furnished.client(), "/addresses")
    assert address == {"name": "page", "url": "http://127.0.0.1:30000/"}


def test_an_address_that_does_not_answer_is_told_with_its_fault(furnished: World) -> None:
    found = furnished.client().get("/addresses/page/answer").json()
    assert found["status"] is None
    assert found["fault"]


def test_the_cluster_and_what_it_has(furnished: World) -> None:
    client = furnished.client()
    (cluster,) = items(client, "/clusters")
    assert (cluster["name"], cluster["provider"], cluster["running"]) == (CLUSTER, "context", True)
    resources = client.get(f"/clusters/{CLUSTER}/resources").json()
    assert resources["nodes"][0]["allocatable"]["cpu"] == 4


def test_revisions_are_those_of_helm(furnished: World) -> None:
    found = items(furnished.client(), f"/releases/{NAMESPACE}/revisions", 2)
    assert [one["revision"] for one in found] == [1, 2, 3]


def test_a_workspace_without_a_cluster_says_what_to_do(empty: World) -> None:
    for path in ("/services", "/deployments", "/addresses"):
        told = empty.client().get(path)
        assert told.status_code == 409
        assert told.json()["fix"] == "run `invoke cluster`"
    assert items(empty.client(), "/clusters") == []


def test_settings_that_were_saved_wrong_are_told_and_mended(empty: World) -> None:
    client, file = empty.client(), empty.context.workspace.root / "pipeline.yaml"
    right = file.read_text()
    file.write_text(right.replace("version: 1\n", "version: one\n", 1))
    told = client.get("/charts")
    assert told.status_code == 422
    assert "version" in json.dumps(told.json())
    file.write_text(right)
    assert client.get("/charts").status_code == 200
