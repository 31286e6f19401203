"""The page without a mouse: everything in reach, the place never lost, every change spoken."""

from playwright.sync_api import Locator, expect

from tests.browser.todo_page import TodoPage


def test_add_edit_complete_delete_and_undo_by_keyboard(todo_page: TodoPage) -> None:
    page, keyboard = todo_page, todo_page.page.keyboard
    first, second = page.title("First"), page.title("Second")
    page.new_title.focus()
    for title in (first, second):
        keyboard.type(title)
        keyboard.press("Enter")
        expect(page.tick(title)).to_be_visible()
        expect(page.new_title).to_be_focused()

    _tab_to(page, page.edit_button(second))
    keyboard.press("Enter")
    expect(page.page.get_by_label("Title", exact=True)).to_be_focused()
    renamed = page.title("Renamed")
    keyboard.type(renamed)
    keyboard.press("Enter")
    expect(page.edit_button(renamed)).to_be_focused()

    keyboard.press("Shift+Tab")
    keyboard.press("Space")
    expect(page.tick(renamed)).to_be_checked()
    expect(page.page.get_by_role("status")).to_have_text(f"“{renamed}” is done.")

    _tab_to(page, page.delete_button(renamed))
    keyboard.press("Enter")
    expect(page.delete_button(first)).to_be_focused()
    expect(page.page.get_by_role("status")).to_contain_text(f"Deleted “{renamed}”.")
    keyboard.press("Control+z")
    expect(page.edit_button(renamed)).to_be_focused()
    expect(page.page.get_by_role("status")).to_have_text(f"Restored “{renamed}”.")
    page.expect_stored(renamed, done=True)


def test_escape_cancels_an_edit_and_gives_the_place_back(todo_page: TodoPage) -> None:
    page, keyboard = todo_page, todo_page.page.keyboard
    title = page.title("Keep me")
    page.add(title)
    page.edit_button(title).press("Enter")
    keyboard.type("something else")
    keyboard.press("Escape")
    expect(page.edit_button(title)).to_be_focused()
    page.expect_stored(title, version=1)


def test_an_opened_editor_does_not_take_the_focus_back(todo_page: TodoPage) -> None:
    page, title = todo_page, todo_page.title("Typed fast")
    page.add(title)
    # All in one task: the editor is drawn when it ends, and the user is already in the notes.
    page.edit_button(title).evaluate(
        "async e => { e.click(); await null; await null; "
        "document.querySelector('.editor textarea').focus(); }"
    )
    page.page.wait_for_timeout(300)
    expect(page.page.get_by_label("Notes")).to_be_focused()


def test_control_enter_saves_from_the_notes(todo_page: TodoPage) -> None:
    page, keyboard = todo_page, todo_page.page.keyboard
    title = page.title("With notes")
    page.add(title)
    page.edit_button(title).press("Enter")
    keyboard.press("Tab")
    keyboard.type("one")
    keyboard.press("Enter")
    keyboard.type("two")
    keyboard.press("Control+Enter")
    expect(page.edit_button(title)).to_be_focused()
    page.expect_stored(title, notes="one\ntwo")


def test_deleting_every_todo_ends_at_the_field_for_a_new_one(local_page: TodoPage) -> None:
    page = local_page
    titles = [page.title(name) for name in ("one", "two", "three")]
    for title in titles:
        page.add(title)
    one, two, three = titles
    page.delete_button(two).press("Enter")
    expect(page.delete_button(one)).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(page.delete_button(three)).to_be_focused()
    page.page.keyboard.press("Enter")
    expect(page.new_title).to_be_focused()


def test_completing_under_the_open_filter_moves_on_to_the_next(local_page: TodoPage) -> None:
    page = local_page
    one, two = page.title("one"), page.title("two")
    page.add(one)
    page.add(two)
    page.show("Open")
    page.tick(two).press("Space")
    expect(page.tick(two)).to_have_count(0)
    expect(page.tick(one)).to_be_focused()


def test_every_stop_of_the_tab_key_is_visible(todo_page: TodoPage) -> None:
    page = todo_page
    page.add(page.title("A stop"))
    page.new_title.focus()
    for _ in range(12):
        page.page.keyboard.press("Tab")
        if page.focused.count() == 0:  # past the last one, in the browser's own controls
            break
        outlines = page.focused.evaluate(
            "e => [e, e.nextElementSibling].filter(x => x)"
            ".map(x => getComputedStyle(x)).map(s => s.outlineStyle + ' ' + s.outlineWidth)"
        )
        assert "solid 3px" in outlines, page.focused.evaluate("e => e.outerHTML")


def _tab_to(page: TodoPage, target: Locator) -> None:
    """Press Tab until `target` has the focus; fails after as many stops as a short page has."""
    for _ in range(400):
        page.page.keyboard.press("Tab")
        if target.evaluate("e => e === document.activeElement"):
            return
    raise AssertionError("the Tab key does not reach it")
