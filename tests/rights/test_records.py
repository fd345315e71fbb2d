"""Rights are recorded, stand in the log, and change the clocks."""

from __future__ import annotations

import json
from datetime import date

import pytest
from scenery import HandClock, People, design_form, draw_picture, one_picture
from site_of_tests import Site
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import logcheck, logkeys, registry
from ipreg.db import transaction
from ipreg.errors import CallerError, PermissionDeniedError
from ipreg.models import Filing, LogEntry, ObtainedKind, OrganizationRole, RightRecord
from ipreg.registry import Attached
from ipreg.rights import records
from ipreg.rights.records import RightForm
from ipreg.runtime import Runtime

DAY = date(2026, 2, 1)
PATENT = RightForm(ObtainedKind.DESIGN_PATENT, "ZL202630123456.0", date(2026, 3, 2))


@pytest.fixture
def filing(session: Session, runtime: Runtime, people: People, clock: HandClock) -> Filing:
    return registry.register_design(
        session,
        runtime.store,
        applicant=people.designer,
        form=design_form(),
        pictures=one_picture(1),
        request_key="r1",
        now=clock(),
    )


def keep(
    session: Session, runtime: Runtime, filing: Filing, form: RightForm = PATENT, **more: object
) -> RightRecord:
    given: dict[str, object] = {"account": filing.applicant, "request_key": "k", "now": filing.filed_at, **more}
    return records.record_right(session, runtime.store, filing=filing, form=form, **given)  # type: ignore[arg-type]


def test_a_record_is_an_event_in_the_log_with_its_paper(session: Session, runtime: Runtime, filing: Filing) -> None:
    made = keep(session, runtime, filing, paper=Attached("受理通知书.png", draw_picture(9, kind="PNG")))
    entry = session.scalars(select(LogEntry).where(LogEntry.kind == "right")).one()
    said = json.loads(entry.statement)
    assert (entry.subject, said["number"], entry.index) == (filing.number, "202630123456.0", made.log_index)
    assert made.document is not None and said["document"]["sha256"] == made.document.sha256


def test_the_same_form_twice_is_one_record(session: Session, runtime: Runtime, filing: Filing) -> None:
    assert keep(session, runtime, filing).id == keep(session, runtime, filing).id
    with pytest.raises(CallerError, match="right_recorded_already"):
        keep(session, runtime, filing, request_key="another")


def test_grant_is_recorded_after_the_application_and_is_one_right(
    session: Session, runtime: Runtime, filing: Filing, clock: HandClock
) -> None:
    keep(session, runtime, filing)
    clock.move(days=200)
    granted = RightForm(PATENT.kind, PATENT.number, PATENT.applied_on, granted_on=date(2026, 8, 3))
    keep(session, runtime, filing, granted, request_key="granted", now=clock())
    facts = records.facts_of(filing, records.records_of(session, filing))
    assert [one.granted_on for one in facts.rights] == [date(2026, 8, 3)]


@pytest.mark.parametrize(
    ("form", "code", "field"),
    [
        (RightForm(PATENT.kind, PATENT.number, date(2026, 3, 9)), "day_in_future", "applied_on"),
        (RightForm(PATENT.kind, PATENT.number, date(1885, 3, 9)), "date_too_early", "applied_on"),
        (
            RightForm(PATENT.kind, PATENT.number, date(2026, 3, 1), date(2026, 2, 1)),
            "granted_before_applied",
            "granted_on",
        ),
        (RightForm(ObtainedKind.FOREIGN_DESIGN, "12-3", date(2026, 3, 1)), "field_empty", "office"),
        (RightForm(PATENT.kind, "202630123456.1", date(2026, 3, 1)), "right_number_check_wrong", "number"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    session: Session, runtime: Runtime, filing: Filing, form: RightForm, code: str, field: str
) -> None:
    with pytest.raises(CallerError) as fault:
        keep(session, runtime, filing, form)
    assert (fault.value.code, fault.value.field) == (code, field)


@pytest.mark.parametrize(
    ("data", "code"), [(b"MZ" + bytes(70), "file_harmful"), (b"PK\x05\x06" + bytes(18), "paper_kind")]
)
def test_a_paper_is_a_pdf_or_a_picture(
    session: Session, runtime: Runtime, filing: Filing, data: bytes, code: str
) -> None:
    with pytest.raises(CallerError) as fault:
        keep(session, runtime, filing, paper=Attached("paper", data))
    assert (fault.value.code, fault.value.field) == (code, "paper")


def test_a_record_taken_back_no_longer_counts_and_the_log_keeps_both(site: Site, clock: HandClock) -> None:
    with transaction(site.runtime.sessions) as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        record = keep(session, site.runtime, filing, paper=Attached("a.png", draw_picture(9, kind="PNG")))
        assert "priority_abroad" in {one.kind for one in records.clocks_now(session, filing, clock()) if one.due_on}
        records.retract(session, record=record, account=filing.applicant, now=clock())
        assert records.records_of(session, filing) == []
        assert not any(one.due_on for one in records.clocks_now(session, filing, clock()))
        kept = [entry.statement for entry in session.scalars(select(LogEntry).where(LogEntry.kind == "right"))]
        assert ['"recorded"' in kept[0], '"retracted"' in kept[1]] == [True, True]
    assert differences(site) == []
    with transaction(site.runtime.sessions) as session:
        session.scalars(select(RightRecord)).one().number = "another"
    assert differences(site) == ["check_fields_changed"]


def differences(site: Site) -> list[str]:
    with site.runtime.sessions() as session:
        verifiers = logkeys.verifiers(session, first=site.runtime.log_key)
        found = logcheck.check_log(session, site.runtime.store, verifiers=verifiers)
        return [one.code for one in found.differences]


def test_who_only_looks_on_records_nothing(
    session: Session, runtime: Runtime, people: People, filing: Filing
) -> None:
    viewer = people.enterprise
    viewer.organization_role = OrganizationRole.VIEWER
    with pytest.raises(PermissionDeniedError):
        keep(session, runtime, filing, account=viewer)


def test_only_a_granted_right_that_its_owner_shows_is_public(site: Site) -> None:
    with transaction(site.runtime.sessions) as session:
        filing = session.scalars(select(Filing).where(Filing.number == site.filing)).one()
        for number, granted, public in (("1", True, True), ("2", False, True), ("3", True, False)):
            day = date(2026, 3, 1) if granted else None
            form = RightForm(ObtainedKind.TRADE_MARK, number + "2345678", date(2026, 2, 1), day, public=public)
            keep(session, site.runtime, filing, form, request_key=number)
    page = site.app.test_client().get(f"/verify/{site.filing}").text
    assert "12345678" in page and "22345678" not in page and "32345678" not in page
