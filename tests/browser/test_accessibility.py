"""An audit by axe-core in each state and colour scheme, and the narrowest supported screen."""

import json
from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.browser.stack import Stack
from tests.browser.todo_page import TodoPage

Scheme = Literal["light", "dark"]


def furnished(page: TodoPage) -> tuple[str, str]:
    """Put one todo in every look on the page; returns the titles of an open and a done one."""
    plain, done = page.title("Send the invitations"), page.title("Book the room")
    page.add(done)
    page.add(plain)
    page.tick(done).check()
    for day, notes in (("2020-01-01", "Two lines\nof notes"), ("2999-12-31", "")):
        title = page.title(f"Due {day}")
        page.add(title)
        page.edit_button(title).click()
        page.page.get_by_label("Notes").fill(notes)
        page.page.get_by_label("Due", exact=True).fill(day)
        page.page.get_by_role("button", name="Save").click()
        page.expect_stored(title, due_date=day)
    return plain, done


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong, one line for each rule."""
    results = Axe().run(page).response["violations"]
    return [f"{each['id']}: {json.dumps(each['nodes'][0]['html'])}" for each in results]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violations_in_any_state(
    stack: Stack, new_page: Callable[..., Page], scheme: Scheme
) -> None:
    # Without motion nothing is half transparent when its contrast is measured.
    page = TodoPage(new_page(color_scheme=scheme, reduced_motion="reduce"), stack.url)
    page.open()
    assert violations(page.page) == []
    plain, done = furnished(page)
    assert violations(page.page) == []
    page.edit_button(plain).click()
    assert violations(page.page) == []
    page.page.get_by_label("Title", exact=True).fill(" ")
    page.page.keyboard.press("Enter")
    assert violations(page.page) == []
    page.page.keyboard.press("Escape")
    page.delete_button(done).click()
    page.search.fill("nothing like it")
    expect(page.page.get_by_text("No match.")).to_be_visible()
    assert violations(page.page) == []
    page.search.fill("")
    stack.backend.stop()
    page.new_title.fill("Typed while away")
    page.new_title.press("Enter")
    page.tick(plain).check()
    expect(page.failures.get_by_role("listitem")).to_have_count(2)
    expect(page.connection).to_be_visible()
    assert violations(page.page) == []


def test_the_deployed_page_passes_the_audit(todo_page: TodoPage) -> None:
    todo_page.add(todo_page.title("Audited"))
    todo_page.page.wait_for_timeout(400)
    assert violations(todo_page.page) == []


def test_320_pixels_are_enough(stack: Stack, new_page: Callable[..., Page]) -> None:
    page = TodoPage(new_page(viewport={"width": 320, "height": 640}), stack.url)
    page.open()
    plain, done = furnished(page)
    page.add(page.title("x" * 180))
    page.delete_button(done).click()
    assert _overflow(page.page) == []
    page.edit_button(plain).click()
    assert _overflow(page.page) == []
    small = page.page.evaluate(
        "() => [...document.querySelectorAll('button, input[type=checkbox]')]"
        ".filter(e => ['width', 'height'].some(side => e.getBoundingClientRect()[side] < 23.9))"
        ".map(e => e.outerHTML)"
    )
    assert small == []


def _overflow(page: Page) -> list[str]:
    """The elements that reach over the edge of the window; what is hidden from eyes aside."""
    found: list[str] = page.evaluate(
        "() => [...document.querySelectorAll('body *')]"
        ".filter(e => !e.closest('.visually-hidden'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    return found


def test_reduced_motion_is_respected(stack: Stack, new_page: Callable[..., Page]) -> None:
    page = TodoPage(new_page(reduced_motion="reduce"), stack.url)
    page.open()
    page.add(page.title("Still"))
    moving = page.page.evaluate("() => document.getAnimations().length")
    assert moving == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colour_scheme_is_respected(
    stack: Stack, new_page: Callable[..., Page], scheme: Scheme
) -> None:
    page = TodoPage(new_page(color_scheme=scheme), stack.url)
    page.open()
    ground = page.page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    expected = {"light": "rgb(245, 244, 240)", "dark": "rgb(22, 24, 21)"}
    assert ground == expected[scheme]
