"""Accounts over HTTP: two web processes, a stolen cookie, a viewer who tries to act."""

from __future__ import annotations

import re

import pyotp
import pytest
from apps import create_app
from databases import Databases
from flask.testing import FlaskClient
from scenery import PASSWORD
from site_of_tests import Site
from sqlalchemy import select

from ipreg import accounts, credentials, links, organizations, throttle
from ipreg.config import Config
from ipreg.db import transaction, utc_now
from ipreg.models import Account, Letter, OrganizationRole, SignIn
from ipreg.notify import letters


def last_link(site: Site) -> str:
    """The path of the link in the letter written last."""
    with site.runtime.sessions() as session:
        letter = session.scalars(select(Letter).order_by(Letter.id.desc())).first()
        assert letter is not None
        key = links.link_key(site.runtime.secrets)
        body = letters.compose(letter, key, public_url="", sender="r@r.example").get_body(("plain",))
    assert body is not None
    return body.get_content().split("\n")[-3].strip() or body.get_content().split()[-1]


def set_up_two_factor(client: FlaskClient) -> tuple[pyotp.TOTP, list[str]]:
    client.post("/account/two-factor/begin", data={"password": PASSWORD})
    page = client.get("/account/two-factor").text
    found = re.search(r'class="fs-5 secret">([A-Z2-7 ]+)<', page)
    assert found is not None
    app = pyotp.TOTP(found.group(1).replace(" ", ""))
    page = client.post("/account/two-factor/confirm", data={"code": app.now()}).text
    codes = re.findall(r">([A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})<", page)
    assert len(codes) == 10
    return app, codes


def password(client: FlaskClient, name: str) -> str:
    answer = client.post("/sign-in?next=/cases", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
    return answer.headers.get("Location", "")


def test_a_device_is_signed_out_from_another_and_every_process_knows(site: Site) -> None:
    stolen, mine = site.sign_in("designer"), site.sign_in("designer")
    page = mine.get("/account/security?lang=en").text
    other = re.search(r"/account/sign-ins/(\d+)/end", page)
    assert other is not None and page.count("Signed in now") == 1 and "127.0.0.0/24" in page
    assert stolen.get("/account").status_code == 200
    mine.post(f"/account/sign-ins/{other.group(1)}/end")
    assert stolen.get("/account").status_code == 302
    assert mine.get("/account").status_code == 200
    third = site.sign_in("designer")
    mine.post("/account/sign-ins/end-others")
    assert third.get("/account").status_code == 302
    rival = site.sign_in("rival")
    with site.runtime.sessions() as session:
        mine_id = session.scalars(select(SignIn).where(SignIn.revoked_at.is_(None))).first().id  # type: ignore[union-attr]
    assert rival.post(f"/account/sign-ins/{mine_id}/end").status_code == 404


def test_a_cookie_is_worth_nothing_after_signing_out(site: Site) -> None:
    client = site.sign_in("designer")
    kept = client.get_cookie("session")
    assert kept is not None
    client.post("/sign-out")
    client.set_cookie("session", kept.value)
    assert client.get("/account").status_code == 302


def test_a_code_is_asked_for_after_the_password_and_before_anything_else(site: Site) -> None:
    app, codes = set_up_two_factor(site.sign_in("regulator"))
    client = site.app.test_client()
    assert client.get("/sign-in/code").headers["Location"] == "/sign-in"
    target = password(client, "regulator")
    assert target == "/sign-in/code?next=/cases"
    assert client.get("/cases").status_code == 302
    assert client.post(target, data={"code": app.now()}).status_code == 400  # it was taken when it was set up
    answer = client.post(target, data={"code": codes[3]})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/cases")
    assert client.get("/cases").status_code == 200


def test_officers_must_set_up_a_second_factor_where_the_installation_asks_for_it(
    site: Site, databases: Databases
) -> None:
    config = Config.from_env(
        {**databases.environ(site.runtime.config.var), "IPREG_PUBLIC_URL": "https://registry.example"}
    )
    assert config.require_two_factor and not site.runtime.config.require_two_factor
    app = create_app(config)
    app.config.update(WTF_CSRF_ENABLED=False, SESSION_COOKIE_SECURE=False)
    officer, designer = app.test_client(), app.test_client()
    password(officer, "regulator"), password(designer, "designer")
    assert designer.get("/cases").status_code == 200
    for path in ("/cases", f"/cases/{site.case}", "/account/security"):
        assert officer.get(path).headers["Location"] == "/account/two-factor"
    assert officer.post(f"/cases/{site.case}/assign").headers["Location"] == "/account/two-factor"
    set_up_two_factor(officer)
    assert officer.get("/cases").status_code == 200
    assert officer.post("/account/two-factor/off", data={"password": PASSWORD}).status_code == 403


def test_a_viewer_sees_and_is_refused_every_change(site: Site) -> None:
    with transaction(site.runtime.sessions) as session:
        by_name = {one.name: one for one in session.scalars(select(Account)).unique()}
        organizations.place(by_name["freelancer"], by_name["enterprise"].organization_id, OrganizationRole.VIEWER)
    viewer = site.sign_in("freelancer")
    assert viewer.get(f"/filings/{site.filing}").status_code == 200
    assert viewer.get("/alerts/1").status_code == 200
    changed = 0
    for rule in site.app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint.split(".")[0] in (
            "filings",
            "alerts",
            "imports",
            "sources",
        ):
            path = re.sub(r"<(?:\w+:)?\w+>", "1", rule.rule)
            assert viewer.post(path).status_code == 403, rule
            changed += 1
    assert changed > 8
    assert viewer.post("/account", data={"name": "周宁宁"}).status_code == 302
    assert viewer.post("/organization/leave").status_code == 302
    assert viewer.get("/alerts/1").status_code == 404


def test_a_forgotten_password_is_answered_the_same_for_strangers(site: Site) -> None:
    def ask(email: str) -> str:
        page = site.app.test_client().post("/forgot", data={"email": email}).text
        return page.replace(email, "-")

    assert ask("designer@ipreg.example") == ask("stranger@ipreg.example")
    path = last_link(site)
    client = site.app.test_client()
    assert client.get(path).status_code == 200
    assert client.post(path, data={"password": "short"}).status_code == 400
    assert client.post(path, data={"password": "a new long password"}).status_code == 302
    assert client.get(path).status_code == 404
    signed_in = client.post("/sign-in", data={"email": "designer@ipreg.example", "password": "a new long password"})
    assert signed_in.status_code == 302


def test_an_invitation_opens_an_account_or_asks_for_the_right_one(site: Site) -> None:
    owner = site.sign_in("enterprise")

    def invite(email: str) -> str:
        assert owner.post("/organization/invite", data={"email": email, "role": "filer"}).status_code == 302
        return last_link(site)

    path = invite("new@ipreg.example")
    wrong = site.sign_in("rival")
    assert "new@ipreg.example" in wrong.get(path).text
    assert wrong.post(path).headers["Location"] == path  # signed out, and asked again
    new = site.app.test_client()
    assert new.post(path, data={"name": "", "password": PASSWORD}).status_code == 400
    assert new.post(path, data={"name": "新人", "password": PASSWORD}).status_code == 302
    assert new.get(f"/filings/{site.filing}").status_code == 200
    assert new.get(path).status_code == 404
    path = invite("freelancer@ipreg.example")
    assert f"/sign-in?next={path}" in site.app.test_client().get(path).text
    known = site.sign_in("freelancer")
    assert known.post(path).status_code == 302
    assert owner.post("/organization/invite", data={"email": "x", "role": "filer"}).status_code == 400
    assert owner.post("/organization/invite", data={"email": "y@ipreg.example", "role": "king"}).status_code == 400


def test_who_opens_an_account_is_asked_to_prove_the_address(site: Site) -> None:
    client = site.app.test_client()
    form = {"role": "designer", "name": "新人", "email": "new@ipreg.example", "password": PASSWORD}
    assert client.post("/sign-up", data=form).status_code == 302
    path = last_link(site)
    assert "未确认" in client.get("/account").text
    assert site.app.test_client().get(path).status_code == 200  # a mail scanner looks, and nothing happens
    assert "未确认" in client.get("/account").text
    assert client.post(path).status_code == 200
    assert "未确认" not in client.get("/account").text


def test_who_presses_twice_has_one_account_and_is_signed_in(site: Site) -> None:
    first, second, guess = (site.app.test_client() for _ in range(3))
    form = {"role": "designer", "name": "新人", "email": "new@ipreg.example", "password": PASSWORD}
    assert guess.post("/sign-up", data=form).status_code == 302
    assert first.post("/sign-up", data={**form, "password": "another long password"}).status_code == 400
    assert second.post("/sign-up", data={**form, "email": " New@ipreg.example "}).status_code == 302
    assert "新人" in second.get("/account").text and first.get("/account").status_code == 302


@pytest.mark.parametrize("path", ["/reset/x", "/verify-email/x", "/change-email/x", "/invitations/x"])
def test_a_link_that_is_no_link_says_so(site: Site, path: str) -> None:
    for call in (site.app.test_client().get, site.app.test_client().post):
        answer = call(path)
        assert answer.status_code == 404 and "链接已失效" in answer.text


def test_times_follow_the_zone_of_the_account(site: Site) -> None:
    designer = site.sign_in("designer")
    page = f"/filings/{site.filing}"
    assert (
        "2026-03-02 17:00:00 北京时间" in designer.get(page).text
        and "2026-03-02 09:00:00 UTC" in designer.get(page).text
    )
    refused = designer.post("/account", data={"name": "林晓", "time_zone": "Mars/Olympus"})
    assert refused.status_code == 400 and 'id="fault-time_zone"' in refused.text
    assert designer.post("/account", data={"name": "林晓", "time_zone": "America/New_York"}).status_code == 302
    assert "2026-03-02 04:00:00" in designer.get(page).text
    assert 'datetime="2026-03-02T09:00:00+00:00"' in designer.get("/filings").text


def test_an_address_that_is_taken_is_told_to_its_owner_and_few_are_told_to_a_stranger(site: Site) -> None:
    form = {"role": "designer", "name": "林晓", "password": PASSWORD}
    stranger = site.app.test_client()
    for _ in range(credentials.TAKEN_TOLD):
        answer = stranger.post("/sign-up", data={**form, "email": "designer@ipreg.example"})
        assert answer.status_code == 400 and 'id="fault-email"' in answer.text
    assert 'id="fault-email"' not in stranger.post("/sign-up", data={**form, "email": "rival@ipreg.example"}).text
    with site.runtime.sessions() as session:
        told = session.scalars(select(Letter.email).where(Letter.kind == "email_in_use")).all()
    assert told == ["designer@ipreg.example"]


def test_others_can_write_while_a_password_is_compared(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = accounts.compare
    written = []

    def meanwhile(kept: str | None, password: str) -> accounts.Compared:
        with transaction(site.runtime.sessions) as session:
            throttle.note(session, what="meanwhile", whom="somebody", now=utc_now())
        written.append(password)
        return compare(kept, password)

    monkeypatch.setattr(accounts, "compare", meanwhile)
    assert site.sign_in("designer").get("/filings").status_code == 200
    assert written == [PASSWORD]
