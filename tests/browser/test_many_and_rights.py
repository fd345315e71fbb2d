"""Many designs filed from one ZIP, then what one of them becomes: a right recorded, packages taken, all clicked."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from apps import create_app
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, sign_in
from filing.test_batches import HEAD, packed
from scenery import PASSWORD, People, draw_picture
from serving import serving

from ipreg.db import transaction, utc_now
from ipreg.runtime import Runtime
from jobs import batches

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED
ROWS = """外套一,服装,林晓,2026-01-31,图/0.jpg,尚未公开,
外套二,Clothing,林晓,2026-01-31,1.jpg,,
外套三,服装,,2026-01-31,9.jpg,,
"""
WIDTHS = pytest.mark.parametrize(("width", "locale"), [(360, "zh"), (1440, "en")])


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    with transaction(runtime.sessions) as session:
        People(session, utc_now())
    with serving(create_app(runtime.config)) as opened:
        yield opened


def designer(browser: Browser, address: str, width: int, locale: str) -> Page:
    page = new_page(browser, address, width)
    page.goto(f"/sign-in?lang={locale}")
    sign_in(page, "freelancer@ipreg.example", PASSWORD)
    return page


def files_many(page: Page, runtime: Runtime) -> None:
    """A ZIP with two good rows and a bad one: looked at, the bad one alone, then the good ones filed."""
    page.goto("/filings")
    follow(page, "main a[href='/filings/batches']")
    assert "260 MB" in page.inner_text("main ol")
    no_sideways_scrolling(page)
    sent = {"name": "批次.zip", "mimeType": "application/zip", "buffer": packed(HEAD + ROWS)}
    page.set_input_files("#batch", sent)
    follow(page, "main form button.btn-primary")
    page.wait_for_selector("#progress")
    batches.run(runtime)
    page.wait_for_selector("form.actions")  # the page looks again by itself
    no_sideways_scrolling(page)
    follow(page, "main nav a[href*='state=bad']")
    assert page.locator("tbody tr").count() == 1 and "9.jpg" in page.inner_text("tbody")
    follow(page, "form.actions button")
    batches.run(runtime)
    page.wait_for_selector(".alert-success")
    no_sideways_scrolling(page)
    follow(page, "tbody a >> nth=0")


def records_a_right(page: Page) -> None:
    """A number that can't be one is told beside its field, and what was entered stays."""
    page.click("summary >> nth=-1")
    page.select_option("#kind", "trade_mark")
    page.fill("#number", "1")
    page.fill("#applied_on", "2026-02-02")
    follow(page, "main form[enctype] button.btn-primary")
    assert page.locator("#fault-number").is_visible() and page.input_value("#applied_on") == "2026-02-02"
    no_sideways_scrolling(page)
    page.fill("#number", "12345678")
    receipt = {"name": "受理.png", "mimeType": "image/png", "buffer": draw_picture(3, kind="PNG")}
    page.set_input_files("#paper", receipt)
    follow(page, "main form[enctype] button.btn-primary")
    assert "12345678" in page.inner_text("ul.records") and "受理.png" in page.inner_text("ul.records")
    no_sideways_scrolling(page)


def takes_the_package(page: Page, kind: str, answers: dict[str, str], holds: str) -> None:
    follow(page, f"a[href$='/packages/{kind}']")
    for field, text in answers.items():
        page.fill(f"#{field}", text)
    no_sideways_scrolling(page)
    with page.expect_download() as download:
        page.click("main button[value=download]")
    with zipfile.ZipFile(download.value.path()) as archive:
        assert any(name.startswith(holds) for name in archive.namelist()), archive.namelist()
    page.reload()
    assert all(page.input_value(f"#{field}") == text for field, text in answers.items()), "kept for the next time"
    follow(page, "main a >> nth=0")


@WIDTHS
def test_from_a_zip_to_what_a_design_becomes(
    browser: Browser, address: str, runtime: Runtime, width: int, locale: str
) -> None:
    page = designer(browser, address, width, locale)
    files_many(page, runtime)
    filing = page.url
    follow(page, "a[href$='/rights']")
    no_sideways_scrolling(page)
    records_a_right(page)
    takes_the_package(page, "patent", {"product_name": "外套", "essentials": "形状与图案"}, "简要说明")
    takes_the_package(page, "works", {"purpose": "秋季系列"}, "")
    takes_the_package(page, "hague", {"name_en": "Coat"}, "")
    page.goto(filing)
    assert "12345678" in page.inner_text("main"), "what it became stands on the filing"
    page.context.close()
