"""The way from a file to a decision, clicked through in a real Chromium, at a phone's width and at a desk's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from apps import create_app
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, sign_in
from scenery import PASSWORD, HandClock, draw_picture, edited_copy
from serving import serving

from ipreg import accounts
from ipreg.db import transaction
from ipreg.models import Role
from ipreg.runtime import Runtime
from jobs import alerts, checkpoints, fingerprints, imports, matches

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NEXT = "main button.btn-primary[value=next]"
pytestmark = CLICKED


@pytest.fixture
def address(runtime: Runtime, clock: HandClock) -> Iterator[str]:
    with transaction(runtime.sessions) as session:
        accounts.create_account(
            session,
            email="regulator@ipreg.example",
            password=PASSWORD,
            name="陈科员",
            role=Role.REGULATOR,
            now=clock(),
        )
    with serving(create_app(runtime.config)) as opened:
        yield opened


def sign_up(page: Page, role: str, organization: str = "", code: str = "") -> None:
    page.goto("/sign-up")
    page.check(f"#role-{role}")
    page.fill("#name", role)
    page.fill("#email", f"{role}@ipreg.example")
    page.fill("#password", PASSWORD)
    page.fill("#organization_name", organization)
    page.fill("#join_code", code)
    no_sideways_scrolling(page)
    follow(page, "main form button")


def file_by_clicking(designer: Page, picture: Path) -> None:
    designer.set_input_files("#files", picture)
    designer.wait_for_selector(".draft-file img")
    no_sideways_scrolling(designer)
    follow(designer, NEXT)
    designer.fill("#title", "云纹外套")
    designer.select_option("#industry", "clothing")
    follow(designer, NEXT)
    designer.fill("#creator", "林晓")
    designer.fill("#created_on", "2026-01-31")
    designer.select_option("#disclosure", "none")
    no_sideways_scrolling(designer)
    follow(designer, NEXT)
    no_sideways_scrolling(designer)
    follow(designer, "text=立即备案")


@pytest.mark.parametrize("width", [360, 1440])
def test_from_a_file_to_a_decision_by_clicking(
    browser: Browser, address: str, runtime: Runtime, tmp_path: Path, width: int
) -> None:
    for name, data in (("front.jpg", draw_picture(1)), ("copy.jpg", edited_copy(draw_picture(1)))):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "feed.csv").write_text("platform,listing_id,title,pictures\n淘淘,1,秋冬外套,copy.jpg\n", "utf-8")
    enterprise, designer, regulator = (new_page(browser, address, width) for _ in range(3))
    sign_up(enterprise, "enterprise", organization="锦绣服饰")
    enterprise.goto("/account")
    no_sideways_scrolling(enterprise)
    sign_up(designer, "designer", code=enterprise.locator("dd code").inner_text())

    follow(designer, "main a[href='/filings/new']")
    file_by_clicking(designer, tmp_path / "front.jpg")
    designer.wait_for_selector("text=刚刚验证通过")
    no_sideways_scrolling(designer)

    enterprise.goto("/imports")
    enterprise.set_input_files("#feed", tmp_path / "feed.csv")
    enterprise.set_input_files("#pictures", tmp_path / "copy.jpg")
    follow(enterprise, "main form button")
    enterprise.wait_for_selector("progress")
    for job in (imports, checkpoints, fingerprints, matches, alerts):
        job.run(runtime)
    enterprise.wait_for_selector("text=已完成")

    enterprise.goto("/alerts")
    no_sideways_scrolling(enterprise)
    follow(enterprise, ".pair-title")
    for picture in enterprise.locator(".side-by-side img").all():
        picture.evaluate("one => one.decode()")
    no_sideways_scrolling(enterprise)
    follow(enterprise, "#confirm")
    enterprise.wait_for_selector("text=已确认")

    sign_in(regulator, "regulator@ipreg.example", PASSWORD)
    follow(regulator, "a.pair")
    follow(regulator, "#assign")
    regulator.click("#unheard-decision > summary")
    regulator.check("#outcome-infringing")
    regulator.fill("#reason", "图案与廓形和备案一致，仅作左右镜像。")
    regulator.fill("#unheard", "卖家已注销店铺，无法送达告知书。")
    no_sideways_scrolling(regulator)
    follow(regulator, "#decide")
    regulator.wait_for_selector(".history >> text=决定：侵权成立")
    follow(regulator, "text=English")
    assert "Decided: infringing" in regulator.locator(".history").inner_text()
    assert not re.search(
        "[\u4e00-\u9fff]", regulator.locator("nav").inner_text().replace("中文", "").replace("陈科员", "")
    )
    no_sideways_scrolling(regulator)
