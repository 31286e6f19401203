"""The todo page as a person finds it: by labels and names, never by the page's inner structure."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

WITHIN_S = 10


class TodoPage:
    """One open page. Titles made by `title` are its own and can be told from all others."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self._mark = uuid4().hex[:8]

    def open(self, query: str = "") -> None:
        """Load the page and wait for its list."""
        self.page.goto(f"{self.url}/{query}")
        expect(self.section).to_have_attribute("aria-busy", "false")

    def title(self, text: str) -> str:
        """A title that no other test uses."""
        return f"{text} {self._mark}"

    @property
    def section(self) -> Locator:
        """The part of the page with the list."""
        return self.page.get_by_role("region", name="Todos", exact=True)

    @property
    def new_title(self) -> Locator:
        """The field for a new todo."""
        return self.page.get_by_label("New todo")

    @property
    def search(self) -> Locator:
        """The search field."""
        return self.page.get_by_label("Search todos")

    @property
    def undo(self) -> Locator:
        """The button that takes a deletion back."""
        return self.page.get_by_role("button", name="Undo", exact=True)

    @property
    def failures(self) -> Locator:
        """What was not saved."""
        return self.page.get_by_role("region", name="Not saved")

    @property
    def connection(self) -> Locator:
        """The notice that the server is away."""
        return self.page.get_by_role("region", name="Connection")

    @property
    def focused(self) -> Locator:
        """The element with the keyboard's focus."""
        return self.page.locator(":focus")

    def row(self, title: str) -> Locator:
        """A todo's item in the list."""
        return self.section.get_by_role("listitem").filter(has_text=title)

    def tick(self, title: str) -> Locator:
        """A todo's checkbox."""
        return self.page.get_by_role("checkbox", name=f"Done: {title}", exact=True)

    def edit_button(self, title: str) -> Locator:
        """The button that opens a todo's editor."""
        return self.page.get_by_role("button", name=f"Edit “{title}”", exact=True)

    def delete_button(self, title: str) -> Locator:
        """The button that deletes a todo."""
        return self.page.get_by_role("button", name=f"Delete “{title}”", exact=True)

    def show(self, status: str) -> None:
        """Choose All, Open or Done."""
        self.page.get_by_role("radio", name=status).check()

    def add(self, title: str) -> None:
        """Type a new todo and wait until the server has it."""
        self.new_title.fill(title)
        with self.page.expect_response(self._is_saving("POST")):
            self.new_title.press("Enter")
        expect(self.tick(title)).to_be_visible()

    def stored(self) -> list[dict[str, Any]]:
        """This page's own todos as the server has them."""
        answer = self.page.request.get(f"{self.url}/api/todos?limit=200&q={self._mark}")
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def stored_one(self, title: str) -> dict[str, Any]:
        """The one todo of this title that the server has."""
        (found,) = [todo for todo in self.stored() if todo["title"] == title]
        return found

    def expect_titles(self, *titles: str) -> None:
        """Wait until the server has just these of this page's todos; newest first."""
        self._until(lambda: [todo["title"] for todo in self.stored()] == [*titles])

    def expect_stored(self, title: str, **fields: Any) -> dict[str, Any]:
        """Wait until the server has a todo of this title with these fields; returns it."""

        def found() -> list[dict[str, Any]]:
            wanted = {"title": title} | fields
            return [todo for todo in self.stored() if wanted.items() <= todo.items()]

        self._until(lambda: len(found()) == 1)
        return found()[0]

    def _until(self, is_so: Callable[[], bool]) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not is_so():
            assert time.monotonic() < deadline, f"the server still has {self.stored()}"
            self.page.wait_for_timeout(50)

    def remove_own(self) -> None:
        """Delete this page's own todos."""
        for todo in self.stored():
            self.page.request.delete(f"{self.url}/api/todos/{todo['id']}")

    def _is_saving(self, method: str) -> Any:
        return lambda response: response.request.method == method and response.ok
