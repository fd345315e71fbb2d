"""A seller answers from his phone: the notice's link, a picture, the receipt, the decision, the bundle offline."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from scenery import PASSWORD, draw_picture
from site_of_tests import Site
from waitress.server import create_server

from ipreg import bundle
from jobs import checkpoints, papers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("IPREG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.network,
    pytest.mark.skipif(not CHROMIUM, reason="NO CHROMIUM HERE: install Debian's package chromium"),
]


@pytest.fixture
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as engine:
        opened = engine.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield opened
        opened.close()


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    site.app.config.update(WTF_CSRF_ENABLED=True)
    server = create_server(site.app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(10)


def look(page: Page) -> None:
    """Nothing sticks out sideways, and axe finds nothing."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
    found = Axe().run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()


def test_a_seller_answers_from_his_phone_and_strangers_check_the_decision(
    browser: Browser, address: str, site: Site, tmp_path: Path
) -> None:
    officer = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
    officer.goto("/sign-in")
    officer.fill("#email", "regulator@ipreg.example")
    officer.fill("#password", PASSWORD)
    officer.click("main form button")
    officer.goto(f"/cases/{site.case}")
    officer.click("#assign")
    officer.click("text=当事人与文书")
    officer.fill("#name", "快手小铺")
    officer.fill("#reason", "图案与备案设计基本一致，请说明来源。")
    look(officer)
    officer.click("#notice button")
    path = (officer.get_attribute("#link", "href") or "").partition("/respond/")[2]

    phone = browser.new_context(base_url=address, viewport={"width": 360, "height": 740}).new_page()
    phone.goto(f"/respond/{path}")
    look(phone)
    phone.click("#open")
    phone.fill("#text", "本店商品为自行设计，附有设计稿。")
    (tmp_path / "draft.jpg").write_bytes(draw_picture(5))
    phone.set_input_files("#files", tmp_path / "draft.jpg")
    look(phone)
    phone.click("#hand-in .btn-primary")
    checkpoints.run(site.runtime)
    phone.reload()
    phone.wait_for_selector("text=刚刚验证通过")
    assert f"{site.case}/1" in phone.locator("h1").inner_text()
    look(phone)

    officer.goto(f"/cases/{site.case}")
    officer.check("#outcome-infringing")
    officer.fill("#reason", "图案、廓形一致，来源说明不成立。")
    officer.click("#decide")
    officer.wait_for_selector(".history >> text=决定：侵权成立")
    with ThreadPoolExecutor(1) as work:  # the signing wants an event loop of its own
        assert work.submit(papers.run, site.runtime).result() == 2
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
    look_as_an_auditor(browser, address)


def look_as_an_auditor(browser: Browser, address: str) -> None:
    auditor = browser.new_context(base_url=address, viewport={"width": 360, "height": 740}).new_page()
    auditor.goto("/sign-in")
    auditor.fill("#email", "auditor@ipreg.example")
    auditor.fill("#password", PASSWORD)
    auditor.click("main form button")
    for page in ("/audit", "/statistics", "/figures?lang=en"):
        auditor.goto(page)
        look(auditor)
