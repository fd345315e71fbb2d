"""From the form to the outcome: steps and states, the clock and its reminders, who sees what, the mail."""

from __future__ import annotations

import hashlib
import json
import zipfile
from datetime import date, timedelta
from typing import Any

import pytest
from desk_of_letters import HOSTILE, Desk
from scenery import HandClock, People, draw_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import alerts, logcheck, logkeys
from ipreg.casework import telling
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    AlertState,
    DismissReason,
    LegalLetter,
    LegalLetterKind,
    LegalLetterState,
    LegalOutcome,
    Letter,
    LogEntry,
    Notice,
    ObtainedKind,
)
from ipreg.notify import notices
from ipreg.notify.kinds import KINDS
from ipreg.notify.likeness import match_values
from ipreg.registry import Attached
from ipreg.response import law, letters, mailing, making, reminders, steps, table
from ipreg.response.letters import Asked
from ipreg.rights import records
from ipreg.rights import reminders as rights_reminders
from ipreg.rights.records import RightForm
from ipreg.runtime import Runtime

S = LegalLetterState
NOTICE, WARNING = LegalLetterKind.NOTICE, LegalLetterKind.WARNING


@pytest.fixture
def desk(runtime: Runtime, session: Session, people: People, clock: HandClock) -> Desk:
    return Desk(runtime, session, people, clock)


def today(desk: Desk, **back: float) -> date:
    return (desk.clock() - timedelta(**back)).date()


def sent(desk: Desk, kind: LegalLetterKind = NOTICE, key: str = "k") -> LegalLetter:
    letter = desk.ready(kind, key=key)
    desk.step(letter, "sent", on=today(desk), values={"way": "portal", "reference": "https://ipp.example"})
    return letter


# --- The form


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"matches": ()}, "matches"), ({"matches": (999,)}, "matches"), ({"holder": " "}, "holder"),
    ({"holder_address": ""}, "holder_address"), ({"phone": ""}, "phone"), ({"email": "nobody"}, "email"),
    ({"addressee": "x" * 201}, "addressee"), ({"addressee": "a\nb"}, "addressee"),
    ({"languages": "fr"}, "languages"), ({"basis": "magic"}, "basis"), ({"measures": ()}, "measures"),
    ({"measures": ("stop",)}, "measures"), ({"answer_days": 0}, "answer_days"), ({"truth": False}, "truth"),
    ({"comparison": "x\x00"}, "comparison"), ({"basis": "design_patent"}, "basis"),
    ({"basis": "trade_mark"}, "basis"), ({"proofs": False}, "proofs"),
    ({"basis": "unfair", "proofs": False}, "proofs"),
]  # fmt: skip


def test_what_is_wrong_in_the_form_is_named_beside_its_field(desk: Desk) -> None:
    for wrong, field in WRONG:
        with pytest.raises(CallerError) as fault:
            desk.draft(**wrong)
        assert fault.value.field == field, wrong
    assert letters.of_alert(desk.session, desk.alert) == []


def test_the_same_form_twice_is_one_letter_and_confirms_the_alert(desk: Desk) -> None:
    first, again = desk.draft(key="a"), desk.draft(key="a")
    assert first is again and first.state is S.MAKING
    assert desk.alert.state is AlertState.CONFIRMED
    assert len(letters.of_alert(desk.session, desk.alert)) == 1
    following = desk.form(WARNING)
    assert (following.phone, following.addressee) == ("0755-80000000", "快手小铺"), "who he is is not typed twice"


def test_no_letter_of_what_was_dismissed_and_none_by_who_only_looks_on(desk: Desk) -> None:
    with pytest.raises(PermissionDeniedError):
        making.draft(
            desk.session, desk.runtime.store, alert=desk.alert, account=desk.people.rival,
            wish=making.Wish(NOTICE, desk.form()), now=desk.clock(),
        )  # fmt: skip
    alerts.dismiss(
        desk.session, alert=desk.alert, account=desk.me, reason=DismissReason.NOT_SIMILAR, now=desk.clock()
    )
    with pytest.raises(ConflictError, match="letter_alert_dismissed"):
        desk.form()


def test_a_hostile_file_is_refused_by_name_and_nothing_is_kept(desk: Desk) -> None:
    with pytest.raises(CallerError, match="letter_file_wrong") as fault:
        desk.draft(uploads=[Attached("a.pdf", b"MZ" + b"\0" * 200)])
    assert (fault.value.field, fault.value.values["name"]) == ("files", "a.pdf")


def test_a_letter_proves_the_right_that_it_relies_on(desk: Desk) -> None:
    form = RightForm(ObtainedKind.DESIGN_PATENT, "202630123456.0", today(desk), granted_on=None)
    given = {"account": desk.me, "filing": desk.alert.match.filing, "now": desk.clock()}
    records.record_right(desk.session, desk.runtime.store, form=form, request_key="applied", **given)
    with pytest.raises(CallerError, match="letter_right"):
        desk.draft(basis="design_patent")  # an application is no right
    granted = RightForm(ObtainedKind.DESIGN_PATENT, "202630123457.5", today(desk), granted_on=today(desk))
    records.record_right(desk.session, desk.runtime.store, form=granted, request_key="granted", **given)
    assert desk.draft(basis="design_patent", proofs=False, key="p").number
    with pytest.raises(CallerError, match="letter_proof"):
        desk.draft(basis="copyright", proofs=False)  # a patent proves no copyright
    own = [Attached("a.png", draw_picture(3, kind="PNG"))]
    assert desk.draft(basis="copyright", proofs=False, uploads=own, key="c").number


# --- States


def test_every_step_in_every_state(desk: Desk) -> None:
    """The table is walked whole: what it names leads on, all else is refused and changes nothing."""
    letter = desk.ready()
    for kind in LegalLetterKind:
        for state in S:
            for move in table.MOVES:
                letter.kind, letter.state, letter.outcome, letter.before = kind, state, None, S.ACKNOWLEDGED.value
                letter.countered_on = letter.due_on = None
                if state is S.CLOSED:
                    letter.outcome = LegalOutcome.REMOVED
                may = kind in move.kinds and state in move.targets and not move.system
                given = {
                    "on": today(desk), "outcome": LegalOutcome.REFUSED,
                    "values": {"way": "post", "to": "suit", "elements": ["identity"]},
                }  # fmt: skip
                if not may:
                    with pytest.raises(ConflictError, match="letter_step_impossible"):
                        desk.step(letter, move.action, **given)
                    assert letter.state is state
                    continue
                desk.step(letter, move.action, **given)
                expected = S.ACKNOWLEDGED if move.action == "reopened" else move.targets[state]
                assert letter.state is expected, (kind, state, move.action)
                assert letter.running is (expected not in table.ENDED)


WRONG_STEPS: list[tuple[str, dict[str, Any], str]] = [
    ("sent", {"values": {"way": "pigeon"}, "on": date(2026, 3, 1)}, "way"),
    ("sent", {"values": {"way": "post"}}, "on"),
    ("sent", {"values": {"way": "post"}, "on": date(2026, 3, 5)}, "on"),
    ("acknowledged", {"on": date(1999, 1, 1)}, "on"),
    ("acknowledged", {"on": date(2026, 3, 1), "values": {"number": "x" * 400}}, "number"),
    ("countered", {"on": date(2026, 3, 1), "values": {"elements": ["luck"]}}, "elements"),
    ("closed", {"outcome": LegalOutcome.HANDED_OVER}, "outcome"),
    ("closed", {"outcome": None}, "outcome"),
    ("closed", {"outcome": LegalOutcome.REFUSED, "note": "x" * 3000}, "note"),
]


def test_a_step_with_a_wrong_form_changes_nothing(desk: Desk) -> None:
    letter = sent(desk)
    before = letter.state, len(letter.events)
    for action, given, field in WRONG_STEPS:
        with pytest.raises(CallerError) as fault:
            desk.step(letter, action, **given)
        assert fault.value.field == field, (action, given)
        assert (letter.state, len(letter.events)) == before


def test_the_slower_of_two_tabs_is_told_and_the_same_tab_twice_is_one_step(desk: Desk) -> None:
    letter = sent(desk)
    seen = letter.row_version
    desk.step(letter, "acknowledged", on=today(desk), values={"number": "TB-1"}, request_key="once")
    desk.step(letter, "acknowledged", on=today(desk), values={"number": "TB-1"}, request_key="once")
    assert [one.action for one in letter.events] == ["drafted", "made", "sent", "acknowledged"]
    with pytest.raises(ConflictError, match="letter_changed_by"):
        steps.step(
            desk.session, desk.runtime.store, letter=letter, action="closed", actor=desk.me,
            given=steps.Given(outcome=LegalOutcome.REMOVED), row_version=seen, now=desk.clock(),
        )  # fmt: skip


# --- The clock of fifteen days


def counter(desk: Desk, letter: LegalLetter, on: date) -> None:
    desk.step(
        letter, "countered", on=on, values={"elements": ["identity", "listing"]},
        uploads=[Attached("声明.png", draw_picture(4, kind="PNG"))],
    )  # fmt: skip


def test_the_clock_counts_calendar_days_from_the_day_after_arrival_in_china(desk: Desk) -> None:
    letter = sent(desk)
    desk.clock.move(hours=8)  # 17:00 UTC on the 2nd is the 3rd in China
    counter(desk, letter, date(2026, 3, 3))
    assert (letter.state, letter.due_on) == (S.COUNTERED, date(2026, 3, 18))
    assert letters.days_left(letter, desk.clock()) == 15
    counter(desk, letter, date(2026, 3, 2))
    assert letter.due_on == date(2026, 3, 17), "recorded again, the day is corrected"
    assert law.last_day(date(2026, 2, 14)) == date(2026, 3, 1), "over a holiday as over any day"
    assert letter.files[-1].role == "countered" and letter.files[-1].given_name == "声明.png"


def told(desk: Desk) -> list[tuple[str, Any]]:
    found = desk.session.scalars(select(Notice).where(Notice.account_id == desk.me.id).order_by(Notice.id))
    return [(one.kind, one.values["days"]) for one in found if one.kind.startswith("letter_")]


def run(desk: Desk) -> None:
    for letter_id in reminders.due(desk.session, now=desk.clock()):
        reminders.remind(desk.session, letter_id=letter_id, now=desk.clock())


def test_reminders_come_at_seven_three_one_and_no_days_and_after_once_each(desk: Desk) -> None:
    letter = sent(desk)
    counter(desk, letter, today(desk))
    for _ in range(18):
        run(desk)
        run(desk)
        desk.clock.move(days=1)
    assert told(desk) == [
        *(("letter_clock", days) for days in (7, 3, 1, 0)),
        ("letter_clock_over", -1),
    ]
    assert letter.look_on is None and letter.state is S.COUNTERED


def test_after_a_week_without_the_scheduler_only_the_last_step_is_told(desk: Desk) -> None:
    counter(desk, sent(desk), today(desk))
    desk.clock.move(days=13)
    run(desk)
    assert told(desk) == [("letter_clock", 2)]


def test_a_clock_that_was_stopped_reminds_no_more(desk: Desk) -> None:
    letter = sent(desk)
    counter(desk, letter, today(desk))
    desk.step(letter, "told", on=today(desk), values={"to": "complaint", "number": "深市监投〔2026〕1号"})
    desk.clock.move(days=30)
    run(desk)
    assert told(desk) == [] and letter.next_on is None


def test_a_platform_or_seller_that_does_not_answer_is_asked_after_once(desk: Desk) -> None:
    sent(desk, NOTICE, "n")
    sent(desk, WARNING, "w")
    desk.clock.move(days=7)
    run(desk)
    assert told(desk) == []
    for _ in range(3):
        desk.clock.move(days=1)
        run(desk)
    assert sorted(told(desk)) == [("letter_answer", -1), ("letter_ask", -1)]


def test_no_kind_of_notice_tells_the_title_of_a_sealed_design(desk: Desk) -> None:
    session, filing, me = desk.session, desk.alert.match.filing, desk.me
    case = alerts.confirm(session, alert=desk.alert, account=me, now=desk.clock())
    form = RightForm(ObtainedKind.DESIGN_PATENT, "202630123456.0", today(desk))
    records.record_right(
        session, desk.runtime.store, filing=filing, account=me, form=form, request_key="r", now=desk.clock()
    )
    for kind, key in ((NOTICE, "n"), (NOTICE, "m"), (WARNING, "w")):
        letter = sent(desk, kind, key)
        if key == "m":
            counter(desk, letter, today(desk))
    filing.vault_key = desk.runtime.store.new_key(session, now=desk.clock())
    session.flush()
    telling.conflict(session, case=case, owners=[me], own=filing, now=desk.clock())
    telling.stepped(session, case=case, event=case.events[-1], now=desk.clock())
    values = match_values(desk.alert.match)
    for kind in ("alert", "alert_changed"):
        notices.tell(session, account=me, kind=kind, values=values, path="/", key=kind, now=desk.clock())
    for _ in range(20):
        run(desk)
        desk.clock.move(days=1)
    desk.clock.move(days=130)
    rights_reminders.remind(session, filing_id=filing.id, now=desk.clock())
    made = session.scalars(select(Notice)).all()
    speaking = {kind for kind, words in KINDS.items() if "%(title)s" in words.subject + "".join(words.sentences)}
    assert speaking - {one.kind for one in made} == {"case_step"}, "of each kind one was told"
    assert not [one.kind for one in made if filing.title in json.dumps(one.values, ensure_ascii=False)]


def test_what_was_removed_may_still_be_contested_and_nothing_else_may(desk: Desk) -> None:
    letter = sent(desk)
    desk.step(letter, "closed", outcome=LegalOutcome.REMOVED)
    counter(desk, letter, today(desk))
    assert (letter.state, letter.outcome, letter.running) == (S.COUNTERED, None, True)
    desk.step(letter, "closed", outcome=LegalOutcome.SETTLED)
    with pytest.raises(ConflictError):
        counter(desk, letter, today(desk))
    desk.step(letter, "reopened")
    assert (letter.state, letter.due_on) == (S.COUNTERED, law.last_day(today(desk)))


# --- Who sees what


def test_nobody_sees_anothers_letter_and_officials_only_with_the_case(desk: Desk) -> None:
    letter, making_one = sent(desk), desk.draft(WARNING, key="half")
    people, session = desk.people, desk.session
    strangers = (people.rival, people.freelancer, people.regulator, people.auditor, people.administrator)
    for stranger in strangers:
        with pytest.raises(MissingError):
            letters.get(session, number=letter.number, account=stranger)
        assert letters.page(session, account=stranger, asked=Asked("all")).letters == []
    with pytest.raises(PermissionDeniedError):
        desk.step(letter, "acknowledged", actor=people.rival, on=today(desk))
    for owner in (people.enterprise, people.designer):
        assert letters.get(session, number=letter.number.lower(), account=owner) is letter
        assert set(letters.page(session, account=owner, asked=Asked()).letters) == {letter, making_one}
    case = letters.hand_over(session, desk.runtime.store, alert=desk.alert, account=desk.me, now=desk.clock())
    for official in (people.regulator, people.auditor):
        assert letters.get(session, number=letter.number, account=official) is letter
        with pytest.raises(MissingError):
            letters.get(session, number=making_one.number, account=official)
    assert letters.of_case(session, case) == [letter]
    for stranger in (people.rival, people.freelancer, people.administrator):
        with pytest.raises(MissingError):
            letters.get(session, number=letter.number, account=stranger)


def test_handing_over_takes_the_letters_along_once_and_closes_them(desk: Desk) -> None:
    first, second = sent(desk, key="a"), sent(desk, WARNING, "b")
    for _ in range(2):
        case = letters.hand_over(
            desk.session, desk.runtime.store, alert=desk.alert, account=desk.me, now=desk.clock()
        )
    assert [(one.state, one.outcome) for one in (first, second)] == [(S.CLOSED, LegalOutcome.HANDED_OVER)] * 2
    lines = [one for one in case.events if one.action == "letters_attached"]
    assert len(lines) == 1
    assert [one["name"] for one in lines[0].details["documents"]] == [f"{second.number}.pdf", f"{first.number}.pdf"]
    assert letters.page(desk.session, account=desk.me, asked=Asked()).letters == []


def test_a_clock_goes_on_when_the_case_is_with_the_regulator_until_the_platform_was_told(desk: Desk) -> None:
    letter = sent(desk)
    counter(desk, letter, today(desk))
    for _ in range(2):
        letters.hand_over(desk.session, desk.runtime.store, alert=desk.alert, account=desk.me, now=desk.clock())
    assert [one.action for one in letter.events].count("handed_over") == 1
    desk.clock.move(days=8)
    run(desk)
    assert told(desk) == [("letter_clock", 7)], "the platform does not hear of the case from us"
    desk.step(letter, "told", on=today(desk), values={"to": "complaint"})
    assert letter.state is S.TOLD and letter.next_on is None


def test_the_list_shows_first_what_is_due_first(desk: Desk) -> None:
    idle, late, soon = desk.ready(key="a"), sent(desk, key="b"), sent(desk, key="c")
    counter(desk, late, today(desk))
    assert letters.page(desk.session, account=desk.me, asked=Asked()).letters == [soon, late, idle]
    assert letters.running(desk.session, desk.me) == [soon, late]
    desk.step(soon, "closed", outcome=LegalOutcome.REMOVED)
    assert letters.page(desk.session, account=desk.me, asked=Asked("ended")).letters == [soon]


# --- The mail


def test_a_mail_that_the_server_took_is_sent_and_one_given_up_is_told(desk: Desk) -> None:
    letter, store = desk.ready(key="pdf"), desk.runtime.store
    with pytest.raises(CallerError) as fault:
        mailing.queue(
            desk.session, store, letter=letter, account=desk.me, email="x\r\nBcc: y@z.example", now=desk.clock()
        )
    assert fault.value.field == "email"
    for _ in range(2):
        mailing.queue(
            desk.session, store, letter=letter, account=desk.me, email="ipr@shop.example", request_key="m",
            now=desk.clock(),
        )  # fmt: skip
    mail = desk.session.scalars(select(Letter)).one()
    assert letter.state is S.MAILING
    mailing.mailed(desk.session, store, mail, fault="550 no such user", now=desk.clock())
    assert letter.state is S.READY and told_kinds(desk) == ["letter_mail_failed"]
    mailing.queue(desk.session, store, letter=letter, account=desk.me, email="legal@shop.example", now=desk.clock())
    second = desk.session.scalars(select(Letter).order_by(Letter.id.desc())).first()
    assert second is not None and second.message_id != mail.message_id
    mailing.mailed(desk.session, store, second, fault="", now=desk.clock())
    mailing.mailed(desk.session, store, second, fault="", now=desk.clock())
    assert (letter.state, letter.sent_on) == (S.SENT, today(desk))
    assert [one.action for one in letter.events][-2:] == ["mail_queued", "mailed"]


def told_kinds(desk: Desk) -> list[str]:
    return [one.kind for one in desk.session.scalars(select(Notice).order_by(Notice.id)) if "letter" in one.kind]


# --- The record


def test_each_step_is_in_the_log_and_a_changed_row_or_file_is_found(desk: Desk, runtime: Runtime) -> None:
    letter = sent(desk)
    counter(desk, letter, today(desk))
    session = desk.session
    entries = session.scalars(select(LogEntry).where(LogEntry.subject == letter.number)).all()
    assert len(entries) == len(letter.events) == 4
    assert not any("portal" in one.statement or desk.me.email in one.statement for one in entries)

    def wrong() -> set[str]:
        verifiers = logkeys.verifiers(session, first=runtime.log_key)
        found = logcheck.check_log(session, runtime.store, verifiers=verifiers).differences
        return {one.code for one in found if one.values.get("subject") == letter.number}

    assert wrong() == set()
    letter.events[2].details = {**letter.events[2].details, "on": "2026-01-01"}
    session.flush()
    assert wrong() == {"check_fields_changed"}
    runtime.store.remove(letter.files[-1].sha256)
    assert wrong() == {"check_fields_changed", "check_file_missing"}


def test_the_zip_holds_what_goes_out_and_its_digests_and_not_what_came_back(desk: Desk) -> None:
    letter = desk.ready(uploads=[Attached("执照.png", draw_picture(9, kind="PNG"))])
    desk.step(letter, "sent", on=today(desk), values={"way": "post"})
    counter(desk, letter, today(desk))
    with making.packed(desk.runtime.store, letter) as whole, zipfile.ZipFile(whole) as archive:
        sums = dict(reversed(line.split("  ")) for line in archive.read("SHA256SUMS").decode().splitlines())
        assert (
            set(archive.namelist())
            == {*sums, "SHA256SUMS"}
            == {"00-annex-01.png", f"{letter.number}.pdf", "SHA256SUMS"}
        )
        for name, digest in sums.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest


def test_a_letter_keeps_its_text_when_the_listing_changes_after_it(desk: Desk) -> None:
    match = desk.alert.match
    assert match.listing is not None
    match.listing.title = HOSTILE
    letter = desk.draft()
    before = str(letter.facts)
    match.listing.title = "别的"
    desk.session.flush()
    desk.session.expire(letter)
    assert str(letter.facts) == before and "别的" not in before
