"""The figures: counted again from the rows in plain Python, and kept from telling of single cases."""

from __future__ import annotations

import csv
import io
import itertools
import re
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pypdfium2
import pytest
from databases import without_foreign_keys
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from site_of_tests import Site
from sqlalchemy import select, update
from statistics_rows import fill

from ipreg import disclosure, jobtable, statisticsahead
from ipreg.db import transaction, utc_now
from ipreg.models import (
    Account,
    Alert,
    AlertFigures,
    Case,
    CaseEvent,
    CaseOutcome,
    CountedFigures,
    Filing,
    Industry,
    JobState,
    Lease,
    Listing,
    RightRecord,
)
from ipreg.runtime import Runtime
from ipreg.spreadsheets import harmless
from ipreg.statistics import (
    BEIJING,
    DIMENSIONS,
    STAGES,
    TITLES,
    Asked,
    Figures,
    Median,
    Stage,
    Table,
    figures,
    last_full_month,
    word_of,
    years,
)
from ipreg.warning import aheadfigures
from jobs import figures as figures_job

SPLIT = ("month", "industry", "district", "platform")
ASKED = (
    Asked(2026),
    Asked(2025),
    Asked(2026, until=datetime(2026, 6, 17, 5, tzinfo=UTC)),
    Asked(2026, industry=Industry.WATCHES, district="罗湖", platform="淘淘"),
)


@pytest.fixture
def filled(runtime: Runtime) -> Runtime:
    fill(runtime, 600)
    return runtime


def rows(runtime: Runtime, table: Any) -> Sequence[Any]:
    with runtime.sessions() as session:
        return session.execute(select(table.__table__)).all()


@pytest.mark.parametrize("asked", ASKED)
def test_every_figure_is_what_counting_the_rows_by_hand_gives(filled: Runtime, asked: Asked) -> None:
    with filled.sessions() as session:
        found = figures(session, asked=asked)
    filings = {one.id: one for one in rows(filled, Filing)}
    place = {one.id: (one.industry, one.district or "") for one in filings.values()}
    cases = rows(filled, Case)
    counted = {
        "filings": [(one.filed_at, one.industry, one.district or "", None, None) for one in filings.values()],
        "rights": [
            (one.recorded_at, *place[one.filing_id], None, one.kind)
            for one in rows(filled, RightRecord)
            if one.granted_on and not one.retracted_at
        ],
        "alerts": [(one.raised_at, *place[one.id], one.platform, None) for one in rows(filled, Alert)],
        "cases": [(one.opened_at, one.industry, one.district, one.platform, None) for one in cases],
        "decisions": [
            (one.decided_at, one.industry, one.district, one.platform, one.outcome) for one in cases if one.outcome
        ],
    }
    for name, all_rows in counted.items():
        kept = [one for one in all_rows if _asked_for(asked, *one[:4])]
        last = "right" if name == "rights" else "outcome"
        for position, dimension in enumerate(("month", "industry", "district", "platform", last)):
            if not any((one.figure, one.dimension) == (name, dimension) for one in found.tables):
                continue
            by_hand = Counter(_word(one[position]) for one in kept)
            table = dict(found.table(name, dimension).rows)
            assert {word: count for word, count in table.items() if count} == by_hand, (name, dimension)
            assert found.table(name, dimension).total == len(kept)
    check_repeats(asked, cases, found)
    check_stages(filled, asked, found)


def check_repeats(asked: Asked, cases: Sequence[Any], found: Figures) -> None:
    """Each seller with a second decision against him in the period, counted where and when that was."""
    against: dict[int, list[Any]] = {}
    for one in sorted(cases, key=lambda case: (case.decided_at is None, case.decided_at, case.id)):
        period = one.decided_at is not None and asked.begins <= one.decided_at < asked.ends
        if period and one.outcome is CaseOutcome.INFRINGING and one.seller_id is not None:
            against.setdefault(one.seller_id, []).append(one)
    second = [those[1] for those in against.values() if len(those) > 1]
    kept = [one for one in second if _of(asked, one, one.decided_at)]
    assert found.repeat_sellers == len(kept) and (kept or asked.industry or asked.year == 2025)
    for dimension in ("industry", "district", "platform"):
        by_hand = Counter(_word(getattr(one, dimension)) for one in kept)
        assert dict(found.table("repeat", dimension).rows) == by_hand
    months = Counter(_word(one.decided_at) for one in kept)
    assert {month: count for month, count in found.table("repeat", "month").rows if count} == months


def check_stages(runtime: Runtime, asked: Asked, found: Figures) -> None:
    first: dict[tuple[int, str], datetime] = {}
    for event in sorted(rows(runtime, CaseEvent), key=lambda one: one.at):
        first.setdefault((event.case_id, event.action), event.at)
    for stage, (name, begins, ends) in zip(found.stages, STAGES.values(), strict=True):
        lengths: dict[str, dict[str, list[float]]] = {one: {} for one in ("all", *SPLIT)}
        for case in rows(runtime, Case):
            end = min((first[case.id, one] for one in ends if (case.id, one) in first), default=None)
            start = case.opened_at
            if begins is not None:
                start = min((first[case.id, one] for one in begins if (case.id, one) in first), default=None)
            if start is not None and end is not None and _of(asked, case, end):
                days = (end - start).total_seconds() / 86400
                for dimension, value in zip(
                    lengths, ("", end, case.industry, case.district, case.platform), strict=True
                ):
                    lengths[dimension].setdefault(_word(value), []).append(days)
        assert stage.name == name
        check_medians({"": stage.whole} if stage.whole.count else {}, lengths.pop("all"))
        for dimension, medians in stage.tables:
            check_medians(dict(medians), lengths[dimension])


def check_medians(found: dict[str, Median], by_hand: dict[str, list[float]]) -> None:
    assert {value: one.count for value, one in found.items()} == {
        value: len(days) for value, days in by_hand.items()
    }
    for value, days in by_hand.items():
        assert found[value].days == pytest.approx(statistics.median(days), abs=1e-6)


def _of(asked: Asked, case: Any, at: datetime) -> bool:
    return _asked_for(asked, at, case.industry, case.district, case.platform)


def _asked_for(asked: Asked, at: datetime, industry: Industry, district: str, platform: str | None) -> bool:
    if not asked.begins <= at < asked.ends or (asked.industry and industry != asked.industry):
        return False
    return (not asked.district or district == asked.district) and (not asked.platform or platform == asked.platform)


def _word(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m")
    return str(getattr(value, "value", value))


def test_the_years_that_can_be_asked_for_and_the_last_month_that_is_over(filled: Runtime) -> None:
    with filled.sessions() as session:
        assert years(session) == [2027, 2026, 2025]
    assert last_full_month(datetime(2026, 2, 28, 17, tzinfo=UTC)) == datetime(2026, 2, 28, 16, tzinfo=UTC)


# --- What the public gets

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=6)


@settings(max_examples=200, deadline=None)
@given(one=COUNTS, other=COUNTS)
def test_no_small_number_can_be_had_by_subtraction(one: list[int], other: list[int]) -> None:
    """Two tables of the same rows, so that both have the same total."""
    other[0] += max(0, sum(one) - sum(other))
    one[0] += max(0, sum(other) - sum(one))
    tables = tuple(
        Table("cases", dimension, tuple((f"{dimension}-{place}", count) for place, count in enumerate(counts)))
        for dimension, counts in (("industry", one), ("district", other))
    )
    told = disclosure.public(Figures(Asked(2026), tables, (), 0))
    shown = [dict(table.rows) for table in told.tables]
    assert not [count for rows in shown for count in rows.values() if count is not None and count % 5]
    exact = [dict(table.rows) for table in tables]
    for which, table in enumerate(told.tables):  # as if the others were told exactly
        hidden = [exact[which][name] for name, count in table.rows if count is None]
        if hidden and table.total is not None:
            assert len(hidden) > 1, "one row alone is had by subtraction"
            assert sum(hidden) >= 10, "they could only be few each"
        if hidden and all(None not in rows.values() for rows in shown if rows is not shown[which]):
            assert table.total is not None or len(hidden) > 1, "the other table's rows add up to it"


def told_of(months: Sequence[tuple[int, int]]) -> object:
    """What is public of cases of two districts, after so many months."""
    by_month = tuple((f"2026-{place:02d}", sum(one)) for place, one in enumerate(months, 1))
    districts = ((name, sum(one[place] for one in months)) for place, name in enumerate(("罗湖", "福田")))
    by_district = tuple(sorted((one for one in districts if one[1]), key=lambda row: (-row[1], row[0])))
    tables = (Table("cases", "month", by_month), Table("cases", "district", by_district))
    told = disclosure.public(Figures(Asked(2026), tables, (), 0))
    return tuple((one.rows, one.total) for one in told.tables)


def test_no_small_number_can_be_had_from_what_was_told_a_month_ago() -> None:
    """Every registry of two districts and two months with few cases each: those that look alike differ, in what is
    small. (Beside the largest ones that are gone through there are larger ones.)"""
    alike: dict[object, list[tuple[int, ...]]] = {}
    for cells in itertools.product(range(11), repeat=4):
        first, second = cells[:2], cells[2:]
        alike.setdefault((told_of([first]), told_of([first, second])), []).append(cells)
    for cells in alike.values():
        for known in map(set, zip(*cells, strict=True)):
            assert len(known) > 1 or not 0 < next(iter(known)) < 5 or max(max(one) for one in cells) > 6, cells


def test_medians_of_few_cases_and_over_how_many_are_not_told() -> None:
    rows = (("watches", Median(4, 2.0)), ("furniture", Median(5, 3.04)))
    stage = Stage("x", Median(9, 2.5), (("industry", rows),))
    told = disclosure.public(Figures(Asked(2026), (), (stage,), 0))
    assert told.stages == (Stage("x", Median(None, 2.5), (("industry", (("furniture", Median(None, 3.0)),)),)),)
    few = disclosure.public(Figures(Asked(2026), (), (Stage("x", Median(4, 2.5)),), 0))
    assert few.stages == ()


def test_figures_of_a_large_registry_are_counted_ahead_and_kept_fresh(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_after(site)
    client = site.sign_in("regulator")
    monkeypatch.setattr(statisticsahead, "MANY", 10)
    site.app.extensions["figures"] = {}
    assert client.get("/statistics?year=2026").status_code == 200
    moment = utc_now()
    with site.runtime.sessions() as session:
        assert statisticsahead.kept(session, asked=Asked(2026), now=moment) is not None, "counted once, then kept"
        exact = figures(session, asked=Asked(2026))
        assert statisticsahead.kept(session, asked=Asked(2026), now=moment)[0] == exact  # type: ignore[index]
        assert statisticsahead.kept(session, asked=Asked(2025), now=moment) is None
    # While a scheduler leads nobody waits at the page: the job is asked.
    with transaction(site.runtime.sessions) as session:
        jobtable.declare(session, jobs={"figures": 60}, now=moment)
        session.merge(Lease(name=jobtable.LEASE, holder="x", seen_at=moment))
    assert "正在统计" in client.get("/statistics?year=2025").text
    assert "正在统计" in site.app.test_client().get("/figures?year=2025").text
    with site.runtime.sessions() as session:
        assert session.get_one(JobState, "figures").wanted_at is not None
    assert figures_job.run(site.runtime) >= 2
    assert "正在统计" not in client.get("/statistics?year=2025").text
    assert "正在统计" not in site.app.test_client().get("/figures?year=2025").text
    assert figures_job.run(site.runtime) == 0
    later = moment + statisticsahead.FRESH * 1.1
    assert figures_job.run(site.runtime, clock=lambda: later) >= 1


@pytest.mark.parametrize("page", ["/statistics?year=2026", "/alerts/dashboard"])
def test_a_page_that_keeps_what_it_counted_does_not_mind_who_writes_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    client = site.sign_in("regulator" if "statistics" in page else "enterprise")
    monkeypatch.setattr(statisticsahead, "MANY", 0)
    monkeypatch.setattr(aheadfigures, "MANY", 0)
    site.app.extensions["figures"] = {}
    meddle_after_reading(site, monkeypatch)
    for _ in range(2):  # counted and kept; then looked at
        assert client.get(page).status_code == 200
        site.app.extensions["figures"] = {}
        with transaction(site.runtime.sessions) as session:
            session.execute(update(CountedFigures).values(looked_at=utc_now() - timedelta(hours=2)))
            session.execute(update(AlertFigures).values(looked_at=utc_now() - timedelta(hours=2)))


def meddle_after_reading(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else writes each time when a page has asked for what was kept."""

    def between(kept: Callable[..., object]) -> Callable[..., object]:
        def asked(*args: Any, **more: Any) -> object:
            found = kept(*args, **more)
            with transaction(site.runtime.sessions) as session:
                session.execute(update(Account).values(failed_sign_ins=Account.failed_sign_ins + 0))
            return found

        return asked

    for module in (statisticsahead, aheadfigures):
        monkeypatch.setattr(module, "kept", between(module.kept))


def test_the_public_page_tells_totals_and_no_small_number(site: Site) -> None:
    fill_after(site)
    page = site.app.test_client().get("/figures?year=2026").text
    assert "设计预备案统计" in page and "不公开" in page
    assert site.app.test_client().get("/statistics").status_code == 302
    picture = site.app.test_client().get("/figures/charts/cases/month.svg?year=2026")
    assert picture.mimetype == "image/svg+xml" and b"<script" not in picture.data
    assert site.app.test_client().get("/figures/charts/cases/nonsense.svg").status_code == 404


def fill_after(site: Site) -> None:
    from sqlalchemy import delete

    from ipreg.models import AlertMatch, AlertRecipient, CaseClock, FilingView, ListingPicture, Match, MatchPair

    with without_foreign_keys(site.runtime) as connection:
        for one in (RightRecord, CaseEvent, CaseClock, Case, AlertRecipient, AlertMatch, Alert, MatchPair, Match):
            connection.execute(delete(one.__table__))
        for table in (ListingPicture, Listing, FilingView, Filing):
            connection.execute(delete(table.__table__))
    fill(site.runtime, 120)


def number(cell: str) -> float | str:
    """As a spreadsheet reads it."""
    return float(cell) if cell else ""


@pytest.mark.parametrize("narrow", ["", "&industry=watches", "&district=罗湖&platform=淘淘"])
def test_each_file_holds_each_figure_and_says_what_was_left_out(site: Site, narrow: str) -> None:
    fill_after(site)
    client = site.sign_in("regulator")
    client.get("/language/en")
    sheet = load_workbook(io.BytesIO(client.get(f"/statistics.xlsx?year=2026{narrow}").data)).worksheets[0]
    text = client.get(f"/statistics.csv?year=2026{narrow}").get_data(as_text=True)
    by_csv = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    by_xlsx = [["" if one is None else one for one in row] for row in sheet.iter_rows(values_only=True)]
    assert [[*row[:3], *map(number, row[3:])] for row in by_csv[1:]] == by_xlsx[1:] and by_csv[0] == by_xlsx[0]
    asked = Asked(
        2026,
        industry=Industry.WATCHES if "watches" in narrow else None,
        district="罗湖" if "罗湖" in narrow else "",
        platform="淘淘" if "淘淘" in narrow else "",
    )
    with site.runtime.sessions() as session:
        found = figures(session, asked=asked)
    told = {(figure, by, what): (count, over) for figure, by, what, count, over in by_csv[1:]}
    filters = {what for figure, _, what in told if figure == "Filter"}
    assert filters == {"": set(), "&industry=watches": {"Watches"}}.get(narrow, {"罗湖", "淘淘"})
    for table in found.tables:
        for value, count in table.rows:
            what = harmless(word_of(table.dimension, value, str))
            assert told[TITLES[table.figure], DIMENSIONS[table.dimension], what] == (str(count), "")
    for stage in found.stages:
        if stage.whole.days is not None:
            expected = str(round(stage.whole.days, 2)), str(stage.whole.count)
            assert told[f"Median time in days · {stage.name}", "All", ""] == expected
    pages = pypdfium2.PdfDocument(client.get(f"/statistics.pdf?year=2026{narrow}").data)
    printed = "".join(page.get_textpage().get_text_range() for page in pages)
    totals = [str(table.total) for table in found.tables if table.rows]
    assert re.findall(r"Total\s+(\d+)", printed) == totals
    assert all(one in printed for one in filters)


def test_officials_get_exact_figures_with_filters_as_page_and_files(site: Site) -> None:
    fill_after(site)
    client = site.sign_in("regulator")
    assert client.get("/statistics?year=2026&industry=watches&district=罗湖").status_code == 200
    text = client.get("/statistics.csv?year=2026").get_data(as_text=True)
    assert "'=1+1" in text and ",=1+1" not in text
    book = load_workbook(io.BytesIO(client.get("/statistics.xlsx?year=2026").data))
    with site.runtime.sessions() as session:
        found = figures(session, asked=Asked(2026))
    numbers = [row[3].value for row in book.worksheets[0].iter_rows(min_row=2)]
    medians = sum(len(rows) for stage in found.stages for _, rows in stage.tables)
    assert sum(len(table.rows) for table in found.tables) + len(found.stages) + medians == len(numbers)
    assert not [cell for row in book.worksheets[0].iter_rows() for cell in row if cell.data_type == "f"]
    assert client.get("/statistics.pdf?year=2026").data.startswith(b"%PDF")
    assert client.get("/statistics.exe").status_code == 404
    assert client.get("/statistics/charts/cases/industry.svg").status_code == 200
