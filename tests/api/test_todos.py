"""The todos over HTTP, from creation to deletion."""

from typing import Any
from uuid import uuid4

import httpx
import pytest


def create(api: httpx.Client, title: str, **fields: Any) -> dict[str, Any]:
    response = api.post("/api/todos", json={"title": title, **fields})
    assert response.status_code == 201, response.text
    todo: dict[str, Any] = response.json()
    return todo


def titles(api: httpx.Client, **query: str | int) -> list[str]:
    response = api.get("/api/todos", params=query)
    assert response.status_code == 200, response.text
    return [todo["title"] for todo in response.json()["items"]]


def test_create_answers_with_what_is_then_read_at_its_location(api: httpx.Client) -> None:
    created = api.post(
        "/api/todos", json={"title": "  Bread ", "notes": "rye\r\nor not", "due_date": "2030-02-28"}
    )
    assert created.status_code == 201
    todo = created.json()
    assert (todo["title"], todo["notes"]) == ("Bread", "rye\nor not")
    assert (todo["due_date"], todo["done"], todo["version"]) == ("2030-02-28", False, 1)
    assert created.headers["Location"] == f"/api/todos/{todo['id']}"
    read = api.get(created.headers["Location"])
    assert read.json() == todo
    assert read.headers["ETag"] == created.headers["ETag"] == '"1"'


def test_moments_carry_their_zone(api: httpx.Client) -> None:
    todo = create(api, "When")
    assert todo["created_at"].endswith("Z")
    assert todo["updated_at"].endswith("Z")


def test_listing_is_newest_first(api: httpx.Client) -> None:
    for title in "abc":
        create(api, title)
    assert titles(api) == ["c", "b", "a"]


def test_pages_show_each_todo_once_while_others_arrive(api: httpx.Client) -> None:
    for number in range(5):
        create(api, str(number))
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = api.get("/api/todos", params=query).json()
        seen += [todo["title"] for todo in page["items"]]
        create(api, "late")
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == ["4", "3", "2", "1", "0"]


def test_a_full_last_page_has_no_next(api: httpx.Client) -> None:
    create(api, "a")
    create(api, "b")
    assert api.get("/api/todos", params={"limit": 2}).json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("status", "expected"),
    [("all", ["done one", "open one"]), ("open", ["open one"]), ("done", ["done one"])],
)
def test_listing_by_status(api: httpx.Client, status: str, expected: list[str]) -> None:
    create(api, "open one")
    done = create(api, "done one")
    api.patch(f"/api/todos/{done['id']}", json={"done": True})
    assert titles(api, status=status) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("BREAD", ["Bread"]),
        ("élan", ["ÉLAN vital"]),
        ("cellar", ["Wine"]),
        ("100%", ["100% sure"]),
        ("_", ["snake_case"]),
        ("\\", ["back\\slash"]),
        ("nowhere", []),
        ("  ", ["back\\slash", "snake_case", "100% sure", "Wine", "ÉLAN vital", "Bread"]),
    ],
)
def test_search_takes_words_literally_and_ignores_case(
    api: httpx.Client, words: str, expected: list[str]
) -> None:
    create(api, "Bread")
    create(api, "ÉLAN vital")
    create(api, "Wine", notes="from the Cellar")
    for title in ("100% sure", "snake_case", "back\\slash"):
        create(api, title)
    assert titles(api, q=words) == expected


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"title": " New "}, "title", "New"),
        ({"notes": "line\n\ttab"}, "notes", "line\n\ttab"),
        ({"notes": ""}, "notes", ""),
        ({"done": True}, "done", True),
        ({"due_date": "2031-01-01"}, "due_date", "2031-01-01"),
        ({"due_date": None}, "due_date", None),
    ],
)
def test_a_change_sets_what_was_sent_and_nothing_else(
    api: httpx.Client, change: dict[str, Any], field: str, value: object
) -> None:
    before = create(api, "Old", notes="kept", due_date="2030-01-01")
    response = api.patch(f"/api/todos/{before['id']}", json=change)
    assert response.status_code == 200
    after = response.json()
    assert after["updated_at"] > before["updated_at"]
    assert after == before | {field: value, "version": 2, "updated_at": after["updated_at"]}
    assert response.headers["ETag"] == '"2"'
    assert api.get(f"/api/todos/{before['id']}").json() == after


@pytest.mark.parametrize("change", [{}, {"title": "Same"}, {"done": False, "version": 1}])
def test_a_change_of_nothing_keeps_the_version(api: httpx.Client, change: dict[str, Any]) -> None:
    before = create(api, "Same")
    assert api.patch(f"/api/todos/{before['id']}", json=change).json() == before


def test_deleted_is_gone(api: httpx.Client) -> None:
    path = f"/api/todos/{create(api, 'Brief')['id']}"
    deleted = api.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404


def test_clearing_removes_the_done_and_counts_them(api: httpx.Client) -> None:
    for title in "abc":
        todo = create(api, title)
        api.patch(f"/api/todos/{todo['id']}", json={"done": title != "b"})
    assert api.post("/api/todos/clear-done").json() == {"deleted": 2}
    assert titles(api) == ["b"]
    assert api.post("/api/todos/clear-done").json() == {"deleted": 0}


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_a_missing_todo_is_a_problem_that_names_it(api: httpx.Client, method: str) -> None:
    missing = uuid4()
    body = {"done": True} if method == "PATCH" else None
    response = api.request(method, f"/api/todos/{missing}", json=body)
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:todo:problem:todo-not-found"
    assert str(missing) in response.json()["detail"]


def test_version_tells_the_build(api: httpx.Client) -> None:
    assert api.get("/api/version").json() == {"version": "0.1.0", "revision": "unknown"}
