"""What people report, what is tried, sellers, pushing, and old listings for new filings."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from apps import create_app
from flask import Flask
from flask.testing import FlaskClient
from scenery import PASSWORD, HandClock, People, design_form, draw_picture, edited_copy, one_picture
from shop import Shop, html, photo, title_of
from sqlalchemy import func, select

from ipreg import alerts, cases, registry
from ipreg.db import transaction
from ipreg.errors import CallerError
from ipreg.models import Account, Alert, CaseOutcome, Listing, Match, Report, ReportState, Seller, SourceKind
from ipreg.runtime import Runtime
from ipreg.sightings import feeds, reports, sellers, sources
from ipreg.sightings.reports import look_at
from ipreg.sightings.sources import CrawlSettings
from jobs import alerts as alert_job
from jobs import crawl, fingerprints, imports, matches, pictures, samepictures
from jobs import reports as report_job
from jobs import sources as source_job

pytestmark = pytest.mark.network


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as opened:
        yield opened


@pytest.fixture
def runtime(runtime: Runtime, clock: HandClock) -> Runtime:
    with transaction(runtime.sessions) as session:
        People(session, clock())
    return replace(runtime, config=replace(runtime.config, allow_private_addresses=True))


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    made = create_app(runtime.config)
    made.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return made


def sign_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
    client.get("/language/en")
    return client


def account(runtime: Runtime, name: str) -> Account:
    with runtime.sessions() as session:
        return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()


def file_design(runtime: Runtime, clock: HandClock, seed: int = 1) -> None:
    with transaction(runtime.sessions) as session:
        registry.register_design(
            session,
            runtime.store,
            applicant=session.merge(account(runtime, "designer")),
            form=design_form(),
            pictures=one_picture(seed),
            request_key=f"r{seed}",
            now=clock(),
        )


def run(runtime: Runtime, clock: HandClock) -> None:
    for job in (report_job, imports, pictures, fingerprints, matches, alert_job):
        job.run(runtime, clock=clock)


def test_a_reported_address_becomes_a_listing_and_an_alert(
    runtime: Runtime, clock: HandClock, app: Flask, shop: Shop
) -> None:
    file_design(runtime, clock)
    shop.extra["/copy.jpg"] = (200, {}, edited_copy(draw_picture(1)))
    shop.extra["/odd"] = html("奇店", '<h1>外套 特价</h1><img data-src="/copy.jpg">')
    designer = sign_in(app, "designer")
    page = designer.get(f"/reports?address={shop.address}/odd").text
    assert f'value="{shop.address}/odd"' in page, "the bookmarklet fills the address in"
    for _ in range(2):
        assert designer.post("/reports", data={"address": f"{shop.address}/odd"}).status_code == 302
    run(runtime, clock)
    with runtime.sessions() as session:
        report = session.scalars(select(Report)).one()
        assert (report.state, report.title) == (ReportState.KEPT, "外套 特价")
        assert session.scalars(select(Alert)).one().match.listing_id == report.listing_id
    assert "Taken up" in designer.get("/reports").text


def test_a_reported_picture_is_a_listing_at_once(runtime: Runtime, clock: HandClock, app: Flask) -> None:
    file_design(runtime, clock)
    freelancer = sign_in(app, "freelancer")
    picture = (io.BytesIO(edited_copy(draw_picture(1))), "seen.jpg")
    assert freelancer.post("/reports", data={"picture": picture, "title": "夜市所见"}).status_code == 302
    bad = freelancer.post("/reports", data={"picture": (io.BytesIO(b"no picture"), "x.jpg"), "title": "x"})
    assert bad.status_code == 400 and "This is not a picture" in bad.text
    run(runtime, clock)
    with runtime.sessions() as session:
        assert session.scalars(select(Alert)).one().match.listing is not None
    for name, status in (("freelancer", 200), ("rival", 404)):
        answer = sign_in(app, name).get("/listings/1/pictures/0")
        answer.close()
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "code"),
    [("/none", "fetch_status"), ("/archive/1", "page_not_html"), ("/words", "report_without_picture")],
)
def test_a_report_that_can_not_be_followed_says_why_and_can_be_tried_again(
    runtime: Runtime, clock: HandClock, app: Flask, shop: Shop, path: str, code: str
) -> None:
    shop.extra["/words"] = html("words", "<h1>only words</h1>")
    designer = sign_in(app, "designer")
    designer.post("/reports", data={"address": shop.address + path})
    run(runtime, clock)
    with runtime.sessions() as session:
        assert session.scalars(select(Report)).one().fault == code
    shop.extra[path] = shop.answer("/item/1", {})
    designer.post("/reports/1/retry")
    run(runtime, clock)
    with runtime.sessions() as session:
        assert session.scalars(select(Report)).one().state is ReportState.KEPT


@pytest.mark.parametrize("address", ["", "ftp://x/y", "javascript:alert(1)", "http://u:p@h/"])
def test_what_is_no_address_is_refused_at_the_field(app: Flask, address: str) -> None:
    answer = sign_in(app, "designer").post("/reports", data={"address": address})
    assert answer.status_code == 400 and 'id="fault-address"' in answer.text


def test_reports_of_all_accounts_come_in_turn_and_have_an_end(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "MAX_WAITING", 3)
    with transaction(runtime.sessions) as session:
        eager, other = (session.merge(account(runtime, name)) for name in ("designer", "enterprise"))
        mine = [
            reports.report_address(session, account=eager, address=f"https://s.example/{n}", now=clock()).id
            for n in range(3)
        ]
        with pytest.raises(CallerError, match="reports_too_many"):
            reports.report_address(session, account=eager, address="https://s.example/4", now=clock())
        late = reports.report_address(session, account=other, address="https://s.example/5", now=clock()).id
        assert reports.waiting_reports(session) == [mine[0], late, *mine[1:]]


def test_one_address_can_be_tried_and_nothing_is_kept(runtime: Runtime, app: Flask, shop: Shop) -> None:
    client = sign_in(app, "enterprise")
    page = client.post("/sources/try", data={"address": f"{shop.address}/item/0"}).text
    for shown in (title_of(0), "¥10.50", "快手小铺", "云锦", "in stock", "json-ld", "data:image/jpeg;base64,"):
        assert shown in page, shown
    assert (
        "robots.txt asks not" in client.post("/sources/try", data={"address": f"{shop.address}/forbidden/1"}).text
    )
    refused = client.post("/sources/try", data={"address": f"{shop.address}/none"})
    assert refused.status_code == 400 and "The shop answered 404." in refused.text
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Listing)) == 0


def test_a_reader_may_look_where_a_crawl_may_not(runtime: Runtime, shop: Shop) -> None:
    assert look_at(runtime, f"{shop.address}/forbidden/1", with_robots=True).robots_allow is False
    assert look_at(runtime, f"{shop.address}/pic/1.jpg").product.pictures == (f"{shop.address}/pic/1.jpg",)


def push_token(client: FlaskClient) -> str:
    page = client.post("/sources/new/push", data={"name": "程序", "platform": "淘淘"}).text
    found = re.search(r'id="token">([^<]+)<', page)
    assert found is not None
    return found[1]


def test_a_program_pushes_in_bulk_with_a_result_for_each_row(
    runtime: Runtime, clock: HandClock, app: Flask, shop: Shop
) -> None:
    token = push_token(sign_in(app, "enterprise"))
    rows = [
        {
            "listing_id": "1",
            "title": "外套",
            "pictures": [f"{shop.address}/pic/1.jpg"],
            "price": 99.5,
            "currency": "CNY",
        },
        {"listing_id": "2", "title": ""},
        {"listing_id": "3", "title": "衣", "pictures": [f"{shop.address}/none.jpg"]},
    ]
    client = app.test_client()
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en", "Idempotency-Key": "one"}
    data = "\n".join(json.dumps(row) for row in rows)
    first = client.post("/api/v1/listings", data=data, headers=headers)
    assert first.status_code == 202
    assert [row["status"] for row in first.json["rows"]] == ["accepted", "refused", "accepted"]
    assert first.json["rows"][1]["code"] == "row_value_missing"
    again = client.post("/api/v1/listings", data=data, headers=headers)
    assert again.json["import"] == first.json["import"], "the same push is the same import"
    imports.run(runtime, clock=clock)
    done = client.get(f"/api/v1/imports/{first.json['import']}", headers=headers).json
    assert (done["state"], done["total"], done["kept"]) == ("done", 3, 1)
    assert [(row["line"], row["code"]) for row in done["refused"]] == [
        (2, "row_value_missing"),
        (3, "fetch_status"),
    ]
    rest = json.dumps({"listings": rows[:1]})
    reused = client.post("/api/v1/listings", data=rest, headers=headers)
    assert (reused.status_code, reused.json["code"]) == (422, "key_reused"), "nothing is lost unnoticed"
    changed = client.post("/api/v1/listings", data=rest, headers={**headers, "Idempotency-Key": "two"})
    assert changed.json["import"] != first.json["import"]
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Listing)) == 1
    assert "Runs" in sign_in(app, "enterprise").get("/sources/1").text


def test_a_source_is_changed_looked_through_and_removed_on_its_pages(
    runtime: Runtime, clock: HandClock, app: Flask, shop: Shop
) -> None:
    client = sign_in(app, "enterprise")
    asked = {"name": "店", "starts": f"{shop.address}/", "pages": "50", "delay": "0", "every_hours": "5"}
    settings = CrawlSettings(starts=(f"{shop.address}/",), pages=50, delay=0.0)
    with transaction(runtime.sessions) as session:
        owner = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        sources.create_source(
            session,
            account=owner,
            kind=SourceKind.CRAWL,
            name="店",
            settings=settings,
            every_minutes=300,
            now=clock(),
        )
    form = client.get("/sources/1/edit").text
    assert f"{shop.address}/</textarea>" in form and 'value="5"' in form
    assert client.post("/sources/1/edit", data={**asked, "starts": "ftp://x"}).status_code == 400
    assert client.post("/sources/1/edit", data={**asked, "name": "新店"}).status_code == 302
    shop.extra["/pic/0.jpg"] = (404, {}, b"")
    shop.products, shop.links = 2, [f"/forbidden/{number}" for number in range(12)]
    source_job.run(runtime, clock=clock)
    turns = iter(range(50))  # on a busy machine a turn ends before the shop does
    while crawl.run(runtime, clock=clock) and next(turns, None) is not None:
        pass
    while pictures.run(runtime, clock=clock) and next(turns, None) is not None:
        pass
    page = client.get("/sources/1").text
    assert "新店" in page and "/pic/0.jpg" in page and page.count("/forbidden/") < 12
    everything = client.get("/sources/1/refused").text
    assert everything.count(f"{shop.address}/forbidden/") >= 12 and "/pic/0.jpg" in everything
    del shop.extra["/pic/0.jpg"]
    client.post("/sources/1/retry")
    pictures.run(runtime, clock=clock)
    assert "/pic/0.jpg" not in client.get("/sources/1/refused").text
    assert client.post("/sources/1/remove").status_code == 302
    assert client.get("/sources/1").status_code == 404 and "新店" not in client.get("/sources").text


def test_a_push_is_read_whatever_its_sender_calls_it(runtime: Runtime, app: Flask) -> None:
    headers = {"Authorization": f"Bearer {push_token(sign_in(app, 'enterprise'))}"}
    client = app.test_client()
    row = {"platform": "淘淘", "listing_id": "7", "title": "外套 & 裤=1"}
    for name in ("application/json", "application/x-www-form-urlencoded", "text/plain"):  # the second is curl's own
        answer = client.post(
            "/api/v1/listings", data=json.dumps({"listings": [row]}), headers=headers, content_type=name
        )
        assert answer.status_code == 202, name


def test_a_price_that_goes_back_is_pushed_in_the_same_words(runtime: Runtime, clock: HandClock, app: Flask) -> None:
    headers = {"Authorization": f"Bearer {push_token(sign_in(app, 'enterprise'))}"}
    picture = "data:image/jpeg;base64," + base64.b64encode(draw_picture(77)).decode()
    client = app.test_client()
    for price in ("10", "12", "10"):
        row = {"listing_id": "1", "title": "外套", "price": price, "currency": "CNY", "pictures": [picture]}
        assert client.post("/api/v1/listings", json={"listings": [row]}, headers=headers).status_code == 202
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        listing = session.scalars(select(Listing)).one()
        assert (listing.price, [one.before for one in listing.changes]) == ("10", ["10 CNY", "12 CNY"])


def test_a_pushed_listing_brings_its_picture_with_it(runtime: Runtime, clock: HandClock, app: Flask) -> None:
    headers = {"Authorization": f"Bearer {push_token(sign_in(app, 'enterprise'))}"}
    inline = "data:image/jpeg;base64," + base64.b64encode(draw_picture(77)).decode()
    rows = [
        {"listing_id": "1", "title": "外套", "pictures": [inline]},
        {"listing_id": "2", "title": "衣", "pictures": ["data:image/png;base64,AAAA"]},
    ]
    client = app.test_client()
    first = client.post("/api/v1/listings", json={"listings": rows}, headers=headers)
    assert first.status_code == 202, first.text
    imports.run(runtime, clock=clock)
    done = client.get(f"/api/v1/imports/{first.json['import']}", headers=headers).json
    assert (done["kept"], [row["line"] for row in done["refused"]]) == (1, [2])


def test_a_push_without_a_good_token_or_of_a_paused_source_is_refused(app: Flask) -> None:
    enterprise, client = sign_in(app, "enterprise"), app.test_client()
    token = push_token(enterprise)
    for header in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": token}):
        answer = client.post("/api/v1/listings", data="{}", headers=header)
        assert (answer.status_code, answer.json["code"]) == (401, "token_wrong")
    good = {"Authorization": f"Bearer {token}"}
    too_many = "\n".join(["{}"] * 1001)
    assert client.post("/api/v1/listings", data=too_many, headers=good).json["code"] == "feed_too_long"
    assert client.post("/api/v1/listings", data="", headers=good).status_code == 400
    enterprise.post("/sources/1/pause")
    assert client.post("/api/v1/listings", data="{}", headers=good).status_code == 403
    enterprise.post("/sources/1/resume")
    renewed = re.search(r'id="token">([^<]+)<', enterprise.post("/sources/1/token").text)
    assert renewed is not None and renewed[1] != token
    assert client.post("/api/v1/listings", data="{}", headers=good).status_code == 401


def feed(runtime: Runtime, clock: HandClock, who: str, *lines: str, **pictures: bytes) -> None:
    text = "platform,listing_id,title,seller,pictures\n" + "\n".join(lines) + "\n"
    with transaction(runtime.sessions) as session:
        feeds.accept_feed(
            session,
            runtime.config,
            account=session.merge(account(runtime, who)),
            filename="f.csv",
            data=text.encode(),
            pictures={f"{name}.jpg": data for name, data in pictures.items()},
            now=clock(),
        )
    run(runtime, clock)


def test_a_seller_is_one_over_all_listings_and_its_risk_explains_itself(
    runtime: Runtime, clock: HandClock, app: Flask
) -> None:
    file_design(runtime, clock)
    lines = (
        "淘淘,1,外套,快手 小铺,copy.jpg",
        "淘淘,2,毛衣,快手小铺,b.jpg",
        "京京,9,外套同款,换名小店,copy.jpg|b.jpg",
    )
    feed(runtime, clock, "enterprise", *lines, copy=edited_copy(draw_picture(1)), b=photo(2))
    samepictures.run(runtime)
    with transaction(runtime.sessions) as session:
        assert session.scalar(select(func.count()).select_from(Seller)) == 2
        people = {one.email.split("@")[0]: one for one in session.scalars(select(Account))}
        alert = next(one for one in session.scalars(select(Alert)) if one.match.listing_id == 1)
        case = alerts.confirm(session, alert=alert, account=people["enterprise"], now=clock())
        view = sellers.view_seller(session, seller_id=1, account=people["enterprise"])
        assert [(one.kind, one.points) for one in view.reasons] == [("open_cases", 15)] and view.risk == 15
        assert [(one.seller.name, one.pictures) for one in view.likely] == [("换名小店", 2)]
        officer = people["regulator"]
        cases.assign(session, case=case, officer=officer, row_version=case.row_version, now=clock())
        cases.decide(
            session,
            case=case,
            officer=officer,
            outcome=CaseOutcome.INFRINGING,
            reason="图案与廓形和备案一致，仅作镜像。",
            unheard="展会次日闭幕，来不及告知。",
            row_version=case.row_version,
            now=clock(),
        )
        assert sellers.view_seller(session, seller_id=1, account=officer).risk == 40
    page = sign_in(app, "enterprise").get("/sellers/1").text
    assert "Risk 40 of 100" in page and "Decided as infringing: 1" in page and "换名小店" in page
    assert sign_in(app, "rival").get("/sellers/1").status_code == 404


@pytest.mark.parametrize(("days", "told"), [(179, 1), (181, 0)])
def test_a_new_filing_warns_of_listings_seen_in_the_last_half_year(
    runtime: Runtime, clock: HandClock, days: int, told: int
) -> None:
    feed(runtime, clock, "enterprise", "淘淘,1,外套,店,copy.jpg", copy=edited_copy(draw_picture(1)))
    clock.move(days=days)
    file_design(runtime, clock)
    run(runtime, clock)
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(Match)) == 1
        assert session.scalar(select(func.count()).select_from(Alert)) == told
