"""A seller answers, is heard and appeals, on a phone and at a desk, in both languages; strangers check the case."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling, sign_in
from respondent import hearing_has_begun
from scenery import PASSWORD, draw_picture
from serving import serving
from site_of_tests import Site

from ipreg import bundle, workdays
from ipreg.db import utc_now
from jobs import checkpoints, papers

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@dataclass(frozen=True)
class Words:
    """What the pages say in one language."""

    code: str
    verified: str
    decided: str
    decision: str
    hearing: str
    bundle: str
    opened: str
    write: str
    appealed: str


WORDS = (
    Words("zh", "刚刚验证通过", "决定：侵权成立", "处理决定书", "听证通知书",
          "案件证据包", "被投诉方已于", "填写内部复核申请", "已申请内部复核"),
    Words("en", "verified just now", "Decided: infringing", "Written decision", "Notice of hearing", "Case bundle",
          "respondent opened it", "Ask for an internal review", "Internal review asked for"),
)  # fmt: skip
WIDTHS = (360, 1440)


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


def person(browser: Browser, address: str, width: int, say: Words, name: str = "") -> Page:
    page = new_page(browser, address, width)
    page.goto(f"/language/{say.code}")
    if name:
        sign_in(page, f"{name}@ipreg.example", PASSWORD)
        page.goto(f"/?lang={say.code}")
    return page


def make_papers(site: Site, count: int) -> None:
    with ThreadPoolExecutor(1) as work:  # the signing wants an event loop of its own
        assert work.submit(papers.run, site.runtime).result() == count


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("say", WORDS, ids=lambda one: one.code)
def test_a_seller_answers_is_heard_and_appeals_and_strangers_check_the_case(
    browser: Browser, address: str, site: Site, tmp_path: Path, say: Words, width: int
) -> None:
    officer = person(browser, address, WIDTHS[1 - WIDTHS.index(width)], say, "regulator")
    path = issue_notice(officer, site)
    make_papers(site, 2)  # acceptance, notice
    seller = person(browser, address, width, say)
    answer(seller, path, site, tmp_path, say)
    hear(officer, seller, site, say)
    decide(officer, site, say)
    make_papers(site, 1)
    seller.goto("/respond")
    with seller.expect_download() as given:
        seller.locator("main ul a", has_text=say.decision).first.click()
    given.value.save_as(tmp_path / "decision.pdf")
    assert (tmp_path / "decision.pdf").read_bytes().startswith(b"%PDF")
    check_offline(officer, site, tmp_path, say)
    appeal(seller, officer, site, say)
    look_as_an_auditor(browser, address, width, say)


def issue_notice(officer: Page, site: Site) -> str:
    officer.goto(f"/cases/{site.case}")
    follow(officer, "#assign")
    follow(officer, f"a[href$='/{site.case}/parties']")
    officer.fill("#name", "快手小铺")
    officer.fill("#reason", "图案与备案设计基本一致，请说明来源。")
    look(officer)
    follow(officer, "#notice button")
    return (officer.get_attribute("#link", "href") or "").partition("/respond/")[2]


def answer(seller: Page, path: str, site: Site, tmp_path: Path, say: Words) -> None:
    seller.goto(f"/respond/{path}")
    look(seller)
    follow(seller, "#open")
    seller.fill("#text", "本店商品为自行设计，附有设计稿。")
    (tmp_path / "draft.jpg").write_bytes(draw_picture(5))
    seller.set_input_files("#files", tmp_path / "draft.jpg")
    look(seller)
    follow(seller, "#hand-in .btn-primary")
    checkpoints.run(site.runtime)
    seller.reload()
    seller.wait_for_selector(f"text={say.verified}")
    assert f"{site.case}/1" in seller.locator("h1").inner_text()
    look(seller)


def hear(officer: Page, seller: Page, site: Site, say: Words) -> None:
    """Both sides get a paper that says when and where; the minutes end the hearing."""
    day = workdays.add_working_days(workdays.shanghai_day(utc_now()), 8)
    officer.goto(f"/cases/{site.case}")
    officer.locator(".step", has=officer.locator("#step-hearing_called-time")).locator("summary").click()
    officer.fill("#step-hearing_called-time", f"{day}T09:30")
    officer.fill("#step-hearing_called-place", "三楼听证室 Room 3")
    officer.fill("#step-hearing_called-reason", "双方对设计的形成时间有争议。")
    follow(officer, "#do-hearing-called")
    assert f"{day} 09:30" in officer.locator("#hearing").inner_text()
    look(officer)
    make_papers(site, 1)
    seller.goto("/respond")
    assert f"{day} 09:30" in seller.locator("#hearing").inner_text()
    assert "Room 3" in seller.locator("#hearing").inner_text()
    with seller.expect_download() as given:
        seller.click(f"main ul a:has-text('{say.hearing}')")
    assert given.value.path().read_bytes().startswith(b"%PDF")
    officer.goto(f"/cases/{site.case}")
    minutes = {"name": "minutes.txt", "mimeType": "text/plain", "buffer": b"minutes"}
    officer.set_input_files("#step-hearing_held-document", minutes)  # type: ignore[arg-type]
    officer.fill("#step-hearing_held-reason", "双方到场，陈述了意见。")
    hearing_has_begun(site)
    follow(officer, "#hearing-held")
    assert not officer.locator("#hearing").count()


def decide(officer: Page, site: Site, say: Words) -> None:
    officer.goto(f"/cases/{site.case}")
    officer.check("#outcome-infringing")
    officer.fill("#reason", "图案、廓形一致，来源说明不成立。")
    follow(officer, "#decide")
    officer.wait_for_selector(f".history >> text={say.decided}")


def check_offline(officer: Page, site: Site, tmp_path: Path, say: Words) -> None:
    officer.goto(f"/cases/{site.case}/parties")
    officer.wait_for_selector(f"text={say.opened}")
    look(officer)
    with officer.expect_download() as whole:
        officer.click(f"text={say.bundle}")
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


def appeal(seller: Page, officer: Page, site: Site, say: Words) -> None:
    seller.goto("/respond")
    seller.click(f"text={say.write}")
    seller.fill("#appeal-text", "决定未采纳我方设计稿的形成时间。")
    look(seller)
    follow(seller, "#appeal .btn-primary")
    seller.wait_for_selector(f"h1:has-text('{site.case}/2')")
    look(seller)
    officer.goto(f"/cases/{site.case}")
    officer.wait_for_selector(f".history >> text={say.appealed}")
    look(officer)


def look_as_an_auditor(browser: Browser, address: str, width: int, say: Words) -> None:
    auditor = person(browser, address, width, say, "auditor")
    for page in ("/audit", "/statistics", "/figures"):
        auditor.goto(page)
        look(auditor)
