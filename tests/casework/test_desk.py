"""Officers at work: the queue, many cases at once, notes, tasks, deputies, conflicts, clocks that speak."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from desk import REASON, Desk
from scenery import HandClock, People
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, cases
from ipreg.casework import bulk, conflicts, machine, neighbours, queue, submissions, together, watch
from ipreg.casework.bulk import Chosen
from ipreg.casework.machine import Given
from ipreg.casework.queue import Filter, Place
from ipreg.casework.table import Part, Tab
from ipreg.db import transaction
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Case, CaseOutcome, CaseState, ClockKind, Match, Notice, Role, SubmissionKind
from ipreg.notify import notices
from ipreg.runtime import Runtime


def chosen(*found: Case) -> list[Chosen]:
    return [Chosen(case.number, case.row_version) for case in found]


def numbers(desk: Desk, account: Account | None = None, **asked: str) -> list[str]:
    now = desk.clock()
    wanted = Filter.from_address(asked)
    page = queue.page(desk.session, account=account or desk.officer, wanted=wanted, as_of=now, now=now)
    return [case.number for case in page.cases]


def test_the_queue_goes_by_clock_gravity_and_repeat_seller(desk: Desk, clock: HandClock) -> None:
    seller = desk.seller()
    desk.decided(seller=seller)
    oldest = desk.open(1)
    clock.move(days=1)
    repeated, grave = desk.open(2, seller), desk.open(3)
    desk.step(grave, "severity_set", desk.officer, severity=3)
    assert numbers(desk) == [grave.number, repeated.number, oldest.number]
    assert numbers(desk, severity="3") == [grave.number]
    assert numbers(desk, seller=str(seller.id), tab="follow_up") != []


def test_filters_stand_in_the_address_and_nonsense_in_it_narrows_nothing(desk: Desk) -> None:
    one, other = desk.open(1), desk.taken(2)
    assert numbers(desk, officer="none") == [one.number]
    assert numbers(desk, officer=str(desk.officer.id)) == numbers(desk, tab="mine") == [other.number]
    assert numbers(desk, search=other.number.lower()) == numbers(desk, search=other.match.filing.number)
    assert numbers(desk, platform="别处") == [] and len(numbers(desk, platform="淘淘", industry="clothing")) == 2
    assert len(numbers(desk, kind="x", state="y", officer="-1", severity="٣", tab="z")) == 2
    wanted = Filter.from_address({"tab": "mine", "severity": "2", "search": " 快手 "})
    assert Filter.from_address(wanted.to_address()) == wanted
    assert Place.parse("2026-01-01T00:00:00~1") is None and Place.parse("x~y") is None


def test_no_row_jumps_or_is_lost_between_pages(desk: Desk, clock: HandClock) -> None:
    for seed in range(5):
        desk.open(seed)
        clock.move(hours=30)
    began = clock()
    seen: list[str] = []
    after: Place | None = None
    while True:
        page = queue.page(
            desk.session, account=desk.officer, wanted=Filter(), as_of=began, after=after, now=clock(), limit=2
        )
        seen += [case.number for case in page.cases]
        clock.move(minutes=1)
        newcomer = desk.open(50 + len(seen))
        desk.step(newcomer, "severity_set", desk.officer, severity=3)  # more urgent than all, and yet not shown now
        if page.after is None:
            break
        after = Place.parse(str(page.after))
    assert len(seen) == len(set(seen)) == 5
    assert queue.page(desk.session, account=desk.officer, wanted=Filter(), as_of=began, now=clock()).newer == 3


def test_counts_are_those_of_the_rows(desk: Desk, clock: HandClock) -> None:
    desk.open(1)
    desk.decided()
    grave = desk.step(desk.taken(2), "severity_set", severity=3)
    desk.step(grave, "proposed", outcome=CaseOutcome.INFRINGING)
    clock.move(days=30)
    counted = queue.counts(desk.session, account=desk.officer, wanted=Filter(), now=clock())
    assert counted == {tab: len(numbers(desk, tab=tab.value)) for tab in Tab}
    assert (counted[Tab.APPROVAL], counted[Tab.OVERDUE], counted[Tab.FOLLOW_UP]) == (1, 1, 1)


def test_owners_see_the_cases_of_their_designs_only(desk: Desk) -> None:
    case = desk.open()
    assert numbers(desk, desk.people.enterprise) == numbers(desk, desk.people.designer) == [case.number]
    assert numbers(desk, desk.people.rival) == numbers(desk, desk.people.freelancer) == []


def test_who_owns_much_sees_the_same_as_who_owns_little(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.open()
    desk.taken()
    readers = [desk.people.enterprise, desk.people.designer, desk.people.rival, desk.officer]

    def seen() -> list[object]:
        def of(one: Account) -> tuple[object, ...]:
            told = queue.counts(desk.session, account=one, wanted=queue.Filter(), now=desk.clock())
            return numbers(desk, one), told

        return [of(one) for one in readers]

    few = seen()
    monkeypatch.setattr(queue, "MANY", 1)
    assert seen() == few
    assert few[0][1] == few[3][1] | {queue.Tab.MINE: few[0][1][queue.Tab.MINE]}  # type: ignore[index]


def test_duplicates_are_merged_into_the_oldest_and_what_can_not_is_named(desk: Desk) -> None:
    first, second, other = desk.open(1), desk.open(1), desk.open(2)
    stale = Chosen(second.number, second.row_version)
    into, refused = bulk.merge(
        desk.session, chosen=chosen(second, first, other), actor=desk.officer, now=desk.clock()
    )
    assert into == first.number and second.merged_into is first and second.state is CaseState.MERGED
    assert [(one.number, one.fault.code) for one in refused] == [(other.number, "case_merge_wrong")]
    again = bulk.assign(desk.session, chosen=[stale], officer=desk.officer, actor=desk.officer, now=desk.clock())
    assert [one.fault.code for one in again] == ["case_changed_by"]
    with pytest.raises(CallerError):
        bulk.merge(desk.session, chosen=chosen(first), actor=desk.officer, now=desk.clock())


def test_an_officer_takes_cases_on_and_a_supervisor_gives_them_out(desk: Desk) -> None:
    found = [desk.open(seed) for seed in range(3)]
    refused = bulk.assign(
        desk.session, chosen=chosen(*found), officer=desk.second, actor=desk.officer, now=desk.clock()
    )
    assert {one.fault.code for one in refused} == {"case_supervisor_assigns"}
    assert not bulk.assign(
        desk.session, chosen=chosen(*found), officer=desk.second, actor=desk.supervisor, now=desk.clock()
    )
    assert {case.officer for case in found} == {desk.second}


def test_two_officers_at_once_the_slower_is_told_who_was_faster(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        case = Desk(session, runtime, clock, People(session, clock())).taken()
        number, seen = case.number, case.row_version

    def act(session: Session, case: Case, action: str) -> None:
        assert case.officer is not None
        given = Given(reason=REASON)
        machine.transition(session, case=case, action=action, actor=case.officer, given=given, now=clock())

    with runtime.sessions() as slow:
        held = slow.scalars(select(Case).where(Case.number == number)).one()
        slow.commit()  # his transaction is over; the row of before he still has in hand
        with transaction(runtime.sessions) as fast:
            act(fast, fast.scalars(select(Case).where(Case.number == number)).one(), "notice_issued")
        with pytest.raises(ConflictError, match="changed_meanwhile"):
            act(slow, held, "notice_issued")
        slow.rollback()
        slow.expire_all()
        with pytest.raises(ConflictError, match="case_changed_by") as fault:
            machine.require_current(held, seen)
        assert fault.value.values == {"name": "regulator"}
        assert [event.action for event in held.events] == [
            "opened", "accepted", "assigned", "notice_issued",
        ]  # fmt: skip


def test_a_note_or_task_that_is_sent_twice_stands_once(desk: Desk, clock: HandClock) -> None:
    case = desk.taken()

    def send() -> None:
        who = {"case": case, "author": desk.officer, "now": clock()}
        together.add_note(desk.session, **who, text="请 @supervisor 过目", shared=False)  # type: ignore[arg-type]
        together.add_task(
            desk.session,
            **who,
            assignee=desk.second,
            text="核对图样",
            due_on=None,  # type: ignore[arg-type]
        )

    def count() -> tuple[int, int, int]:
        notes = together.notes(desk.session, case=case, account=desk.officer)
        told = desk.session.scalars(select(Notice).where(Notice.kind.in_(("case_mention", "case_task")))).unique()
        return len(notes), len(together.tasks(desk.session, case=case)), len(told.all())

    send()
    send()
    assert count() == (1, 1, 2)
    clock.move(minutes=2)
    send()
    assert count() == (2, 2, 4), "later the same words are said again"


def test_notes_reach_whom_they_are_for(desk: Desk) -> None:
    case = desk.taken()
    for text, shared in (("内部：@second-regulator 请看", False), ("请补充材料", True)):
        together.add_note(desk.session, case=case, author=desk.officer, text=text, shared=shared, now=desk.clock())
    owner = desk.people.enterprise
    together.add_note(desk.session, case=case, author=owner, text="已补充", shared=False, now=desk.clock())
    assert [one.text for one in together.notes(desk.session, case=case, account=owner)] == ["请补充材料", "已补充"]
    assert len(together.notes(desk.session, case=case, account=desk.second)) == 3
    spaced, longer = desk.person("third", Role.REGULATOR), desk.person("fourth", Role.REGULATOR)
    spaced.name, longer.name = "Ann Lee", "Ann Leeson"
    desk.session.flush()
    for text, named in (
        ("@Ann Lee, please look", [spaced]),
        ("请@ann  lee看一下", [spaced]),
        ("@Ann Leeson, please look", [longer]),
        ("@Ann Leesons", []),
        ("write to li@ann lee", []),
    ):
        assert together.mentioned(desk.session, text) == named, text
    assert together.mentioned(desk.session, "@second-regulator，@nobody @regulator@ipreg.example") == [
        desk.officer, desk.second,
    ]  # fmt: skip
    with pytest.raises(CallerError):
        together.add_note(desk.session, case=case, author=owner, text="  ", shared=True, now=desk.clock())


def test_in_a_conflict_what_an_owner_writes_to_the_authority_is_not_for_the_other_owner(desk: Desk) -> None:
    case = conflict(desk)
    people = desk.people

    def write(author: Account, text: str, side: Part | None = None) -> None:
        now = desk.clock()
        together.add_note(
            desk.session, case=case, author=author, text=text, shared=text != "内部", side=side, now=now
        )

    def read(account: Account) -> list[str]:
        return [one.text for one in together.notes(desk.session, case=case, account=account)]

    write(people.enterprise, "我方底稿见附件")
    write(people.freelancer, "在后一方的说明")
    write(desk.officer, "内部")
    write(desk.officer, "两方均可见")
    write(desk.officer, "请在先一方补充", Part.OWNER)
    write(desk.officer, "请在后一方补充", Part.RESPONDENT)
    earlier = ["我方底稿见附件", "两方均可见", "请在先一方补充"]
    assert read(people.enterprise) == read(people.designer) == earlier
    assert read(people.freelancer) == ["在后一方的说明", "两方均可见", "请在后一方补充"]
    assert len(read(desk.officer)) == 6
    with pytest.raises(PermissionDeniedError):
        write(people.rival, "与我无关")
    assert read(people.rival) == []


def conflict(desk: Desk) -> Case:
    """Of two near-identical filings: the designer's, and the freelancer's later one."""
    earlier, later = desk.filing(1), desk.filing(2, applicant=desk.people.freelancer)
    match = Match(
        filing=earlier, view=earlier.views[0], later_filing=later, later_view=later.views[0], found_at=desk.clock(),
        probability=0.99, reason={}, algorithm="x/1",
    )  # fmt: skip
    desk.session.add(match)
    desk.session.flush()
    return conflicts.open_and_tell(desk.session, match=match, now=desk.clock())


def test_tasks_have_a_day_that_is_not_over(desk: Desk) -> None:
    case = desk.taken()
    asked = {"case": case, "author": desk.officer, "assignee": desk.second, "now": desk.clock()}
    task = together.add_task(desk.session, text="查看样品", due_on=date(2026, 3, 2), **asked)
    with pytest.raises(CallerError, match="case_day_past"):
        together.add_task(desk.session, text="查看样品", due_on=date(2026, 3, 1), **asked)
    with pytest.raises(MissingError):
        together.finish_task(
            desk.session, case=desk.open(2), task_id=task.id, account=desk.second, now=desk.clock()
        )
    together.finish_task(desk.session, case=case, task_id=task.id, account=desk.second, now=desk.clock())
    assert [one.done_at for one in together.tasks(desk.session, case=case)] == [desk.clock()]


def test_a_deputy_acts_on_the_days_of_the_absence_and_on_no_other(desk: Desk, clock: HandClock) -> None:
    case = desk.taken()
    asked = {"account": desk.officer, "deputy": desk.second, "now": clock()}
    together.set_absence(desk.session, from_on=date(2026, 3, 3), until_on=date(2026, 3, 4), **asked)
    with pytest.raises(ConflictError, match="case_days_taken"):
        together.set_absence(desk.session, from_on=date(2026, 3, 4), until_on=date(2026, 3, 9), **asked)
    with pytest.raises(PermissionDeniedError):
        desk.step(case, "notice_issued", desk.second)
    clock.now = datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # midnight in China: the third has begun
    desk.step(case, "notice_issued", desk.second)
    assert case.events[-1].actor is desk.second
    clock.now = datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
    with pytest.raises(PermissionDeniedError):
        desk.step(case, "served", desk.second)


def test_saved_views_are_ones_own(desk: Desk) -> None:
    for query in ("tab=mine", "tab=overdue"):
        view = together.save_view(desk.session, account=desk.officer, name="急件", query=query, now=desk.clock())
    assert [one.query for one in together.saved_views(desk.session, account=desk.officer)] == ["tab=overdue"]
    with pytest.raises(MissingError):
        together.forget_view(desk.session, account=desk.second, view_id=view.id)


def test_a_conflict_of_filings_is_one_case_that_both_owners_see(desk: Desk) -> None:
    earlier, later = desk.filing(1), desk.filing(2, applicant=desk.people.freelancer)
    match = Match(
        filing=earlier, view=earlier.views[0], later_filing=later, later_view=later.views[0], found_at=desk.clock(),
        probability=0.99, reason={}, algorithm="x/1",
    )  # fmt: skip
    desk.session.add(match)
    desk.session.flush()
    assert conflicts.matches_in_conflict(desk.session) == [match.id]
    assert conflicts.matches_in_conflict(desk.session, threshold=0.995) == []
    case = conflicts.open_and_tell(desk.session, match=match, now=desk.clock())
    assert conflicts.matches_in_conflict(desk.session) == []
    assert [one.kind for one in case.clocks] == [ClockKind.ACCEPTANCE] and case.clocks[0].rule == "report"
    seeing = (desk.people.enterprise, desk.people.designer, desk.people.freelancer, desk.officer)
    assert all(access.can_see_case(one, case) for one in seeing)
    assert numbers(desk, desk.people.freelancer) == [case.number]
    assert not access.can_see_case(desk.people.rival, case)
    # The later owner sees that there is an earlier filing, and not what it shows.
    assert not access.can_see_files(desk.session, desk.people.freelancer, earlier)
    desk.step(case, "assigned", desk.officer, officer=desk.officer)
    desk.step(desk.step(case, "notice_issued"), "served")
    assert desk.step(case, "responded", desk.people.freelancer).events[-1].part == "respondent"


def test_clocks_speak_once_before_and_after_their_end(desk: Desk, clock: HandClock) -> None:
    case = desk.taken()
    desk.step(desk.step(case, "notice_issued"), "served")

    def turn(kind: ClockKind) -> bool:
        found = next(one for one in case.clocks if one.kind is kind)
        return watch.look_at(desk.session, clock=found, now=clock())

    assert not turn(ClockKind.RESPONSE)
    clock.move(days=13)
    assert [turn(ClockKind.RESPONSE), turn(ClockKind.RESPONSE)] == [True, False]
    assert case.state is CaseState.AWAITING_RESPONSE
    clock.move(days=4)
    assert turn(ClockKind.RESPONSE) and case.state is CaseState.NO_RESPONSE
    assert case.events[-1].who == "ipreg" and case.events[-1].part == "system"
    clock.move(days=80)
    assert [turn(ClockKind.HANDLING), turn(ClockKind.HANDLING)] == [True, False]
    handling = next(one for one in case.clocks if one.kind is ClockKind.HANDLING)
    assert handling.expired_told_at and handling.escalated_at  # more than two working days late
    assert watch.clocks_to_look_at(desk.session, now=clock()) == []


def test_a_provisional_day_is_counted_anew_when_the_calendar_comes_out(
    desk: Desk, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = 2026
    monkeypatch.setattr("ipreg.workdays.is_published", lambda year: year <= known)
    clock.now = datetime(2026, 12, 1, 1, 0, tzinfo=UTC)
    case = desk.taken()
    handling = next(one for one in case.clocks if one.kind is ClockKind.HANDLING)
    assert handling.provisional and watch.clocks_to_look_at(desk.session, now=clock()) == []
    known = 2027  # long before the end is near
    assert watch.clocks_to_look_at(desk.session, now=clock()) == [handling.id]
    watch.look_at(desk.session, clock=handling, now=clock())
    assert not handling.provisional and watch.clocks_to_look_at(desk.session, now=clock()) == []


def test_what_an_officer_wants_to_know_beside_a_case(desk: Desk) -> None:
    seller = desk.seller()
    before = desk.decided(seller=seller)
    case, same = desk.open(2, seller), desk.open(2)
    found = neighbours.of(desk.session, case=case)
    assert (found.of_seller, found.repeat, found.same_design, found.decided) == ([before], 1, [same], [before])


def test_a_case_opened_by_two_ways_is_one(desk: Desk) -> None:
    case = desk.open()
    assert case.alert is not None
    again = cases.open_case(
        desk.session, alert=case.alert, account=desk.people.enterprise, note="", now=desk.clock() + timedelta(1)
    )
    assert again is case and len(case.events) == 1


def test_people_are_told_of_what_concerns_them_once(desk: Desk, clock: HandClock) -> None:
    def told(account: Account) -> list[str]:
        return [one.kind for one in reversed(notices.inbox(desk.session, account=account))]

    case = desk.taken()
    note = {"case": case, "author": desk.officer, "shared": False, "now": clock()}
    together.add_note(desk.session, text="@second-regulator 请看", **note)
    assert told(desk.second) == ["case_mention"] and told(desk.officer) == []
    desk.step(case, "handed_over", desk.supervisor, officer=desk.second)
    assert told(desk.second) == ["case_mention", "case_step"]
    clock.move(days=100)
    for _ in range(2):
        for one in case.clocks:
            watch.look_at(desk.session, clock=one, now=clock())
    assert told(desk.second)[2:] == ["case_clock_over"]
    assert told(desk.supervisor) == ["case_clock_escalated"]


def test_the_officer_hears_what_comes_in_and_the_owner_what_is_done(desk: Desk, clock: HandClock) -> None:
    def told(account: Account) -> list[str]:
        return [one.kind for one in reversed(notices.inbox(desk.session, account=account))]

    case = desk.taken()
    owner = case.match.filing.owner
    before = len(told(owner))
    together.add_note(desk.session, case=case, author=owner, text="何时答复？", shared=True, now=clock())
    together.add_note(desk.session, case=case, author=desk.officer, text="下周", shared=True, now=clock())
    together.add_note(desk.session, case=case, author=desk.officer, text="内部", shared=False, now=clock())
    statement = submissions.Paper(SubmissionKind.STATEMENT, "图样草稿完成于三月，见附件。")
    submissions.submit(
        desk.session, desk.runtime.store, case=case, party=owner, paper=statement, request_key="s", now=clock()
    )
    desk.step(case, "hearing_called")
    assert told(desk.officer) == ["case_message", "case_received"], "not of what he did himself"
    assert told(owner)[before:] == ["case_message", "case_step"]


def test_a_paper_made_meanwhile_does_not_send_the_officer_back(desk: Desk, clock: HandClock) -> None:
    case = desk.taken()
    seen = case.row_version
    for action in machine.QUIET:
        machine.record(desk.session, case=case, actor=machine.SYSTEM, part=Part.SYSTEM, action=action, now=clock())
    machine.require_current(case, seen)
    desk.step(case, "severity_set", desk.officer, severity=2)
    machine.record(
        desk.session, case=case, actor=machine.SYSTEM, part=Part.SYSTEM, action=machine.QUIET[0], now=clock()
    )
    with pytest.raises(ConflictError, match="case_changed_by"):
        machine.require_current(case, seen)
