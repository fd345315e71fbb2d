"""A hurried afternoon: from an alert to a notice, its receipt, a counter-notice, and the regulator."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from browser.chromium import CLICKED, chromium, follow, new_page, no_sideways_scrolling, sign_in
from scenery import PASSWORD, HandClock, draw_picture
from serving import serving
from site_of_tests import Site, build_site

from ipreg.db import utc_now
from ipreg.runtime import Runtime
from jobs import letters as mails

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@pytest.fixture
def site(runtime: Runtime, clock: HandClock) -> Site:
    clock.now = utc_now()
    return build_site(runtime, clock, confirmed=False)


@pytest.fixture
def browser(site: Site) -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.app) as opened:
        yield opened


def at_the_desk(browser: Browser, address: str, width: int, language: str, who: str = "enterprise") -> Page:
    page = new_page(browser, address, width)
    page.goto(f"/language/{language}")
    sign_in(page, f"{who}@ipreg.example", PASSWORD)
    return page


def test_from_an_alert_to_the_regulator_at_both_widths(
    browser: Browser, address: str, site: Site, tmp_path: Path
) -> None:
    page = at_the_desk(browser, address, 1440, "zh")
    number = send_a_notice(page)
    phone = at_the_desk(browser, address, 360, "en")
    note_a_counter_notice(phone, number, tmp_path)
    hand_it_over(phone)
    look_as_an_officer(at_the_desk(browser, address, 1440, "zh", "regulator"), number)
    follow_by_mail(page, site)


def send_a_notice(page: Page) -> str:
    """From the alert to the platform's receipt; the number of the letter."""
    from playwright.sync_api import expect

    page.goto("/alerts/1")
    follow(page, "#write-notice")
    page.fill("#holder_address", "深圳市罗湖区1号")
    page.fill("#phone", "0755-80000000")
    with page.context.expect_page() as opened:
        page.click("#preview")
    expect(opened.value.locator(".letter-paper")).to_contain_text("第四十二条")
    page.check("#truth")
    follow(page, "#make")
    expect(page.locator("h1")).to_contain_text("已制作，尚未发送")
    with page.expect_download() as saved:
        page.click("#zip")
    assert Path(saved.value.path()).read_bytes()[:4] == b"PK\x03\x04"
    page.locator("summary:has-text('登记已发送')").click()
    page.fill("#sent-reference", "https://ipp.taotao.example")
    follow(page, "#do-sent")
    page.fill("#acknowledged-number", "TT-2026-77")
    follow(page, "#do-acknowledged")
    expect(page.locator(".history")).to_contain_text("TT-2026-77")
    return page.url.rpartition("/")[2]


def note_a_counter_notice(phone: Page, number: str, folder: Path) -> None:
    from playwright.sync_api import expect

    phone.goto("/letters")
    follow(phone, ".letter a")
    assert phone.url.endswith(number)
    phone.click("#open-countered")
    phone.check("#element-identity")
    declared = folder / "declaration.png"
    declared.write_bytes(draw_picture(4, kind="PNG"))
    phone.set_input_files("#countered-files", declared)
    follow(phone, "#do-countered")
    expect(phone.locator("#next")).to_contain_text("15 days left")
    expect(phone.locator(".history")).to_contain_text("Missing: Preliminary evidence")
    no_sideways_scrolling(phone)
    phone.goto("/")
    expect(phone.locator(".letters")).to_contain_text("complain or sue")
    phone.goto("/alerts/1")
    expect(phone.locator("#response")).to_contain_text("15 days left")
    no_sideways_scrolling(phone)


def hand_it_over(phone: Page) -> None:
    """The clock goes on until the platform was told."""
    from playwright.sync_api import expect

    follow(phone, "#response .letter a")
    follow(phone, "#hand-over")
    expect(phone.locator("#letters + ul")).to_contain_text("next: tell the platform by")
    follow(phone, "#letters + ul a")
    expect(phone.locator("#told-number")).to_have_value(re.compile("AJ2026-"))
    follow(phone, "#do-told")
    phone.select_option("#closed-outcome", "removed")
    follow(phone, "#do-closed")
    expect(phone.locator("#next h2")).to_contain_text("Listings removed")


def look_as_an_officer(officer: Page, number: str) -> None:
    from playwright.sync_api import expect

    officer.goto(f"/letters/{number}")
    expect(officer.locator("h1")).to_contain_text("已结束")
    expect(officer.locator("main")).to_contain_text("declaration.png")
    assert officer.locator("main button").count() == 0, "who decides changes nothing in a letter"


def follow_by_mail(page: Page, site: Site) -> None:
    """A warning letter goes out by real SMTP, with the sender's address to answer to."""
    from playwright.sync_api import expect

    page.goto("/alerts/1/letters/warning")
    expect(page.locator("#phone")).to_have_value("0755-80000000")
    page.check("#truth")
    follow(page, "#make")
    page.click("#open-mail")
    page.fill("#mail-email", "seller@shop.example")
    follow(page, "#do-mail")
    expect(page.locator("#next")).to_contain_text("邮件发送中")
    assert mails.run(site.runtime) == 1
    page.reload()
    expect(page.locator(".history")).to_contain_text("邮件服务器已接收")
    kept = next((site.runtime.config.var / "mail").glob("letter-hj*.eml"))
    mail = email.message_from_bytes(kept.read_bytes(), policy=default)
    assert (mail["To"], mail["Reply-To"]) == ("seller@shop.example", "enterprise@ipreg.example")
    names = [one.get_filename() for one in mail.iter_attachments()]  # type: ignore[attr-defined]
    assert names[0].endswith(".pdf") and "annex-01-certificate.pdf" in names
