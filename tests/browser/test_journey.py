"""What people do every day, against the page under test."""

import re

from playwright.sync_api import expect

from tests.browser.todo_page import TodoPage


def test_create_edit_complete_filter_delete_undo(todo_page: TodoPage) -> None:
    page = todo_page
    milk, bread = page.title("Milk"), page.title("Bread")
    page.add(milk)
    page.add(bread)

    oat = page.title("Oat milk")
    page.edit_button(milk).click()
    editor = page.page.get_by_role("form", name=f"Edit “{milk}”")
    editor.get_by_label("Title").fill(oat)
    editor.get_by_label("Notes").fill("one litre\n<b>barista</b>")
    editor.get_by_label("Due").fill("2020-02-29")
    editor.get_by_role("button", name="Save").click()
    expect(page.row(oat)).to_contain_text("one litre\n<b>barista</b>")
    expect(page.row(oat)).to_contain_text("Overdue since 29 Feb 2020")

    page.tick(oat).check()
    page.search.fill(oat)
    expect(page.row(bread)).to_have_count(0)
    page.show("Open")
    expect(page.row(oat)).to_have_count(0)
    page.show("Done")
    expect(page.row(oat)).to_be_visible()
    stored = page.expect_stored(oat, done=True, due_date="2020-02-29")

    page.delete_button(oat).click()
    expect(page.row(oat)).to_have_count(0)
    page.expect_titles(bread)
    page.undo.click()
    expect(page.tick(oat)).to_be_checked()
    kept = {name: stored[name] for name in ("id", "notes", "done", "due_date")}
    page.expect_stored(oat, **kept)


def test_the_filter_survives_a_reload(todo_page: TodoPage) -> None:
    page = todo_page
    title = page.title("Water the plants")
    page.add(title)
    page.search.fill(title)
    page.show("Open")
    expect(page.page).to_have_url(re.compile(r"\?status=open&q=Water"))
    page.page.reload()
    expect(page.search).to_have_value(title)
    expect(page.page.get_by_role("radio", name="Open")).to_be_checked()
    expect(page.row(title)).to_be_visible()


def test_markup_in_a_title_stays_text(todo_page: TodoPage) -> None:
    page = todo_page
    title = page.title("<img src=x onerror=alert(1)> & co.")
    page.add(title)
    expect(page.row(title)).to_contain_text(title)
    expect(page.section.locator("img")).to_have_count(0)


def test_an_empty_title_is_refused_before_anything_is_sent(todo_page: TodoPage) -> None:
    page = todo_page
    page.new_title.fill("   ")
    page.new_title.press("Enter")
    expect(page.new_title).to_have_attribute("aria-invalid", "true")
    expect(page.page.get_by_text("A todo needs a title.")).to_be_visible()
    assert page.stored() == []
