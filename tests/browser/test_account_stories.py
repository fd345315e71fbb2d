"""Accounts, clicked through in a real Chromium on a phone, with letters that really arrive over SMTP."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyotp
import pytest
from apps import create_app
from browser.chromium import CLICKED, follow, new_page
from browser.chromium import sign_in as sign_in_as
from scenery import PASSWORD, design_form, one_picture
from serving import serving

from ipreg import accounts, registry
from ipreg.db import transaction, utc_now
from ipreg.models import Role
from ipreg.runtime import Runtime
from jobs import letters

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = CLICKED


@pytest.fixture
def address(runtime: Runtime) -> Iterator[str]:
    with transaction(runtime.sessions) as session:
        for role, more in ((Role.ENTERPRISE, {"organization_name": "锦绣服饰"}), (Role.REGULATOR, {})):
            accounts.create_account(
                session, email=f"{role}@ipreg.example", password=PASSWORD, name=role.value, role=role,
                now=utc_now(), **more,
            )  # fmt: skip
    with serving(create_app(runtime.config)) as opened:
        yield opened


def phone(browser: Browser, address: str) -> Page:
    return new_page(browser, address, 360)


def sign_in(page: Page, name: str, password: str = PASSWORD) -> None:
    sign_in_as(page, f"{name}@ipreg.example", password)


def path_in_letter(runtime: Runtime, to: str, word: str) -> str:
    """Sends what waits, and reads the path of the newest link of that kind from the mail that arrived."""
    letters.run(runtime)
    for file in sorted((runtime.config.var / "mail").iterdir(), key=lambda one: -one.stat().st_mtime_ns):
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        found = re.search(rf"(/{word}/[\w-]{{43}})\s", body.get_content())
        if message["To"] == f"{to}@ipreg.example" and found is not None:
            return found.group(1)
    raise AssertionError(f"no {word} for {to}")


def invite(owner: Page, runtime: Runtime, name: str, role: str) -> str:
    owner.goto("/organization")
    owner.fill("#email", f"{name}@ipreg.example")
    owner.select_option("#role", role)
    follow(owner, "text=发送邀请")
    owner.wait_for_selector("text=邀请已发出")
    return path_in_letter(runtime, name, "invitations")


def accept(page: Page, path: str, name: str) -> None:
    page.goto(path)
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    follow(page, "text=注册并接受邀请")
    page.wait_for_selector("text=您已加入该企业")


def test_an_enterprises_people(browser: Browser, address: str, runtime: Runtime, tmp_path: Path) -> None:
    owner, filer, viewer = (phone(browser, address) for _ in range(3))
    sign_in(owner, "enterprise")
    accept(filer, invite(owner, runtime, "filer", "filer"), "小林")
    accept(viewer, invite(owner, runtime, "viewer", "viewer"), "小周")

    filer.goto("/")
    assert filer.locator("a:has-text('提交备案')").count() >= 1
    viewer.goto("/")
    assert viewer.locator("a:has-text('提交备案')").count() == 0
    with transaction(runtime.sessions) as session:
        found = accounts.by_email(session, "filer@ipreg.example")
        assert found is not None
        number = registry.register_design(
            session, runtime.store, applicant=found, form=design_form(), pictures=one_picture(3),
            request_key="s", now=utc_now(),
        ).number  # fmt: skip
    for page in (owner, viewer):
        page.goto("/filings?q=云纹")
        follow(page, f"a:has-text('{number}')")
        page.wait_for_selector("h1:has-text('云纹外套')")
    viewer.goto("/organization")
    token = viewer.locator("form input[name=csrf_token]").first.input_value()
    refused = viewer.request.post("/organization/code", form={"csrf_token": token}, headers={"Referer": address})
    assert refused.status == 403

    owner.goto("/organization")
    owner.click("li:has-text('小林') summary")
    follow(owner, "text=确认移除小林")
    owner.wait_for_selector("text=成员已移除")
    filer.goto("/organization")
    assert filer.url.endswith("/account")


def test_two_factors_and_a_forgotten_password(browser: Browser, address: str, runtime: Runtime) -> None:
    page = phone(browser, address)
    sign_in(page, "regulator")
    page.goto("/account/two-factor")
    page.fill("#password", PASSWORD)
    follow(page, "text=开始设置")
    assert page.locator("img.code").evaluate("one => one.decode().then(() => one.naturalWidth)") > 100
    app = pyotp.TOTP(page.locator(".secret").inner_text().replace(" ", ""))
    page.fill("#code", app.now())
    follow(page, "main form button")
    codes = page.locator(".codes code").all_inner_texts()
    assert len(codes) == 10
    follow(page, "text=退出")

    page.goto("/forgot")
    page.fill("#email", "regulator@ipreg.example")
    follow(page, "main form button")
    page.wait_for_selector("text=重置链接已发出")
    page.goto(path_in_letter(runtime, "regulator", "reset"))
    page.fill("#password", "another good password")
    follow(page, "main form button")
    page.wait_for_selector("text=密码已修改")
    sign_in(page, "regulator", "another good password")
    page.fill("#code", codes[0])
    follow(page, "main form button")
    page.wait_for_selector("h1:has-text('等待您处理')")
    page.goto("/account/two-factor")
    page.wait_for_selector("text=剩余恢复码：9 个")
