"""The way from a file to a decision, clicked through in a real Chromium, at a phone's width and at a desk's."""

from __future__ import annotations

import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scenery import PASSWORD, HandClock, draw_picture, edited_copy
from waitress.server import create_server

from ipreg import accounts
from ipreg.app import create_app
from ipreg.db import transaction
from ipreg.models import Role
from ipreg.runtime import Runtime
from jobs import alerts, checkpoints, fingerprints, imports, matches

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("IPREG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
NEXT = "main button.btn-primary[value=next]"
pytestmark = [
    pytest.mark.browser,
    pytest.mark.network,
    pytest.mark.skipif(not CHROMIUM, reason="NO CHROMIUM HERE: install Debian's package chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


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
    server = create_server(create_app(runtime.config), host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(10)


def new_page(browser: Browser, address: str, width: int) -> Page:
    page = browser.new_context(base_url=address, viewport={"width": width, "height": 900}).new_page()
    page.on("pageerror", lambda fault: pytest.fail(f"script failed: {fault}"))
    return page


def no_sideways_scrolling(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def sign_up(page: Page, role: str, organization: str = "", code: str = "") -> None:
    page.goto("/sign-up")
    page.check(f"#role-{role}")
    page.fill("#name", role)
    page.fill("#email", f"{role}@ipreg.example")
    page.fill("#password", PASSWORD)
    page.fill("#organization_name", organization)
    page.fill("#join_code", code)
    no_sideways_scrolling(page)
    page.click("main form button")


def file_by_clicking(designer: Page, picture: Path) -> None:
    designer.set_input_files("#files", picture)
    designer.wait_for_selector(".draft-file img")
    no_sideways_scrolling(designer)
    designer.click(NEXT)
    designer.fill("#title", "云纹外套")
    designer.select_option("#industry", "clothing")
    designer.click(NEXT)
    designer.fill("#creator", "林晓")
    designer.fill("#created_on", "2026-01-31")
    designer.select_option("#disclosure", "none")
    no_sideways_scrolling(designer)
    designer.click(NEXT)
    no_sideways_scrolling(designer)
    designer.click("text=立即备案")


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

    designer.click("main a[href='/filings/new']")
    file_by_clicking(designer, tmp_path / "front.jpg")
    designer.wait_for_selector("text=刚刚验证通过")
    no_sideways_scrolling(designer)

    enterprise.goto("/imports")
    enterprise.set_input_files("#feed", tmp_path / "feed.csv")
    enterprise.set_input_files("#pictures", tmp_path / "copy.jpg")
    enterprise.click("main form button")
    enterprise.wait_for_selector("progress")
    for job in (imports, checkpoints, fingerprints, matches, alerts):
        job.run(runtime)
    enterprise.wait_for_selector("text=已完成")

    enterprise.goto("/alerts")
    no_sideways_scrolling(enterprise)
    enterprise.click(".pair-title")
    for picture in enterprise.locator(".side-by-side img").all():
        picture.evaluate("one => one.decode()")
    no_sideways_scrolling(enterprise)
    enterprise.click("#confirm")
    enterprise.wait_for_selector("text=已确认")

    regulator.goto("/sign-in")
    regulator.fill("#email", "regulator@ipreg.example")
    regulator.fill("#password", PASSWORD)
    regulator.click("main form button")
    regulator.click("a.pair")
    regulator.click("#assign")
    regulator.check("#outcome-infringing")
    regulator.fill("#reason", "图案与廓形和备案一致，仅作左右镜像。")
    no_sideways_scrolling(regulator)
    regulator.click("#decide")
    regulator.wait_for_selector(".history >> text=决定：侵权成立")
    regulator.click("text=English")
    assert "Decided: infringing" in regulator.locator(".history").inner_text()
    assert not re.search(
        "[\u4e00-\u9fff]", regulator.locator("nav").inner_text().replace("中文", "").replace("陈科员", "")
    )
    no_sideways_scrolling(regulator)
