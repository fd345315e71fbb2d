"""From signing up to a certificate, clicked by a fresh user: on a phone in Chinese, at a desk in English."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from apps import create_app
from browser.chromium import CLICKED, follow, new_page, no_sideways_scrolling
from kinds import svg_scene
from scenery import PASSWORD, draw_picture
from serving import serving

from ipreg.runtime import Runtime
from jobs import novelty

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NEXT = "main button.btn-primary[value=next]"
pytestmark = CLICKED
CLICKS = 40
"""A person needs about four seconds for a click or a field: so many fit well into three minutes."""


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    with serving(create_app(runtime.config)) as opened:
        yield opened


class Counted:
    """A person at a page: every click and field is counted."""

    def __init__(self, page: Page) -> None:
        self.page, self.steps = page, 0

    def click(self, what: str) -> None:
        self.page.click(what)
        self.steps += 1

    def follow(self, what: str) -> None:
        follow(self.page, what)
        self.steps += 1

    def fill(self, what: str, text: str) -> None:
        self.page.fill(what, text)
        self.steps += 1

    def choose(self, what: str, value: str) -> None:
        self.page.select_option(what, value)
        self.steps += 1


def drop(page: Page, what: str, name: str, data: bytes) -> None:
    """Drags a file onto the page."""
    held = page.evaluate_handle(
        "([name, bytes]) => { const held = new DataTransfer();"
        " held.items.add(new File([new Uint8Array(bytes)], name, {type: 'image/jpeg'})); return held; }",
        [name, list(data)],
    )
    page.dispatch_event(what, "drop", {"dataTransfer": held})


def drag(page: Page, grip: str, target: str) -> None:
    """With a pointer, which a finger is as well."""
    page.locator(grip).hover()
    page.mouse.down()
    page.locator(target).scroll_into_view_if_needed()
    box = page.locator(target).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()


def adds_pictures(person: Counted, folder: Path) -> None:
    """Chosen and dropped; one of them is lost on the way and sent again by itself."""
    page = person.page
    page.route("**/files", lambda route: route.abort(), times=1)
    page.set_input_files("#files", [folder / "front.jpg", folder / "云纹.svg"])
    person.steps += 2
    drop(page, "#upload", "背面.jpg", draw_picture(2, (300, 400)))
    page.wait_for_selector(".draft-file >> nth=2", timeout=20_000)
    page.wait_for_selector("#uploads:not(:has(li))", state="attached")
    kinds = [one.input_value() for one in page.locator(".draft-file select").all()]
    assert kinds == ["front", "", "back"]
    person.follow(".draft-file >> nth=2 >> button[name=up]")
    from playwright.sync_api import expect

    names = page.locator(".draft-file .name")
    expect(names).to_have_text(["front.jpg", "背面.jpg", "云纹.svg"])
    drag(page, ".draft-file >> nth=2 >> .grip", ".draft-file >> nth=1")
    expect(names).to_have_text(["front.jpg", "云纹.svg", "背面.jpg"])
    drag(page, ".draft-file >> nth=1 >> .grip", ".draft-file >> nth=2")
    expect(names).to_have_text(["front.jpg", "背面.jpg", "云纹.svg"])
    no_sideways_scrolling(page)
    person.follow(NEXT)


@pytest.mark.parametrize(("width", "locale"), [(360, "zh"), (1440, "en")])
def test_a_fresh_user_files_in_three_minutes(
    browser: Browser,
    address: str,
    runtime: Runtime,
    tmp_path: Path,
    width: int,
    locale: str,
) -> None:
    (tmp_path / "front.jpg").write_bytes(draw_picture(1, (300, 400)))
    (tmp_path / "云纹.svg").write_bytes(svg_scene())
    page = new_page(browser, address, width, locale=locale)
    context = page.context
    began, person = time.monotonic(), Counted(page)
    page.goto(f"/sign-up?lang={locale}")
    person.click("#role-designer")
    person.fill("#name", "林晓")
    person.fill("#email", "lin@ipreg.example")
    person.fill("#password", PASSWORD)
    person.follow("main form button")
    page.goto("/filings/new")
    person.steps += 1

    adds_pictures(person, tmp_path)

    # What is typed is there still after the tab was closed.
    person.fill("#title", "云纹外套")
    person.choose("#industry", "clothing")
    person.fill("#locarno_class", "02-02")
    page.wait_for_selector(f"#saved:has-text('{'已保存' if locale == 'zh' else 'Saved'}')")
    no_sideways_scrolling(page)
    page.close()
    page = person.page = context.new_page()
    page.goto("/filings")
    follow(page, "text=云纹外套")
    follow(page, ".steps li:nth-child(2) a")
    assert page.input_value("#industry") == "clothing"
    person.steps += 2
    person.follow(NEXT)

    person.fill("#created_on", "2026-01-31")
    person.choose("#disclosure", "marketplace")
    person.follow(NEXT)
    assert page.locator("#fault-first_disclosed_on").is_visible(), "the fault stands beside its field"
    no_sideways_scrolling(page)
    person.fill("#first_disclosed_on", "2026-02-20")
    person.click("#right-design_patent")
    person.follow(NEXT)
    warned = page.locator("#warned .alert-warning").inner_text()
    assert ("第二十四条" if locale == "zh" else "art. 24") in warned
    novelty.run(runtime)
    page.wait_for_selector("#alike:not(:has([data-waiting]))")
    no_sideways_scrolling(page)
    person.follow("main form.actions button")
    page.wait_for_selector(".number")
    no_sideways_scrolling(page)
    with page.expect_download() as download:
        person.click("text=certificate" if locale == "en" else "text=证书（PDF）")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert person.steps <= CLICKS and time.monotonic() - began < 180
    context.close()


def test_what_was_typed_when_the_sign_in_ran_out_is_there_after_signing_in_again(
    browser: Browser, address: str
) -> None:
    page = new_page(browser, address, 360, locale="zh")
    page.goto("/sign-up?lang=zh")
    page.check("#role-designer")
    page.fill("#name", "林晓")
    page.fill("#email", "lin@ipreg.example")
    page.fill("#password", PASSWORD)
    follow(page, "main form button")
    page.goto("/filings/new")
    makers = page.url.replace("/pictures", "/makers")
    page.goto(makers)
    follow(page, "main button[value=more]")
    page.fill("#creator-2", "周宁")
    page.wait_for_selector("#saved:has-text('已保存')")
    follow(page, "main button[value=more]")
    page.context.clear_cookies(name="session")
    page.fill("#creator-3", "吴桐")  # in a row that the server has never seen
    page.fill("#created_on", "2026-01-31")
    page.select_option("#disclosure", "none")
    page.wait_for_selector("#saved:has-text('登录已过期')")
    follow(page, NEXT)
    page.fill("#email", "lin@ipreg.example")
    page.fill("#password", PASSWORD)
    follow(page, "main form button")
    page.wait_for_selector("#saved:has-text('已保存')")
    names = [page.input_value(f"#creator{one}") for one in ("", "-2", "-3")]
    assert names == ["林晓", "周宁", "吴桐"] and page.input_value("#created_on") == "2026-01-31"
    page.reload()
    assert page.get_attribute("#creator-3", "aria-label") == "第 3 位设计人的姓名"
    page.context.close()


def test_the_whole_way_without_scripts_on_a_phone(browser: Browser, address: str, tmp_path: Path) -> None:
    """What scripts do in passing is a button here; a mistake is told beside its field and nothing is lost."""
    (tmp_path / "正面.jpg").write_bytes(draw_picture(1, (300, 400)))
    (tmp_path / "细节.jpg").write_bytes(draw_picture(2, (300, 400)))
    (tmp_path / "云纹.svg").write_bytes(svg_scene())
    context = browser.new_context(
        base_url=address, viewport={"width": 390, "height": 800}, java_script_enabled=False, locale="zh"
    )
    page = context.new_page()
    page.goto("/sign-up?lang=zh")
    page.check("#role-designer")
    page.fill("#name", "林晓")
    page.fill("#email", "lin@ipreg.example")
    page.fill("#password", PASSWORD)
    follow(page, "main form button")
    page.goto("/filings/new")
    page.set_input_files("#files", [tmp_path / name for name in ("正面.jpg", "细节.jpg", "云纹.svg")])
    follow(page, "#upload button")
    assert page.locator(".draft-file").count() == 3 and page.locator("#fault-pictures").count() == 0
    follow(page, ".draft-file >> nth=1 >> button[name=up]")
    assert "细节" in page.locator(".draft-file .name").first.inner_text()
    no_sideways_scrolling(page)
    follow(page, NEXT)
    page.fill("#title", "云纹外套")
    page.select_option("#industry", "clothing")
    page.fill("#locarno_class", "家具")
    follow(page, NEXT)
    assert "06-03" in page.inner_text("#fault-locarno_class") and page.input_value("#title") == "云纹外套"
    page.fill("#locarno_class", "连衣裙")
    follow(page, NEXT)
    page.fill("#created_on", "2026-01-31")
    page.select_option("#disclosure", "none")
    follow(page, "main button[value=more]")
    page.fill("#creator", "林晓")
    page.fill("#creator-2", "周宁")
    follow(page, NEXT)
    no_sideways_scrolling(page)
    assert "02-02 服装" in page.inner_text("main dl.facts")
    follow(page, "main form.actions button")
    page.wait_for_selector(".number")
    assert page.locator("img[src*='/files/0?size']").count() == 1, "the drawing is shown"
    no_sideways_scrolling(page)
    with page.expect_download() as download:
        page.click("text=证书（PDF）")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    context.close()
