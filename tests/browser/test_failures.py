"""Servers that stop, answers that are lost, todos that others change: nothing typed is lost."""

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.stack import Stack
from tests.browser.todo_page import TodoPage

ONE_TODO = re.compile(r"/api/todos/[0-9a-f-]{36}$")
ALL_TODOS = re.compile(r"/api/todos$")


def test_a_stopped_server_rolls_back_and_keeps_the_text(stack: Stack, local_page: TodoPage) -> None:
    page = local_page
    kept, lost = page.title("Kept"), page.title("Typed while away")
    page.add(kept)
    stack.backend.stop()

    page.new_title.fill(lost)
    page.new_title.press("Enter")
    expect(page.tick(lost)).to_be_visible()
    page.tick(kept).check()
    expect(page.failures).to_contain_text(f"“{lost}” was not saved. The server can’t be reached.")
    expect(page.failures).to_contain_text(f"Your change to “{kept}” was not saved.")
    expect(page.row(lost)).to_have_count(0)
    expect(page.tick(kept)).not_to_be_checked()
    expect(page.connection).to_be_visible()
    expect(page.page.get_by_role("alert")).to_contain_text("The server can’t be reached.")

    stack.start_backend()
    expect(page.connection).to_have_count(0)
    page.page.get_by_role("button", name="Try all again").click()
    expect(page.failures).to_have_count(0)
    expect(page.tick(kept)).to_be_checked()
    page.expect_stored(lost, done=False)
    page.expect_stored(kept, done=True)


def test_a_lost_answer_to_a_creation_makes_one_todo(local_page: TodoPage) -> None:
    page = local_page
    title = page.title("Once")
    page.page.route(ALL_TODOS, _losing_the_first_answer("POST"))
    page.add(title)
    expect(page.tick(title)).to_have_count(1)
    page.expect_stored(title, version=1)


def test_a_lost_answer_to_an_edit_is_no_conflict(local_page: TodoPage) -> None:
    page = local_page
    title = page.title("Tick me")
    page.add(title)
    page.page.route(ONE_TODO, _losing_the_first_answer("PATCH"))
    page.tick(title).check()
    page.page.wait_for_timeout(1000)
    expect(page.failures).to_have_count(0)
    expect(page.tick(title)).to_be_checked()
    page.expect_stored(title, done=True)


def test_a_stale_edit_shows_the_other_version_and_keeps_mine(
    stack: Stack, local_page: TodoPage
) -> None:
    page = local_page
    title, theirs, mine = page.title("Original"), page.title("Theirs"), page.title("Mine")
    page.add(title)
    todo = page.stored_one(title)
    page.edit_button(title).click()
    _change(stack, todo["id"], theirs)
    page.page.get_by_label("Title", exact=True).fill(mine)
    page.page.keyboard.press("Enter")

    expect(page.row(theirs)).to_be_visible()
    expect(page.failures).to_contain_text("It was changed elsewhere in the meantime")
    expect(page.failures).to_contain_text(mine)
    page.failures.get_by_role("button", name="Save mine").click()
    expect(page.row(mine)).to_be_visible()
    page.expect_stored(mine, id=todo["id"])


def test_editing_what_was_deleted_elsewhere_offers_to_add_it_again(
    stack: Stack, local_page: TodoPage
) -> None:
    page = local_page
    title, mine = page.title("Gone soon"), page.title("Still wanted")
    page.add(title)
    page.edit_button(title).click()
    httpx.delete(f"{stack.backend.url}/api/todos/{page.stored_one(title)['id']}", trust_env=False)
    page.page.get_by_label("Title", exact=True).fill(mine)
    page.page.keyboard.press("Enter")
    expect(page.failures).to_contain_text("It was deleted elsewhere in the meantime.")
    page.failures.get_by_role("button", name="Add it again").click()
    expect(page.row(mine)).to_be_visible()
    page.expect_stored(mine, version=1)


def test_a_refused_creation_can_be_edited_and_sent_again(local_page: TodoPage) -> None:
    page = local_page
    title, better = page.title("Refused \u200b\u0007"), page.title("Accepted")
    page.new_title.fill(title)
    page.new_title.press("Enter")
    expect(page.failures).to_contain_text("must not contain control characters")
    page.failures.get_by_role("button", name="Edit").click()
    page.page.get_by_label("Title", exact=True).fill(better)
    page.page.keyboard.press("Enter")
    expect(page.failures).to_have_count(0)
    expect(page.row(better)).to_be_visible()


def test_a_refused_deletion_brings_the_todo_back(local_page: TodoPage) -> None:
    page = local_page
    title = page.title("Stays")
    page.add(title)
    page.page.route(ONE_TODO, lambda route: route.fulfill(status=500, json={"detail": "No luck."}))
    page.delete_button(title).click()
    expect(page.failures).to_contain_text(f"“{title}” was not deleted. No luck.")
    expect(page.tick(title)).to_be_visible()
    expect(page.undo).to_have_count(0)
    page.failures.get_by_role("button", name="Discard").click()
    expect(page.new_title).to_be_focused()


def test_clearing_completed_and_taking_it_back(local_page: TodoPage) -> None:
    page = local_page
    done, left = page.title("Finished"), page.title("Not yet")
    page.add(done)
    page.add(left)
    page.tick(done).check()
    page.page.get_by_role("button", name="Clear 1 completed todo").click()
    expect(page.row(done)).to_have_count(0)
    page.expect_titles(left)
    page.undo.click()
    expect(page.tick(done)).to_be_checked()
    page.expect_stored(done, done=True)


def test_loading_empty_and_unreachable_are_told_apart(
    stack: Stack, new_page: Callable[..., Page]
) -> None:
    page = TodoPage(new_page(), stack.url)
    held: list[Route] = []
    page.page.route(re.compile(r"/api/todos\?"), lambda route: held.append(route))
    page.page.goto(stack.url)
    expect(page.section).to_have_attribute("aria-busy", "true")
    expect(page.page.get_by_text("Loading your todos")).to_be_attached()
    held.pop().continue_()
    expect(page.page.get_by_text("Nothing to do.")).to_be_visible()

    page.page.unroute_all()
    stack.backend.stop()
    page.page.reload()
    expect(page.connection).to_contain_text("The server can’t be reached.")
    expect(page.page.get_by_text("The list is not here yet.")).to_be_visible()
    stack.start_backend()
    page.page.get_by_role("button", name="Try now").click()
    expect(page.page.get_by_text("Nothing to do.")).to_be_visible()
    expect(page.page.get_by_role("status")).to_have_text("Connected again.")


@pytest.mark.parametrize("amount", [450])
def test_a_long_list_is_loaded_whole_and_drawn_in_parts(
    stack: Stack, new_page: Callable[..., Page], amount: int
) -> None:
    with httpx.Client(base_url=stack.backend.url, trust_env=False) as client:
        for number in range(amount):
            client.post("/api/todos", json={"title": f"Number {number}"}).raise_for_status()
    page = TodoPage(new_page(), stack.url)
    page.open()
    expect(page.page.get_by_role("radio", name=f"All {amount}")).to_be_attached()
    expect(page.section.get_by_role("listitem")).to_have_count(200)
    page.page.get_by_role("button", name="Show more (250 todos below)").click()
    expect(page.section.get_by_role("listitem")).to_have_count(400)
    page.search.fill("Number 7")
    expect(page.section.get_by_role("listitem")).to_have_count(11)


def _losing_the_first_answer(method: str) -> Callable[[Route], None]:
    """Let the first request of this method reach the server, and lose what it answers."""
    lost: list[Route] = []

    def handle(route: Route) -> None:
        if route.request.method == method and not lost:
            lost.append(route)
            route.fetch()
            route.abort()
        else:
            route.continue_()

    return handle


def _change(stack: Stack, todo_id: str, title: str) -> None:
    url = f"{stack.backend.url}/api/todos/{todo_id}"
    httpx.patch(url, json={"title": title}, trust_env=False).raise_for_status()
