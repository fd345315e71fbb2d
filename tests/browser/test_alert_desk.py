"""A morning with the inbox: by keys at a desk in English, by touch on a phone in Chinese."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from apps import create_app
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, press, sign_in
from market import Market
from scenery import PASSWORD, HandClock, People
from serving import serving

from ipreg.db import transaction, utc_now
from ipreg.runtime import Runtime

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@pytest.fixture
def address(runtime: Runtime, clock: HandClock) -> Iterator[str]:
    """Four sellers offer the enterprise's design."""
    clock.now = utc_now()
    with transaction(runtime.sessions) as session:
        market = Market(runtime, session, People(session, clock()), clock)
        for number in range(1, 5):
            market.offer(number, seller=f"店{number}", price=str(100 * number), probability=0.8 + number / 50)
    with serving(create_app(runtime.config)) as opened:
        yield opened


def signed_in(browser: Browser, address: str, width: int, language: str) -> Page:
    page = new_page(browser, address, width)
    page.goto(f"/language/{language}")
    sign_in(page, "enterprise@ipreg.example", PASSWORD)
    page.goto("/alerts")
    return page


def waiting(page: Page) -> int:
    return page.locator("[data-item]").count()


def test_keys_undo_and_bulk_at_a_desk(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, 1440, "en")
    assert waiting(page) == 4
    page.keyboard.press("?")
    assert page.locator("#keys[open]").count() == 1
    page.keyboard.press("j")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("k")
    press(page, "d")
    page.wait_for_selector("text=Dismissed: 1")
    assert waiting(page) == 3
    page.wait_for_function("title => document.activeElement.innerText === title", arg=second)  # he goes on there
    press(page, "c")
    page.wait_for_selector("text=Confirmed: 1")
    press(page, "u")
    page.wait_for_selector("text=Confirmed: 1", state="detached")
    assert waiting(page) == 3
    page.click("summary:has-text('Filter')")
    page.locator("#design").press_sequentially("dcu")
    assert page.input_value("#design") == "dcu" and waiting(page) == 3, "in a field letters are letters"
    page.fill("#design", "")
    page.fill("#least", "150")
    follow(page, "text=Apply")
    chosen = waiting(page)
    page.click("#with-all")
    assert f"({chosen})" in page.inner_text("#do-it")
    page.select_option("#reason", "licensed")
    follow(page, "#do-it")
    page.wait_for_selector(f"text=Dismissed: {chosen}")
    follow(page, "#undo")
    page.wait_for_selector("[data-item]")
    assert waiting(page) == chosen
    no_sideways_scrolling(page)


def test_one_alert_and_the_figures_on_a_phone(browser: Browser, address: str) -> None:
    page = signed_in(browser, address, 360, "zh")
    no_sideways_scrolling(page)
    assert page.inner_text("#alert-count") == "4"
    follow(page, ".pair-title >> nth=0")
    no_sideways_scrolling(page)
    follow(page, "#keep")
    page.wait_for_selector("#hand-over")
    follow(page, "#undo")
    page.goto("/alerts")
    follow(page, ".pair-title >> nth=0")
    page.fill("#text", "同事请看这一条")
    follow(page, "#comment")
    page.wait_for_selector(".history >> text=同事请看这一条")
    follow(page, "text=一天后处理")
    page.wait_for_selector("text=稍后处理，至")
    page.goto("/alerts")
    assert waiting(page) == 3
    page.goto("/alerts/dashboard")
    page.wait_for_selector("svg.chart, .chart svg, svg")
    no_sideways_scrolling(page)
    page.goto("/watches/new")
    page.fill("#name", "夜里不打扰")
    page.fill("#quiet_from", "22:00")
    page.fill("#quiet_until", "07:00")
    no_sideways_scrolling(page)
    follow(page, "#save")
    page.wait_for_selector("text=夜里不打扰")
    no_sideways_scrolling(page)
