"""A headless Chromium, and the page it looks at.

`page_url` is the deployed page that PHASELINE_PAGE_URL names, else one started here. Tests that
stop servers or empty the list take `stack`, which is always started here.
"""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.stack import Stack, required, running_stack
from tests.browser.todo_page import TodoPage

CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PATIENCE_MS = 10_000


@pytest.fixture(scope="session")
def session_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The local stack, started once."""
    with running_stack(tmp_path_factory.mktemp("stack")) as stack:
        yield stack


@pytest.fixture
def stack(session_stack: Stack) -> Stack:
    """The local stack, running, with an empty list."""
    if not session_stack.backend.is_running:
        session_stack.start_backend()
    session_stack.empty()
    return session_stack


@pytest.fixture
def page_url(request: pytest.FixtureRequest) -> str:
    """Where the page under test is; its list may hold todos that are not the tests' own."""
    given = os.environ.get("PHASELINE_PAGE_URL")
    if given:
        return given.rstrip("/")
    local: Stack = request.getfixturevalue("session_stack")
    if not local.backend.is_running:
        local.start_backend()
    return local.url


# For one module only: Playwright's event loop would stay in the way of other tests' loops.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    program = required("chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*CHROMIUM_ARGUMENTS])
        yield browser
        browser.close()


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens pages in contexts of their own; afterwards none may have met an error."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_page(**options: Any) -> Page:
        context = browser.new_context(locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.extend(_defects(message.text)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []


def _defects(text: str) -> list[str]:
    """A failed request is what some tests are about; a breach of the policy never is."""
    return [text] if re.search("Content Security Policy|TypeError|ReferenceError", text) else []


@pytest.fixture
def todo_page(page_url: str, new_page: Callable[..., Page]) -> Iterator[TodoPage]:
    """The page under test, opened; the todos that the test adds are removed afterwards."""
    page = TodoPage(new_page(), page_url)
    page.open()
    yield page
    page.remove_own()


@pytest.fixture
def local_page(stack: Stack, new_page: Callable[..., Page]) -> TodoPage:
    """The page of the local stack, opened, with an empty list."""
    page = TodoPage(new_page(), stack.url)
    page.open()
    return page
