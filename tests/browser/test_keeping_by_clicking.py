"""A sealed design is filed, amended, licensed, transferred and withdrawn, clicked through at a phone's width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from apps import create_app
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling
from browser.chromium import sign_in as sign_in_as
from scenery import PASSWORD, HandClock, People, design_form, draw_picture, one_picture
from serving import serving

from ipreg import registry
from ipreg.db import transaction, utc_now
from ipreg.runtime import Runtime

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    """A site on which a designer has filed a sealed design."""
    now = utc_now()
    with transaction(runtime.sessions) as session:
        people = People(session, now)
        people.rival.email_verified_at = now
        registry.register_design(
            session, runtime.store, applicant=people.freelancer, form=design_form(), pictures=one_picture(1),
            request_key="r", sealed=True, now=now,
        )  # fmt: skip
    with serving(create_app(runtime.config)) as opened:
        yield opened


def sign_in(browser: Browser, address: str, name: str) -> Page:
    page = new_page(browser, address, 360)
    sign_in_as(page, f"{name}@ipreg.example", PASSWORD)
    return page


def test_what_an_owner_does_with_a_sealed_design(browser: Browser, address: str, clock: HandClock) -> None:
    owner, other = (sign_in(browser, address, name) for name in ("freelancer", "rival"))
    owner.goto("/filings")
    follow(owner, "text=云纹外套")
    filing = owner.url
    owner.wait_for_selector(".alert-info")
    assert other.goto(filing).status == 404  # type: ignore[union-attr]

    follow(owner, "text=修改（提交新版本）")
    owner.fill("#title", "云纹外套（立领）")
    owner.select_option("#view", "back")
    owner.set_input_files("#pictures", {"name": "b.jpg", "mimeType": "image/jpeg", "buffer": draw_picture(9)})
    follow(owner, "#file-version")
    follow(owner, "text=与第 1 版比较")
    owner.wait_for_selector(".compared .changed")
    assert owner.locator(".compared .changed").count() == 1
    assert owner.locator(".versions img").count() == 3
    no_sideways_scrolling(owner)

    owner.goto(f"{filing}/offer/licence")
    owner.fill("#taker_email", "rival@ipreg.example")
    owner.fill("#shops", "锦绣旗舰店*")
    follow(owner, "#offer")
    owner.wait_for_selector("#take-back")
    other.goto("/agreements")
    follow(other, "main a.card")
    follow(other, "#accept")
    follow(other, "text=查看设计")
    assert other.url == filing
    other.wait_for_selector("img.shown")
    assert other.request.get(other.locator("img.shown").first.get_attribute("src") or "").status == 200
    assert other.locator("text=证据包（ZIP）").count() == 0
    no_sideways_scrolling(other)

    owner.goto(f"{filing}/offer/transfer")
    owner.fill("#taker_email", "rival@ipreg.example")
    follow(owner, "#offer")
    owner.wait_for_selector("#take-back")
    other.goto("/agreements")
    follow(other, "main a.card >> nth=0")
    follow(other, "#accept")
    other.wait_for_selector("#accept", state="detached")
    owner.goto(filing)
    assert owner.locator(".unseen").count() == 2  # sealed now from who filed it

    other.goto(f"{filing}/withdraw")
    other.fill("#confirmed", "no")
    follow(other, "#withdraw")
    other.wait_for_selector("#fault-confirmed")
    other.fill("#confirmed", filing.rsplit("/", 1)[-1])
    follow(other, "#withdraw")
    other.wait_for_selector(".alert-warning")
    other.goto("/verify/" + filing.rsplit("/", 1)[-1])
    assert "撤回" in other.inner_text("dl.facts")
    no_sideways_scrolling(other)
