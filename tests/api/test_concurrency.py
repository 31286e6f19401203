"""Several writers at once: nobody overwrites anybody unknowingly, nothing is made twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest

WRITERS = 8


def at_once(write: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    with ThreadPoolExecutor(WRITERS) as pool:
        return list(pool.map(write, range(WRITERS)))


def statuses(responses: list[httpx.Response]) -> Counter[int]:
    return Counter(response.status_code for response in responses)


@pytest.fixture
def todo(api: httpx.Client) -> dict[str, Any]:
    """A todo that was changed once, so its version is 2."""
    made = api.post("/api/todos", json={"title": "Shared"}).json()
    changed: dict[str, Any] = api.patch(f"/api/todos/{made['id']}", json={"notes": "x"}).json()
    return changed


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        ({"version": 2}, {}, 200),
        ({"version": 1}, {}, 412),
        ({"version": 3}, {}, 412),
        ({}, {"If-Match": '"2"'}, 200),
        ({}, {"If-Match": '"1", "2"'}, 200),
        ({}, {"If-Match": "*"}, 200),
        ({}, {"If-Match": '"1"'}, 412),
        ({}, {"If-Match": 'W/"2"'}, 412),
        ({}, {"If-Match": '"02"'}, 412),
        ({}, {"If-Match": '"abc"'}, 412),
        ({"version": 2}, {"If-Match": '"1"'}, 412),
        ({"version": 1}, {"If-Match": '"2"'}, 412),
        ({}, {"If-Match": "2"}, 422),
        ({}, {"If-Match": '"2",'}, 422),
        ({}, {"If-Match": ""}, 422),
    ],
)
def test_a_change_with_a_stale_version_is_refused(
    api: httpx.Client,
    todo: dict[str, Any],
    body: dict[str, Any],
    headers: dict[str, str],
    status: int,
) -> None:
    path = f"/api/todos/{todo['id']}"
    response = api.patch(path, json={"title": "Mine"} | body, headers=headers)
    assert response.status_code == status
    assert api.get(path).json()["title"] == ("Mine" if status == 200 else "Shared")
    if status == 412:
        assert response.json()["type"] == "urn:todo:problem:stale-version"
        assert "version 2" in response.json()["detail"]
    if status == 422:
        assert [error["field"] for error in response.json()["errors"]] == ["if-match"]


@pytest.mark.parametrize(("tag", "status"), [('"1"', 412), ('"2"', 204), ("*", 204)])
def test_a_delete_with_a_stale_version_is_refused(
    api: httpx.Client, todo: dict[str, Any], tag: str, status: int
) -> None:
    path = f"/api/todos/{todo['id']}"
    assert api.delete(path, headers={"If-Match": tag}).status_code == status
    assert api.get(path).status_code == (200 if status == 412 else 404)


def test_of_many_changes_to_one_version_one_wins(api: httpx.Client, todo: dict[str, Any]) -> None:
    path = f"/api/todos/{todo['id']}"
    responses = at_once(lambda n: api.patch(path, json={"title": f"Writer {n}", "version": 2}))
    assert statuses(responses) == {200: 1, 412: WRITERS - 1}
    winner = next(response.json() for response in responses if response.status_code == 200)
    assert api.get(path).json() == winner


def test_changes_without_a_version_queue_up(api: httpx.Client, todo: dict[str, Any]) -> None:
    path = f"/api/todos/{todo['id']}"
    responses = at_once(lambda n: api.patch(path, json={"title": f"Writer {n}"}))
    assert statuses(responses) == {200: WRITERS}
    assert api.get(path).json()["version"] == 2 + WRITERS


def test_of_many_deletes_one_deletes(api: httpx.Client, todo: dict[str, Any]) -> None:
    responses = at_once(lambda _: api.delete(f"/api/todos/{todo['id']}"))
    assert statuses(responses) == {204: 1, 404: WRITERS - 1}


def test_a_creation_sent_by_many_makes_one_todo(api: httpx.Client) -> None:
    draft = {"id": str(uuid4()), "title": "Once"}
    responses = at_once(lambda _: api.post("/api/todos", json=draft))
    assert statuses(responses) == {201: 1, 200: WRITERS - 1}
    assert {response.headers["Location"] for response in responses} == {f"/api/todos/{draft['id']}"}
    assert len(api.get("/api/todos").json()["items"]) == 1


def test_of_different_creations_with_one_id_one_wins(api: httpx.Client) -> None:
    todo_id = str(uuid4())
    responses = at_once(
        lambda n: api.post("/api/todos", json={"id": todo_id, "title": f"Writer {n}"})
    )
    assert statuses(responses) == {201: 1, 409: WRITERS - 1}
    refused = next(response for response in responses if response.status_code == 409)
    assert refused.json()["type"] == "urn:todo:problem:id-taken"


def test_a_repeated_creation_finds_the_todo_as_it_is_now(api: httpx.Client) -> None:
    draft = {"id": str(uuid4()), "title": "Once"}
    api.post("/api/todos", json=draft)
    changed = api.patch(f"/api/todos/{draft['id']}", json={"title": "Edited"}).json()
    again = api.post("/api/todos", json=draft | {"title": " Once "})
    assert (again.status_code, again.json()) == (200, changed)
    assert api.post("/api/todos", json=draft | {"title": "Edited"}).status_code == 409
