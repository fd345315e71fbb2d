"""A seller answers from his phone: the notice's link, a picture, the receipt, the decision, the bundle offline."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, sign_in
from scenery import PASSWORD, draw_picture
from serving import serving
from site_of_tests import Site

from ipreg import bundle
from jobs import checkpoints, papers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    site.app.config.update(WTF_CSRF_ENABLED=True)
    with serving(site.app) as opened:
        yield opened


def look(page: Page) -> None:
    """Nothing sticks out sideways, and axe finds nothing."""
    no_sideways_scrolling(page)
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


def test_a_seller_answers_from_his_phone_and_strangers_check_the_decision(
    browser: Browser, address: str, site: Site, tmp_path: Path
) -> None:
    officer = new_page(browser, address, 1440)
    sign_in(officer, "regulator@ipreg.example", PASSWORD)
    officer.goto(f"/cases/{site.case}")
    follow(officer, "#assign")
    follow(officer, "text=当事人与文书")
    officer.fill("#name", "快手小铺")
    officer.fill("#reason", "图案与备案设计基本一致，请说明来源。")
    look(officer)
    follow(officer, "#notice button")
    path = (officer.get_attribute("#link", "href") or "").partition("/respond/")[2]

    with ThreadPoolExecutor(1) as work:  # the signing wants an event loop of its own
        assert work.submit(papers.run, site.runtime).result() == 2, "acceptance, notice"
    phone = new_page(browser, address, 360)
    phone.goto(f"/respond/{path}")
    look(phone)
    follow(phone, "#open")
    phone.fill("#text", "本店商品为自行设计，附有设计稿。")
    (tmp_path / "draft.jpg").write_bytes(draw_picture(5))
    phone.set_input_files("#files", tmp_path / "draft.jpg")
    look(phone)
    follow(phone, "#hand-in .btn-primary")
    checkpoints.run(site.runtime)
    phone.reload()
    phone.wait_for_selector("text=刚刚验证通过")
    assert f"{site.case}/1" in phone.locator("h1").inner_text()
    look(phone)

    officer.goto(f"/cases/{site.case}")
    officer.check("#outcome-infringing")
    officer.fill("#reason", "图案、廓形一致，来源说明不成立。")
    follow(officer, "#decide")
    officer.wait_for_selector(".history >> text=决定：侵权成立")
    with ThreadPoolExecutor(1) as work:
        assert work.submit(papers.run, site.runtime).result() == 1, "the decision"
    phone.goto("/respond")
    with phone.expect_download() as given:
        phone.locator("a", has_text="决定").first.click()
    given.value.save_as(tmp_path / "decision.pdf")
    assert (tmp_path / "decision.pdf").read_bytes().startswith(b"%PDF")

    officer.goto(f"/cases/{site.case}/parties")
    officer.wait_for_selector("text=对方已于")
    look(officer)
    with officer.expect_download() as whole:
        officer.click("text=案件证据包")
    whole.value.save_as(tmp_path / "case.zip")
    (tmp_path / "verifier.py").write_bytes(bundle.verifier_source())
    key = ["--key", str(site.runtime.log_key.verifier)]
    run = subprocess.run(
        [sys.executable, tmp_path / "verifier.py", tmp_path / "case.zip", *key],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert run.returncode == 0 and "核验通过" in run.stdout, run.stdout
    appeal_by_phone(phone, officer, site)
    look_as_an_auditor(browser, address)


def appeal_by_phone(phone: Page, officer: Page, site: Site) -> None:
    phone.goto("/respond")
    phone.click("text=填写复议申请")
    phone.fill("#appeal-text", "决定未采纳我方设计稿的形成时间。")
    look(phone)
    follow(phone, "#appeal .btn-primary")
    phone.wait_for_selector(f"h1:has-text('{site.case}/2')")
    look(phone)
    officer.goto(f"/cases/{site.case}")
    officer.wait_for_selector(".history >> text=已提出复议")
    look(officer)


def look_as_an_auditor(browser: Browser, address: str) -> None:
    auditor = new_page(browser, address, 360)
    sign_in(auditor, "auditor@ipreg.example", PASSWORD)
    for page in ("/audit", "/statistics", "/figures?lang=en"):
        auditor.goto(page)
        look(auditor)
