"""What users of the todo application ask for, and what has to be true of the answers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from urllib3 import BaseHTTPResponse


class Lost(Exception):
    """A request was not answered as it should have been."""


class NoneFree(Exception):
    """There is no todo that no other request is using."""


class Asks(Protocol):
    """What requests are made with; raises Lost when the answer has none of the statuses."""

    def ask(
        self, method: str, path: str, *statuses: int, json: object = None
    ) -> BaseHTTPResponse: ...


@dataclass
class Todos:
    """The todos of one load.

    Attributes:
        titles: what is known to be written, by ID.
        gone: what is known to be deleted.
        free: those that no request is using now.
    """

    titles: dict[str, str] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    free: deque[str] = field(default_factory=deque)

    def written(self, todo: str, title: str) -> None:
        """A new todo was written."""
        self.titles[todo] = title
        self.free.append(todo)

    @contextmanager
    def one(self) -> Iterator[str]:
        """A todo for one request; of one that was lost nothing more is known."""
        try:
            todo = self.free.popleft()
        except IndexError:
            raise NoneFree from None
        try:
            yield todo
        except Lost:
            self.titles.pop(todo)
            raise
        if todo in self.titles:
            self.free.append(todo)


def _page(client: Asks, todos: Todos) -> None:
    answer = client.ask("GET", "/", 200)
    _must("<title>Todo</title>" in answer.data.decode(), "another page than ours")


def _list(client: Asks, todos: Todos) -> None:
    answer = client.ask("GET", "/api/todos?limit=10", 200)
    _must("items" in answer.json(), "a list without items")


def _create(client: Asks, todos: Todos) -> None:
    todo, title = str(uuid4()), f"Written at {time.time():.3f}"
    # 200: an earlier try has arrived, and its answer has not
    client.ask("POST", "/api/todos", 201, 200, json={"id": todo, "title": title})
    todos.written(todo, title)


def _read(client: Asks, todos: Todos) -> None:
    with todos.one() as todo:
        answer = client.ask("GET", f"/api/todos/{todo}", 200)
        _must(answer.json()["title"] == todos.titles[todo], "another title than was written")


def _change(client: Asks, todos: Todos) -> None:
    title = f"Changed at {time.time():.3f}"
    with todos.one() as todo:
        client.ask("PATCH", f"/api/todos/{todo}", 200, json={"title": title})
        todos.titles[todo] = title


def _delete(client: Asks, todos: Todos) -> None:
    with todos.one() as todo:
        # 404: an earlier try has arrived, here or from the web server, which repeats it
        client.ask("DELETE", f"/api/todos/{todo}", 204, 404)
        todos.titles.pop(todo)
        todos.gone.append(todo)


# In this order, again and again: every fifth request writes, and more of these create than delete.
_KINDS: tuple[Callable[[Asks, Todos], None], ...] = (
    *(_create, _page, _list, _read, _page),
    *(_change, _list, _read, _page, _list),
    *(_create, _page, _list, _read, _page),
    *(_delete, _list, _read, _page, _list),
)


def act(number: int, client: Asks, todos: Todos) -> None:
    """The request of this number; where it has no todo to ask for, it creates one."""
    try:
        _KINDS[number % len(_KINDS)](client, todos)
    except NoneFree:
        _create(client, todos)


def verify(client: Asks, todos: Todos) -> list[str]:
    """What is not there as it was acknowledged: written, changed or deleted."""
    faults = []
    for todo, title in todos.titles.items():
        answer = client.ask("GET", f"/api/todos/{todo}", 200, 404)
        if answer.status == 404:
            faults.append("written, acknowledged and not there")
        elif answer.json()["title"] != title:
            faults.append("changed, acknowledged and not as changed")
    for todo in todos.gone:
        answer = client.ask("GET", f"/api/todos/{todo}", 200, 404)
        if answer.status == 200:
            faults.append("deleted, acknowledged and there")
    return faults


def _must(holds: bool, fault: str) -> None:
    if not holds:
        raise Lost(fault)
