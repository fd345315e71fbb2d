"""An officer's day in a real Chromium, at a desk and on a phone, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, press, sign_in
from scenery import PASSWORD
from serving import serving
from site_of_tests import Site

from ipreg.casework import rulings
from jobs import checkpoints

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@dataclass(frozen=True)
class Words:
    """What the page says in one language."""

    code: str
    filter: str
    save: str
    faster: str
    reviewed: str
    infringing: str
    decided: str
    verify: str
    holds: str
    reason: str


WORDS = (
    Words("zh", "筛选", "保存视图", "刚刚有改动", "办理中", "侵权成立", "决定：侵权成立", "立即验证本案全部记录",
          "全部成立", "图案与廓形和备案一致，仅作左右镜像。"),
    Words("en", "Filter", "Save the view", "changed in the", "Under review", "Infringing", "Decided: infringing",
          "Verify everything in this case now", "All of it was verified just now",
          "Pattern and outline are as filed, only mirrored."),
)  # fmt: skip
WIDTHS = (1440, 360)


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.app) as opened:
        yield opened


def officer(browser: Browser, address: str, width: int, name: str, language: str) -> Page:
    page = new_page(browser, address, width)
    page.goto(f"/language/{language}")
    sign_in(page, f"{name}@ipreg.example", PASSWORD)
    page.goto(f"/cases?lang={language}")
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("say", WORDS, ids=lambda one: one.code)
def test_a_case_from_the_queue_to_the_decision(
    browser: Browser, address: str, site: Site, say: Words, width: int
) -> None:
    desk = officer(browser, address, width, "regulator", say.code)
    save_a_view(desk, say)
    # Two officers have the same page; the slower one is told by name.
    other = officer(browser, address, WIDTHS[1 - WIDTHS.index(width)], "second-regulator", say.code)
    other.goto(f"/cases/{site.case}")
    no_sideways_scrolling(other)
    desk.keyboard.press("j")
    press(desk, "Enter")
    follow(desk, "#assign")
    follow(other, "#assign")
    told = other.locator("main").inner_text()
    assert "regulator" in told and say.faster in told, told

    look_closely(desk, say)
    desk.fill("#note", "@second-regulator 请协助核对 please check")
    follow(desk, "#add-note")
    call_a_hearing_too_soon(desk)
    decide(desk, say)
    checkpoints.run(site.runtime)
    follow(desk, f"text={say.verify}")
    assert say.holds in desk.locator("[role=status]").inner_text()

    other.goto(f"/cases/{site.case}")
    assert "协助核对" in other.locator("#notes").inner_text()
    assert say.decided in other.locator(".history").inner_text()
    assert other.locator("#decision").inner_text().startswith(say.infringing)
    no_sideways_scrolling(other)
    other.goto("/cases?tab=follow_up")
    assert other.locator(".caserow").count() == 1
    no_sideways_scrolling(other)


def save_a_view(desk: Page, say: Words) -> None:
    desk.click(f"summary:has-text('{say.filter}')")
    desk.select_option("select[name=officer]", "none")
    follow(desk, ".filterform button")
    assert "officer=none" in desk.url
    if not desk.is_visible("#view-name"):
        desk.click(f"summary:has-text('{say.filter}')")
    desk.fill("#view-name", "无人承办 unassigned")
    follow(desk, f"text={say.save}")
    assert desk.locator(".savedviews a").inner_text() == "无人承办 unassigned"
    no_sideways_scrolling(desk)


def look_closely(desk: Page, say: Words) -> None:
    """Zoom, mirror, one picture over the other, the regions that agree, and where the case stands."""
    desk.locator("[data-zoom]").fill("2")
    assert "scale(2" in (desk.locator("[data-side=filed] img").get_attribute("style") or "")
    desk.click("[data-flip]")
    assert "scale(-2" in (desk.locator("[data-side=seen] img").get_attribute("style") or "")
    for summary in desk.locator(".laid summary").all():
        summary.click()
    for picture in ("[data-over]", ".laid .overlay"):
        desk.locator(picture).evaluate("one => one.decode()")
    desk.locator("[data-reveal]").fill("20")
    assert "80%" in desk.locator("[data-over]").evaluate("one => one.style.clipPath")
    assert desk.locator(".machine .stands text").text_content() == say.reviewed
    no_sideways_scrolling(desk)


def call_a_hearing_too_soon(desk: Page) -> None:
    """It is refused beside the field, and nothing that was written is lost."""
    step = desk.locator(".step", has=desk.locator("#step-hearing_called-time"))
    step.locator("summary").click()
    desk.fill("#step-hearing_called-time", "2026-01-05T09:30")
    desk.fill("#step-hearing_called-place", "三楼听证室 Room 3")
    desk.fill("#step-hearing_called-reason", "双方对形成时间有争议。The dates are disputed.")
    follow(desk, "#do-hearing-called")
    assert desk.locator("#fault-time").is_visible()
    assert desk.input_value("#step-hearing_called-place") == "三楼听证室 Room 3"
    assert desk.input_value("#step-hearing_called-time") == "2026-01-05T09:30"
    no_sideways_scrolling(desk)


def decide(desk: Page, say: Words) -> None:
    """By the template for the outcome; with its gaps it is no decision yet. That the other side is heard first is
    what the page offers."""
    assert (desk.get_attribute("#to-notice", "href") or "").endswith("/parties#notice")
    desk.click("#unheard-decision > summary")
    desk.check("#outcome-infringing")
    desk.fill("#reason", say.reason)
    desk.fill("#unheard", say.reason)
    follow(desk, f"#draft-{say.code}")
    text = desk.input_value("#reason")
    assert text.startswith(say.reason) and rulings.GAPS[say.code] in text
    assert desk.is_checked("#outcome-infringing") and desk.input_value("#unheard") == say.reason
    follow(desk, "#decide")
    assert desk.locator("#fault-reason").is_visible()
    desk.fill("#reason", text.replace(rulings.GAPS[say.code], "OK"))
    no_sideways_scrolling(desk)
    follow(desk, "#decide")
    desk.wait_for_selector(f".history >> text={say.decided}")
