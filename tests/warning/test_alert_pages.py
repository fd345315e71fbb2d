"""The pages of alerts as their readers use them."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from apps import create_app
from flask.testing import FlaskClient
from market import Market
from openpyxl import load_workbook
from scenery import PASSWORD, HandClock, People
from sqlalchemy import select, update

from ipreg.db import transaction, utc_now
from ipreg.models import Account, Alert, Listing
from ipreg.runtime import Runtime
from ipreg.warning import aheadfigures
from ipreg.warning.figures import figures as figures_of
from ipreg.web import alertcharts
from jobs import figures

TURNED = "\u202e\u2067\u200f\u200b\x1b"
"""Marks that turn the letters after them round, or are not to be seen themselves."""


@pytest.fixture
def client(runtime: Runtime, clock: HandClock) -> FlaskClient:
    """The enterprise, signed in; three sellers offer its design."""
    clock.now = utc_now()
    with transaction(runtime.sessions) as session:
        market = Market(runtime, session, People(session, clock()), clock)
        for number in (1, 2, 3):
            market.offer(number, seller=f"店{number}", price=str(100 * number))
        market.listing(2).title = TURNED + '=HYPERLINK("http://evil.example")<script>alert(1)</script>'
        market.listing(3).seller = f"店{TURNED}3"
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    made = app.test_client()
    assert (
        made.post("/sign-in", data={"email": "enterprise@ipreg.example", "password": PASSWORD}).status_code == 302
    )
    return made


def test_a_hostile_title_is_text_on_the_page_and_in_every_export(client: FlaskClient) -> None:
    page = client.get("/alerts").text
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page
    exported = client.get("/alerts/export.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(exported)))
    assert len(rows) == 4 and all(not cell.startswith("=") for row in rows for cell in row)
    assert not set(TURNED) & set(page + exported + client.get("/alerts/3").text)
    sheet = load_workbook(io.BytesIO(client.get("/alerts/export.xlsx?most=200").data)).active
    assert sheet is not None and sheet.max_row == 3
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "inlineStr"}, "no formula"
    assert not set(TURNED) & set("".join(str(cell.value) for cell in cells))


def test_what_a_shop_wrote_is_kept_as_it_came(client: FlaskClient, runtime: Runtime) -> None:
    assert "店3" in client.get("/alerts").text
    with runtime.sessions() as session:
        assert session.scalars(select(Listing.seller).where(Listing.external_id == "3")).one() == f"店{TURNED}3"


def test_acting_from_the_list_and_back_again(client: FlaskClient, runtime: Runtime) -> None:
    assert client.get("/alerts/count").json == {"open": 3}
    form = {"reason": "not_similar", "next": "/alerts?least=150", "request_key": "k"}
    answer = client.post("/alerts/2/dismiss", data=form)
    assert answer.headers["Location"].startswith("/alerts?least=150&done=")
    assert client.post("/alerts/2/dismiss", data=form).status_code == 302, "the same request twice"
    assert client.post("/alerts/2/dismiss", data={**form, "request_key": "l"}).status_code == 409
    page = client.get(answer.headers["Location"]).text
    assert "已排除 1 条" in page and "/undo" in page
    assert client.post("/alerts/actions/1/undo", data={"next": "//evil.example"}).headers["Location"] == "/alerts"
    assert client.get("/alerts/count").json == {"open": 3}


def test_all_of_a_filter_are_counted_first(client: FlaskClient, runtime: Runtime) -> None:
    form = {"what": "snooze", "filter": "least=150", "all": "1"}
    review = client.post("/alerts/bulk", data=form).text
    assert 'name="count" value="2"' in review
    form |= {"days": "7", "request_key": "b", "count": "3"}
    assert client.post("/alerts/bulk", data=form).status_code == 409
    assert client.post("/alerts/bulk", data={**form, "count": "2"}).status_code == 302
    assert client.get("/alerts/count").json == {"open": 1}
    assert "稍后处理，至" in client.get("/alerts?state=snoozed").text


def test_what_changed_since_i_looked_is_said(client: FlaskClient, runtime: Runtime, clock: HandClock) -> None:
    assert "您上次查看后的变化" not in client.get("/alerts/1").text
    with transaction(runtime.sessions) as session:
        from ipreg.models import EventKind
        from ipreg.warning.raising import note

        clock.move(minutes=5)
        note(session, session.get_one(Alert, 1), EventKind.PRICE, clock(), before="100 CNY", after="80 CNY")
    page = client.get("/alerts/1").text
    assert "您上次查看后的变化" in page and "¥100 → ¥80" in page


def test_dismissed_as_licensed_the_seller_is_remembered(client: FlaskClient, runtime: Runtime) -> None:
    client.post("/alerts/1/dismiss", data={"reason": "licensed"})
    page = client.get("/alerts/1").text
    assert 'id="allow"' in page
    with runtime.sessions() as session:
        number = session.get_one(Alert, 1).match.filing.number
    form = {"tie": "licensed", "mark": "name", "pattern": "店*", "platform": "淘淘"}
    assert client.post(f"/filings/{number}/sellers", data={**form, "pattern": " * "}).status_code == 400
    assert client.post(f"/filings/{number}/sellers", data=form).status_code == 302
    assert client.get("/alerts/count").json == {"open": 0}, "the open alerts of those sellers are dismissed"
    assert "店*" in client.get(f"/filings/{number}/sellers").text


def test_a_watch_is_set_and_its_faults_stand_beside_their_fields(client: FlaskClient) -> None:
    form = {"name": "珠宝", "scope": "industry", "industry": "jewellery", "threshold": "95", "active": "1",
            "quiet_from": "22:00", "quiet_until": "07:00"}  # fmt: skip
    for field, value in (("threshold", "20"), ("quiet_until", ""), ("industry", "cars"), ("name", " ")):
        answer = client.post("/watches/new", data={**form, field: value})
        assert answer.status_code == 400 and f'id="fault-{field}"' in answer.text
    assert client.post("/watches/new", data=form).status_code == 302
    assert "珠宝" in client.get("/watches").text and "22:00" in client.get("/watches/1").text


def test_the_dashboard_is_drawn_without_style_or_script_of_its_own(client: FlaskClient) -> None:
    page = client.get("/alerts/dashboard").text
    drawn = page[page.index("<svg") : page.rindex("</svg>")]
    assert drawn.count("<svg") >= 3 and 'role="img"' in drawn and "<desc>" in drawn
    assert "<script" not in drawn and "<style" not in drawn and " style=" not in drawn
    assert "¥600" in page and "店1 · 淘淘" in page, "shops of one name on two platforms are told apart"


def test_figures_of_very_many_alerts_are_counted_ahead_by_the_job(
    runtime: Runtime, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "统计于" not in client.get("/alerts/dashboard").text  # few are counted while he waits
    monkeypatch.setattr(aheadfigures, "MANY", 0)
    client.get("/alerts/dashboard")
    before = client.get("/alerts/dashboard").text
    assert "统计于" in before and "¥600" in before
    with transaction(runtime.sessions) as session:
        for one in session.scalars(select(Alert)).unique():
            one.price = 1000
    assert "¥600" in client.get("/alerts/dashboard").text
    later = utc_now() + timedelta(minutes=6)
    assert figures.run(runtime, clock=lambda: later) == 1
    monkeypatch.setattr(alertcharts, "utc_now", lambda: later)
    assert "¥600" not in client.get("/alerts/dashboard").text


SUNDAY = datetime(2026, 3, 8, 15, 59, 59, tzinfo=UTC)
"""The last second of a week in Shanghai; in New York that night the clocks went forward."""


def raise_around_sunday(runtime: Runtime, zone: str) -> None:
    """In the last second of Shanghai's Sunday, a second later, and in the first one of New York's Monday."""
    with transaction(runtime.sessions) as session:
        session.execute(update(Account).values(time_zone=zone))
        for number, seconds in ((1, 0), (2, 1), (3, 12 * 3600 + 1)):
            session.get_one(Alert, number).raised_at = SUNDAY + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("zone", "weeks"),
    [("Asia/Shanghai", [1, 2]), ("UTC", [2, 1]), ("America/New_York", [2, 1]), ("Pacific/Honolulu", [3, 0])],
)
@pytest.mark.usefixtures("client")
def test_weeks_begin_on_monday_by_the_readers_clock(runtime: Runtime, zone: str, weeks: list[int]) -> None:
    raise_around_sunday(runtime, zone)
    with runtime.sessions() as session:
        reader = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        found = figures_of(session, account=reader, now=datetime(2026, 3, 12, tzinfo=UTC)).weeks
    assert [str(one[0]) for one in found[-2:]] == ["2026-03-02", "2026-03-09"]
    assert [one[1] for one in found[-2:]] == weeks and sum(one[1] for one in found) == 3


def test_a_reader_who_moves_to_another_zone_gets_weeks_of_his_own(
    runtime: Runtime, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aheadfigures, "MANY", 0)
    monkeypatch.setattr(alertcharts, "utc_now", lambda: datetime(2026, 3, 12, tzinfo=UTC))

    def last_week() -> str:
        client.get("/alerts/dashboard")  # counted and kept
        page = client.get("/alerts/dashboard").text
        assert "统计于" in page
        return page.partition("03-09: ")[2].partition(",")[0]

    raise_around_sunday(runtime, "Asia/Shanghai")
    assert last_week() == "2"
    raise_around_sunday(runtime, "Pacific/Honolulu")
    assert last_week() == "0"


@pytest.mark.parametrize(("zone", "sunday", "raised"), [
    ("Asia/Shanghai", 1, "2026-03-08 23:59:59+08:00"), ("America/New_York", 2, "2026-03-08 11:59:59-04:00"),
])  # fmt: skip
def test_days_of_filter_and_export_are_the_readers(
    runtime: Runtime, client: FlaskClient, zone: str, sunday: int, raised: str
) -> None:
    raise_around_sunday(runtime, zone)
    exported = client.get("/alerts/export.csv?since=2026-03-08&until=2026-03-08").data.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(exported)))) == 1 + sunday and raised in exported
    day = (utc_now() + timedelta(days=40)).date()
    client.post("/alerts/1/snooze", data={"until": day.isoformat(), "request_key": "k"})
    with runtime.sessions() as session:
        until = session.get_one(Alert, 1).snoozed_until
    assert until == datetime.combine(day, time(9), ZoneInfo(zone)), "in the morning, where the reader is"


def test_a_filter_is_saved_under_a_name(client: FlaskClient) -> None:
    for _ in range(2):
        client.post("/alerts/filters", data={"name": "贵的", "filter": "least=150"})
    page = client.get("/alerts?least=150").text
    assert page.count(">贵的</a>") == 1
    client.post("/alerts/filters/1/forget")
    assert ">贵的</a>" not in client.get("/alerts").text
