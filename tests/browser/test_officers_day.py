"""An officer's day in a real Chromium: a case from the queue to a decision at a desk; a phone in English."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, press, sign_in
from scenery import PASSWORD
from serving import serving
from site_of_tests import Site

from jobs import checkpoints

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED
REASON = "图案与廓形和备案一致，仅作左右镜像。"


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.app) as opened:
        yield opened


def officer(browser: Browser, address: str, width: int, name: str) -> Page:
    page = new_page(browser, address, width)
    sign_in(page, f"{name}@ipreg.example", PASSWORD)
    page.goto("/cases")
    return page


def test_a_case_from_the_queue_to_the_decision(browser: Browser, address: str, site: Site) -> None:
    desk = officer(browser, address, 1440, "regulator")
    desk.click("summary:has-text('筛选')")
    desk.select_option("select[name=officer]", "none")
    follow(desk, "text=筛选 >> nth=-1")
    assert "officer=none" in desk.url
    desk.click("summary:has-text('筛选') >> nth=0") if not desk.is_visible("#view-name") else None
    desk.fill("#view-name", "无人承办")
    follow(desk, "text=保存视图")
    assert desk.locator(".savedviews a").inner_text() == "无人承办"

    # Two officers have the same page; the slower one is told by name.
    phone = officer(browser, address, 360, "second-regulator")
    phone.goto(f"/cases/{site.case}")
    no_sideways_scrolling(phone)
    desk.keyboard.press("j")
    press(desk, "Enter")
    follow(desk, "#assign")
    follow(phone, "#assign")
    assert "regulator" in phone.locator("main").inner_text() and "别人" in phone.locator("main").inner_text()

    desk.locator("[data-zoom]").fill("2")
    assert "scale(2" in (desk.locator("[data-side=filed] img").get_attribute("style") or "")
    desk.click("[data-flip]")
    assert "scale(-2" in (desk.locator("[data-side=seen] img").get_attribute("style") or "")
    desk.click(".laid summary")
    desk.locator("[data-over]").evaluate("one => one.decode()")
    desk.locator("[data-reveal]").fill("20")
    assert "80%" in desk.locator("[data-over]").evaluate("one => one.style.clipPath")
    assert desk.locator(".machine .stands text").text_content() == "办理中"
    desk.fill("#note", "@second-regulator 请协助核对")
    follow(desk, "#add-note")
    desk.check("#outcome-infringing")
    desk.fill("#reason", REASON)
    desk.fill("#unheard", REASON)
    no_sideways_scrolling(desk)
    follow(desk, "#decide")
    desk.wait_for_selector(".history >> text=决定：侵权成立")
    checkpoints.run(site.runtime)
    follow(desk, "text=立即验证本案全部记录")
    assert "全部成立" in desk.locator("[role=status]").inner_text()

    phone.goto("/language/en")
    phone.goto(f"/cases/{site.case}")
    assert "协助核对" in phone.locator("#notes").inner_text()
    assert "Decided: infringing" in phone.locator(".history").inner_text()
    assert phone.locator("#decision").inner_text().startswith("Infringing")
    no_sideways_scrolling(phone)
    phone.goto("/cases?tab=follow_up")
    assert phone.locator(".caserow").count() == 1
    no_sideways_scrolling(phone)
