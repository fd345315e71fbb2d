from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from asking import EVERY_SCOPE, Program, program, token_for
from scenery import PASSWORD, HandClock, People
from site_of_tests import Site, build_site
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ipreg import credentials, erasure, links, tokens
from ipreg.api.routes import OPERATIONS
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError, PermissionDeniedError
from ipreg.models import Account, ApiToken, LinkPurpose, Role, Scope
from ipreg.runtime import Runtime
from ipreg.web.tokens import SCOPES


def test_a_token_is_made_used_and_revoked_on_its_page(site: Site) -> None:
    browser = site.sign_in("designer")
    form = {"name": "店铺系统", "scope": ["filings:read"], "days": "30", "password": PASSWORD}
    shown = re.search(r'id="token">([^<]+)<', browser.post("/account/tokens", data=form).text)
    assert shown is not None
    mine = Program(site.app, shown[1])
    who = mine.get("/me").json
    assert (who["role"], who["scopes"]) == ("designer", ["filings:read"])
    page = browser.get("/account/tokens?lang=en").text
    assert "店铺系统" in page and "last used" in page and shown[1] not in page
    browser.post("/account/tokens/1/revoke")
    refused = mine.get("/me")
    assert (refused.status_code, refused.json["code"]) == (401, "token_over")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "wrong",
    [{"password": "nonsense"}, {"scope": []}, {"days": "4000"}, {"name": " "}, {"scope": ["statistics:read"]}],
)
def test_no_token_is_made_without_password_scope_name_and_end(site: Site, wrong: dict[str, object]) -> None:
    browser = site.sign_in("designer")
    form = {"name": "x", "scope": ["filings:read"], "days": "30", "password": PASSWORD, **wrong}
    answer = browser.post("/account/tokens", data=form)
    assert answer.status_code == 400 and 'id="token"' not in answer.text


def test_a_token_does_what_its_scopes_say_and_nothing_else(site: Site) -> None:
    reads = program(site, "designer", "filings:read")
    assert reads.get("/filings").status_code == 200
    for answer in (reads.get("/alerts"), reads.post("/alerts/1/reopen")):
        assert (answer.status_code, answer.json["code"]) == (403, "scope_missing")


def test_a_token_ends_with_its_time(people: People, session: Session, clock: HandClock) -> None:
    designer = people.designer
    made, token = tokens.make(session, account=designer, name="x", scopes=["cases:read"], days=1, now=clock())
    assert tokens.find(session, token=token, now=clock.move(hours=23)).id == made.id
    with pytest.raises(PermissionDeniedError, match="token_over"):
        tokens.find(session, token=token, now=clock.move(hours=2))
    made, token = tokens.make(session, account=designer, name="y", scopes=["cases:read"], days=1, now=clock())
    tokens.revoke_all(session, account=designer, now=clock())
    session.refresh(made)
    assert made.revoked_at is not None
    tokens.forget(session, now=clock() + timedelta(days=200))
    assert tokens.tokens_of(session, account=designer) == []


def test_a_cookie_opens_nothing_of_the_api(site: Site) -> None:
    browser = site.sign_in("designer")
    assert browser.get("/api/v1/filings").status_code == 401
    assert browser.post("/api/v1/alerts/1/reopen", json={}).status_code == 401


def test_a_token_opens_no_page(site: Site) -> None:
    header = {"Authorization": f"Bearer {token_for(site.runtime, 'designer')}"}
    assert site.app.test_client().get("/filings", headers=header).status_code == 302


def test_too_many_requests_are_told_how_long_to_wait(runtime: Runtime, clock: HandClock) -> None:
    site = build_site(replace_rate(runtime, 3), clock, confirmed=False)
    site.app.extensions["ipreg"] = replace_rate(runtime, 3)
    mine = program(site, "designer")
    answers = [mine.get("/me") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert [one.headers["RateLimit"].split(";")[1] for one in answers] == ["r=2", "r=1", "r=0", "r=0"]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 20
    assert answers[3].json["code"] == "rate_spent"
    assert program(site, "designer").get("/me").status_code == 200, "another token has its own"


def test_who_has_no_token_has_an_allowance_by_address(site: Site) -> None:
    runtime, anybody = site.runtime, site.app.test_client()
    site.app.extensions["ipreg"] = replace(runtime, config=replace(runtime.config, api_open_rate=3))

    def ask(place: str, address: str, **headers: str) -> TestResponse:
        where = {"REMOTE_ADDR": address}
        return anybody.get(f"/api/v1{place}", environ_overrides=where, headers=headers)

    answers = [ask("/log", "203.0.113.9") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[0].headers["RateLimit-Policy"] == '"minute";q=3;w=60'
    assert int(answers[3].headers["Retry-After"]) >= 1
    assert ask("/log", "203.0.113.10").status_code == 200, "the neighbour has his own"
    assert ask("/me", "203.0.113.9", Authorization="Bearer ipreg-pat-x").status_code == 429, "so do tries of tokens"
    good = f"Bearer {token_for(runtime, 'designer')}"
    assert ask("/me", "203.0.113.9", Authorization=good).status_code == 200, "a good token has another"
    sixes = [ask("/log", f"2001:db8::{one}").status_code for one in range(4)]
    assert sixes == [200, 200, 200, 429], "one connection has many addresses of IPv6"


def replace_rate(runtime: Runtime, rate: int) -> Runtime:
    return replace(runtime, config=replace(runtime.config, api_rate=rate))


def test_the_allowance_comes_back_evenly(site: Site, clock: HandClock) -> None:
    token_for(site.runtime, "designer")
    with transaction(site.runtime.sessions) as session:
        token_id = session.scalars(select(ApiToken.id)).one()

        def spend() -> tokens.Allowance:
            return tokens.spend(session, token_id=token_id, limit=60, address="203.0.113.9", now=clock())

        assert [spend().left for _ in range(60)] == list(range(59, -1, -1))
        assert (spend().granted, spend().wait) == (False, 1)
        clock.move(seconds=1)
        assert (spend().granted, spend().granted) == (True, False)
        clock.move(minutes=1)
        assert spend().left == 59
        session.expire_all()
        assert session.get_one(ApiToken, token_id).last_address == "203.0.113.0/24"


def test_who_deletes_his_account_takes_his_tokens_with_him(site: Site) -> None:
    mine = program(site, "freelancer")
    assert mine.get("/me").status_code == 200
    with transaction(site.runtime.sessions) as session:
        account = session.scalars(select(Account).where(Account.email == "freelancer@ipreg.example")).one()
        erasure.erase(session, account=account, password=PASSWORD, now=utc_now())
    assert mine.get("/me").json["code"] == "token_wrong"


def test_officers_need_their_second_factor_where_the_installation_asks_for_it(site: Site) -> None:
    officer = program(site, "regulator")
    assert officer.get("/cases").status_code == 200
    runtime = site.runtime
    site.app.extensions["ipreg"] = replace(runtime, config=replace(runtime.config, require_two_factor=True))
    assert officer.get("/cases").json["code"] == "two_factor_needed"
    assert program(site, "designer").get("/cases").status_code == 200


def test_the_page_offers_each_role_the_scopes_that_are_of_use_to_it() -> None:
    for role in Role:
        useful = {
            one.scope
            for one in OPERATIONS
            if one.scope is not None and role in one.roles and not (role is Role.AUDITOR and one.writes)
        }
        assert SCOPES[role] == useful, role


def test_the_number_of_tokens_is_bounded(people: People, session: Session) -> None:
    account = people.designer
    for _ in range(tokens.MOST):
        tokens.make(session, account=account, name="x", scopes=EVERY_SCOPE, days=1, now=utc_now())
    with pytest.raises(CallerError, match="tokens_too_many"):
        tokens.make(session, account=account, name="x", scopes=[Scope.CASES_READ], days=1, now=utc_now())
    session.execute(update(ApiToken).values(revoked_at=utc_now()))
    tokens.make(session, account=account, name="x", scopes=[Scope.CASES_READ], days=1, now=utc_now())


def test_a_password_that_was_reset_ends_the_tokens(people: People, session: Session, clock: HandClock) -> None:
    account, key, purpose = people.designer, b"k" * 32, LinkPurpose.RESET_PASSWORD
    _, token = tokens.make(session, account=account, name="x", scopes=[Scope.CASES_READ], days=1, now=clock())
    link = links.issue(session, key, purpose=purpose, email=account.email, account=account, now=clock())
    credentials.reset(session, token=links.token_of(key, link), password="another password", now=clock())
    session.expire_all()
    with pytest.raises(PermissionDeniedError, match="token_over"):
        tokens.find(session, token=token, now=clock())
