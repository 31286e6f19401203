"""Bad requests: each is refused with the name of the field, and changes nothing."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from api.middleware import BODY_LIMIT

GOOD = {"title": "Good"}


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-ID"]
    return body


def fields(response: httpx.Response) -> list[str]:
    return [error["field"] for error in problem(response, 422)["errors"]]


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({}, "title"),
        ({"title": None}, "title"),
        ({"title": 7}, "title"),
        ({"title": ""}, "title"),
        ({"title": " \u00a0\t "}, "title"),
        ({"title": "\u200b\u200d"}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\nb"}, "title"),
        ({"title": "nul\u0000"}, "title"),
        ({"title": "bell\u0007"}, "title"),
        ({"title": "c1 \u0085 x"}, "title"),
        ({"title": "line\u2028separator"}, "title"),
        (GOOD | {"notes": "x" * 4001}, "notes"),
        (GOOD | {"notes": "nul\u0000"}, "notes"),
        (GOOD | {"notes": None}, "notes"),
        (GOOD | {"due_date": "tomorrow"}, "due_date"),
        (GOOD | {"due_date": "2030-02-30"}, "due_date"),
        (GOOD | {"due_date": "2030-02-03T00:00:00"}, "due_date"),
        (GOOD | {"due_date": 86400}, "due_date"),
        (GOOD | {"id": "not-a-uuid"}, "id"),
        (GOOD | {"done": True}, "done"),
        (GOOD | {"tilte": "typo"}, "tilte"),
        ([], "body"),
        ("text", "body"),
        (None, "body"),
    ],
)
def test_bad_drafts(api: httpx.Client, draft: object, field: str) -> None:
    assert fields(api.post("/api/todos", json=draft)) == [field]
    assert api.get("/api/todos").json()["items"] == []


@pytest.mark.parametrize(
    "title",
    [
        "x",
        "x" * 200,
        "  trimmed to fit" + " " * 300,
        "👩\u200d👩\u200d👧",
        "שלום\u200f",
        "\U0001fae9",
    ],
)
def test_good_titles(api: httpx.Client, title: str) -> None:
    response = api.post("/api/todos", json={"title": title})
    assert response.status_code == 201
    assert response.json()["title"] == title.strip()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": None}, "title"),
        ({"notes": None}, "notes"),
        ({"done": None}, "done"),
        ({"done": "yes"}, "done"),
        ({"done": 1}, "done"),
        ({"due_date": ""}, "due_date"),
        ({"version": None}, "version"),
        ({"version": 0}, "version"),
        ({"version": "1"}, "version"),
        ({"version": 2**31}, "version"),
        ({"id": str(uuid4())}, "id"),
        ({"created_at": "2030-01-01T00:00:00Z"}, "created_at"),
    ],
)
def test_bad_changes(api: httpx.Client, change: dict[str, Any], field: str) -> None:
    before = api.post("/api/todos", json=GOOD).json()
    path = f"/api/todos/{before['id']}"
    assert fields(api.patch(path, json=change)) == [field]
    assert api.get(path).json() == before


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=closed", "status"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=ten", "limit"),
        ("q=" + "x" * 201, "q"),
        ("q=a%00b", "q"),
        ("cursor=", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("cursor=bm90IG91cnM", "cursor"),
        ("cursor=MjAzMC0wMS0wMXwwMA", "cursor"),
        ("cursor=" + "A" * 201, "cursor"),
        ("stauts=open", "stauts"),
    ],
)
def test_bad_queries(api: httpx.Client, query: str, field: str) -> None:
    assert fields(api.get(f"/api/todos?{query}")) == [field]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_bad_ids(api: httpx.Client, method: str) -> None:
    body = {"done": True} if method == "PATCH" else None
    assert fields(api.request(method, "/api/todos/42", json=body)) == ["todo_id"]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b'{"title": "unfinished', 422),
        (b"", 422),
        (b'{"title": "\\ud800"}', 422),
        (b'{"title": "\xff"}', 400),
        (b'{"title": ' + b"[" * 30_000, 400),
    ],
    ids=["unfinished", "empty", "surrogate", "not-utf8", "deeply-nested"],
)
def test_bodies_that_are_no_json(api: httpx.Client, content: bytes, status: int) -> None:
    headers = {"Content-Type": "application/json"}
    problem(api.post("/api/todos", content=content, headers=headers), status)


def test_a_body_of_another_type_is_refused(api: httpx.Client) -> None:
    assert fields(api.post("/api/todos", data={"title": "form"})) == ["body"]


def test_the_largest_body_is_read(api: httpx.Client) -> None:
    draft = b'{"title": "x"}'.ljust(BODY_LIMIT)
    headers = {"Content-Type": "application/json"}
    assert api.post("/api/todos", content=draft, headers=headers).status_code == 201


def test_a_body_that_is_announced_too_large_is_not_read(api: httpx.Client) -> None:
    refused = api.post("/api/todos", content=b" " * (BODY_LIMIT + 1))
    assert problem(refused, 413)["type"] == "urn:todo:problem:body-too-large"
    assert api.get("/healthz").status_code == 200


def test_a_body_that_grows_too_large_is_refused(api: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(BODY_LIMIT // 1024 + 1):
            yield b" " * 1024

    problem(api.post("/api/todos", content=pieces()), 413)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/api", 404),
        ("GET", "/api/docs", 404),
        ("GET", "/api/todos/", 404),
        ("PUT", "/api/todos", 405),
        ("POST", "/healthz", 405),
    ],
)
def test_what_is_not_there(api: httpx.Client, method: str, path: str, status: int) -> None:
    response = api.request(method, path)
    assert problem(response, status)["instance"] == path
    assert ("Allow" in response.headers) == (status == 405)


def test_a_refused_method_learns_the_others(api: httpx.Client) -> None:
    response = api.put(f"/api/todos/{uuid4()}")
    assert problem(response, 405)
    assert response.headers["Allow"] == "DELETE, GET, PATCH"
