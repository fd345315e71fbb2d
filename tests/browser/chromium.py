"""A real Chromium and a real server, for tests that click as people do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("IPREG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
CLICKED = [
    pytest.mark.browser,
    pytest.mark.network,
    pytest.mark.skipif(not CHROMIUM, reason="NO CHROMIUM HERE: install Debian's package chromium"),
]
"""The marks of every module here."""


@contextmanager
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


def new_page(browser: Browser, address: str, width: int, **more: str) -> Page:
    """A person's own browser, at his width; a script that fails there fails the test.

    He asked for little motion: between two states a fading button has the contrast of neither.
    """
    context = browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
        **more,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.on("pageerror", lambda fault: pytest.fail(f"script failed: {fault}"))
    return page


def follow(page: Page, what: str) -> None:
    """Clicks what opens a page, and waits for that page: a click alone does not."""
    with page.expect_navigation():
        page.click(what)


def press(page: Page, key: str) -> None:
    """The same by a key."""
    with page.expect_navigation():
        page.keyboard.press(key)


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.fill("#email", email)
    page.fill("#password", password)
    follow(page, "main form button.btn-primary")


def no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
