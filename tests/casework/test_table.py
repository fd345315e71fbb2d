"""The state machine: every state with every step for everybody, and the page of the docs that shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from desk import REASON, Desk

from ipreg import workdays
from ipreg.casework import drawing, hearings, machine, repeats, rulings, table, words
from ipreg.casework.describe import markdown
from ipreg.casework.machine import Outside
from ipreg.casework.table import Part
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import Case, CaseOutcome, CaseState, ClockKind, Seller, SellerLink
from ipreg.sightings import sellerlinks

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_page_of_the_docs_is_current() -> None:
    assert (DOCS / "cases.md").read_text("utf-8") == markdown()


def test_each_step_has_one_row_a_state_and_a_name() -> None:
    rows = [(state, move.action) for move in table.MOVES for state in move.sources]
    assert len(rows) == len(set(rows))
    assert set(words.STEPS) == set(table.ACTIONS) and set(words.CASE_STATES) == set(CaseState)
    said = {table.event_name(a, o) for a in table.ACTIONS for o in (CaseOutcome if a == "decided" else (None,))}
    assert said - {"approved"} | {"opened", "conflict_found"} <= set(words.EVENTS)


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    seen, todo = set(), [CaseState.FLAGGED]
    while todo:
        state = todo.pop()
        seen.add(state)
        leads = {move.target for move in table.MOVES if state in move.sources and move.target}
        assert leads, f"{state} is a trap"
        todo += leads - seen
    assert seen == set(CaseState)


def actors(desk: Desk) -> dict[Part, machine.Actor]:
    return {
        Part.REGULATOR: desk.second,
        Part.OFFICER: desk.officer,
        Part.SUPERVISOR: desk.supervisor,
        Part.OWNER: desk.people.enterprise,
        Part.RESPONDENT: Outside(Part.RESPONDENT, "快手小铺"),
        Part.SYSTEM: machine.SYSTEM,
    }


def put(desk: Desk, case: Case, state: CaseState) -> None:
    """As if the case had come to ``state``, with what belongs to it."""
    case.state = state
    case.officer = None if state in table.WAITING else desk.officer
    if state is CaseState.DECISION_PROPOSED:
        case.events[-1].action, case.events[-1].details = "proposed", {"outcome": "infringing"}
        case.events[-1].actor = desk.officer
    if state in table.DECISIONS:
        case.outcome, case.decision_reason = CaseOutcome.INFRINGING, REASON
    machine.clocks.start(case, clock_in(state), desk.clock())


@pytest.mark.parametrize("state", list(CaseState))
def test_every_step_for_everybody(desk: Desk, state: CaseState) -> None:
    """What the table allows is done, with one event in the log; all else is refused and changes nothing."""
    case, other = desk.open(), desk.open()
    put(desk, case, state)
    desk.session.flush()
    allowed = []
    for action in table.ACTIONS:
        move = table.find(state, action)
        for part, actor in {**actors(desk), None: desk.people.rival}.items():
            if part is Part.OFFICER and state in table.WAITING:
                part = Part.REGULATOR  # nobody has it yet
            if move is not None and may(part, move.parts):
                allowed.append((move, part, actor))
                continue
            with pytest.raises(ConflictError if move is None else PermissionDeniedError):
                desk.step(case, action, actor, **everything(desk, state, other))
    assert (case.state, len(case.events)) == (state, 1) and not desk.session.dirty
    for move, part, actor in allowed:
        with desk.session.begin_nested() as savepoint:
            take(desk, case, move, part, actor, everything(desk, state, other))
            savepoint.rollback()
        desk.session.refresh(case)


def everything(desk: Desk, state: CaseState, other: Case) -> dict[str, object]:
    return {"outcome": CaseOutcome.INFRINGING, "officer": desk.second, "into": other, "days": 5, "severity": 2,
            "clock": clock_in(state), "side": Part.RESPONDENT}  # fmt: skip


def clock_in(state: CaseState) -> ClockKind:
    """The one that runs there and can be lengthened."""
    return {CaseState.REMEDIES: ClockKind.REMEDY, CaseState.APPEALED: ClockKind.REVIEW}.get(
        state, ClockKind.HANDLING
    )


def take(
    desk: Desk, case: Case, move: table.Move, part: Part | None, actor: machine.Actor, given: dict[str, object]
) -> None:
    state, before, count = case.state, case.row_version, len(case.events)
    if move.action == "assigned":
        given["officer"] = actor
    if move.action in ("clock_paused", "clock_resumed") and state is CaseState.APPEALED:
        given["clock"] = ClockKind.REMEDY  # of the clocks that run there the one that can be suspended
        machine.clocks.start(case, ClockKind.REMEDY, desk.clock())
    if move.action == "clock_resumed":
        machine.clocks.pause(case, given["clock"], REASON, desk.clock())  # type: ignore[arg-type]
    desk.step(case, move.action, actor, **given)
    assert case.state is (move.target or state), (move.action, part)
    accepting = move.action == "assigned" and state is CaseState.FLAGGED  # that is a step of its own
    assert len(case.events) == count + 1 + accepting and case.row_version > before
    assert case.events[-1].log_index is not None


OFFICERS = (Part.REGULATOR, Part.OFFICER, Part.SUPERVISOR)


def may(part: Part | None, parts: frozenset[Part]) -> bool:
    """Each of the three officers is also any officer; those who don't have the case can approve."""
    if part in OFFICERS and Part.REGULATOR in parts:
        return True
    return part in parts or (Part.APPROVER in parts and part in (Part.REGULATOR, Part.SUPERVISOR))


@pytest.mark.parametrize(
    ("action", "left_out", "field"),
    [
        ("notice_issued", {"reason": " 短 "}, "reason"),
        ("decided", {"outcome": None}, "outcome"),
        ("decided", {"reason": ""}, "reason"),
        ("handed_over", {"officer": None}, "officer"),
        ("merged", {"into": None}, "case"),
        ("clock_paused", {"clock": None}, "clock"),
        ("extension_asked", {"days": None}, "days"),
        ("extension_asked", {"days": 31}, "days"),
        ("severity_set", {"severity": 7}, "severity"),
    ],
)
def test_what_a_step_needs_is_asked_for_by_field(
    desk: Desk, action: str, left_out: dict[str, object], field: str
) -> None:
    case = desk.taken()
    given = {"outcome": CaseOutcome.SETTLED, "officer": desk.second, "into": desk.open(),
             "clock": ClockKind.HANDLING, "days": 5, "severity": 2, **left_out}  # fmt: skip
    with pytest.raises(CallerError) as fault:
        desk.step(case, action, **given)
    assert fault.value.field == field


def test_what_a_step_does_not_need_stands_in_no_history(desk: Desk) -> None:
    """Whoever writes a form himself brings outcomes, officers and numbers that no canonical JSON can hold."""
    case, other = desk.open(), desk.open()
    beside = {"outcome": CaseOutcome.INFRINGING, "officer": desk.second, "into": other, "days": 10**30,
              "severity": 3, "clock": ClockKind.HANDLING, "side": Part.OWNER}  # fmt: skip
    desk.step(case, "accepted", desk.officer, **beside)
    assert set(case.events[-1].details) == {"documents"}
    assert (case.outcome, case.officer, case.merged_into, case.severity) == (None, None, None, 1)
    desk.step(case, "severity_set", desk.officer, **{**beside, "severity": 2})
    assert case.events[-1].details | {"documents": []} == {"severity": 2, "documents": []}


def test_a_hearing_is_recorded_with_its_minutes(desk: Desk) -> None:
    case = desk.step(desk.taken(), "hearing_called")
    with pytest.raises(CallerError) as fault:
        desk.step(case, "hearing_held", documents=())
    assert fault.value.code == "case_document_missing"
    with pytest.raises(ConflictError) as early:
        desk.step(case, "hearing_held")
    assert early.value.code == "hearing_not_yet"
    desk.clock.move(days=14)
    desk.step(case, "hearing_held")
    assert machine.event_statement(case, case.events[-1])["details"] == {
        "documents": [{"kind": "minutes", "name": "笔录.txt", "sha256": "0" * 64}]
    }


def test_a_hearing_has_a_time_and_a_place_and_both_sides_are_told_seven_working_days_before(desk: Desk) -> None:
    desk.clock.now = datetime(
        2026, 9, 28, 2, tzinfo=UTC
    )  # Monday; National Day until the 7th, Saturday the 10th is worked
    case = desk.taken()
    for day, place, field in (
        (None, "三楼", "time"),
        (datetime(2026, 10, 12, 9, tzinfo=workdays.SHANGHAI), "三楼", "time"),
        (datetime(2027, 9, 1, 9, tzinfo=workdays.SHANGHAI), "三楼", "time"),
        (datetime(2026, 10, 13, 9, tzinfo=workdays.SHANGHAI), "  ", "place"),
    ):
        with pytest.raises(CallerError) as fault:
            desk.step(case, "hearing_called", at=day, place=place)
        assert fault.value.field == field, (day, place)
    at = datetime(2026, 10, 13, 9, tzinfo=workdays.SHANGHAI)
    desk.step(case, "hearing_called", at=at, place=" 三楼 听证室 ")
    assert hearings.appointed(case) == hearings.Hearing(at, "三楼 听证室")
    assert machine.event_statement(case, case.events[-1])["details"] == {
        "at": "2026-10-13T01:00:00+00:00", "place": "三楼 听证室",
        "documents": [{"kind": "minutes", "name": "笔录.txt", "sha256": "0" * 64}],
    }  # fmt: skip
    desk.step(case, "hearing_moved", at=at + timedelta(days=2), place="四楼")
    assert hearings.appointed(case) == hearings.Hearing(at + timedelta(days=2), "四楼")
    assert machine.clocks.running(case, ClockKind.HANDLING).due_on is None  # type: ignore[union-attr]
    desk.step(case, "hearing_cancelled")
    assert (case.state, hearings.appointed(case)) == (CaseState.UNDER_REVIEW, None)
    assert machine.clocks.running(case, ClockKind.HANDLING).due_on is not None  # type: ignore[union-attr]


def test_a_template_with_gaps_is_no_decision(desk: Desk) -> None:
    case = desk.taken()
    for language in rulings.LANGUAGES:
        for outcome in CaseOutcome:
            text = rulings.draft(case, outcome, language)
            assert case.match.filing.number in text and "{" not in text
            with pytest.raises(CallerError, match="case_reason_gaps"):
                desk.step(case, "decided", outcome=outcome, reason=text)
    whole = rulings.draft(case, CaseOutcome.SETTLED, "zh").replace(rulings.GAPS["zh"], "已核实")
    desk.step(case, "decided", outcome=CaseOutcome.SETTLED, reason=whole)


def test_a_grave_case_needs_two_pairs_of_eyes(desk: Desk) -> None:
    case = desk.step(desk.taken(), "severity_set", severity=3)
    with pytest.raises(ConflictError, match="case_needs_approval"):
        desk.step(case, "decided", outcome=CaseOutcome.INFRINGING)
    with pytest.raises(PermissionDeniedError, match="case_supervisor_lowers"):
        desk.step(case, "severity_set", severity=1)
    desk.step(case, "proposed", outcome=CaseOutcome.INFRINGING)
    assert case.outcome is None
    with pytest.raises(PermissionDeniedError):
        desk.step(case, "approved", desk.officer)
    desk.step(case, "handed_over", officer=desk.second)
    with pytest.raises(PermissionDeniedError, match="case_own_approval"):
        desk.step(case, "approved", desk.officer)
    desk.step(case, "approved", desk.supervisor, reason="")
    assert (case.outcome, case.decision_reason) == (CaseOutcome.INFRINGING, REASON)
    assert case.events[-1].action == "decided_infringing" and case.events[-1].actor is desk.supervisor


def test_a_seller_who_was_found_to_infringe_three_times_makes_the_next_case_grave(desk: Desk) -> None:
    seller = desk.seller()
    seen = [desk.decided(seller=seller).severity for _ in range(3)]
    assert [*seen, desk.open(seller=seller).severity] == [1, 2, 2, 3]


def test_a_later_decision_makes_the_seller_s_open_cases_more_urgent(desk: Desk) -> None:
    seller = desk.seller()
    waiting, mine = desk.open(seller=seller), desk.taken(seller=seller)
    other = desk.open(seller=desk.seller("别家"))
    desk.session.flush()
    assert repeats.due(desk.session) == []
    desk.decided(seller=seller)
    before = waiting.rank_at
    raised = repeats.due(desk.session)
    assert raised == [waiting.id, mine.id]
    for one in raised:
        repeats.raise_one(desk.session, case=desk.session.get_one(Case, one), now=desk.clock())
    assert (waiting.severity, mine.severity, other.severity) == (2, 2, 1) and waiting.rank_at < before
    assert waiting.events[-1].action == "severity_raised" and waiting.events[-1].log_index is not None
    assert repeats.due(desk.session) == []
    desk.clock.move(hours=1)
    desk.step(mine, "severity_set", desk.supervisor, severity=1)
    assert repeats.due(desk.session) == [], "what a supervisor set after the decision stands"
    desk.clock.move(hours=1)
    desk.decided(seller=seller)
    assert repeats.due(desk.session) == [mine.id]


def join(desk: Desk, one: Seller, other: Seller) -> SellerLink:
    return sellerlinks.say(
        desk.session, account=desk.officer, one_id=one.id, other_id=other.id, same=True, reason="同一仓库",
        now=desk.clock(),
    )  # fmt: skip


def raise_due(desk: Desk) -> list[int]:
    found = repeats.due(desk.session)
    for one in found:
        repeats.raise_one(desk.session, case=desk.session.get_one(Case, one), now=desk.clock())
    return found


def test_a_shop_that_was_joined_with_one_that_infringed_makes_its_open_cases_more_urgent_once(desk: Desk) -> None:
    before, now, third = desk.seller("旧铺"), desk.seller("新铺"), desk.seller("第三家")
    waiting, apart = desk.open(seller=now), desk.open(seller=third)
    desk.decided(seller=before)
    assert repeats.due(desk.session) == []
    desk.clock.move(hours=1)
    join(desk, now, before)
    assert raise_due(desk) == [waiting.id] and (waiting.severity, apart.severity) == (2, 1)
    assert waiting.events[-1].action == "severity_raised" and waiting.events[-1].log_index is not None
    assert "旧铺" in waiting.events[-1].note, "the record says which shop it was"
    assert raise_due(desk) == []
    desk.clock.move(hours=1)
    desk.step(waiting, "severity_set", desk.supervisor, severity=1)
    desk.clock.move(hours=1)
    join(desk, third, now)
    assert raise_due(desk) == [apart.id], "what was set after they were joined stands; through it reaches the third"
    for _ in range(2):
        desk.decided(seller=before)
    desk.clock.move(hours=1)
    assert set(raise_due(desk)) == {waiting.id, apart.id} and (waiting.severity, apart.severity) == (3, 3)


def test_what_an_enterprise_says_of_shops_raises_no_case(desk: Desk) -> None:
    before, now = desk.seller("旧铺"), desk.seller("新铺")
    desk.decided(seller=before)
    desk.open(seller=now)
    link = join(desk, now, before)
    link.office = "organization:1"
    desk.session.flush()
    assert repeats.due(desk.session) == []


def test_a_reopened_case_begins_anew(desk: Desk) -> None:
    case = desk.decided()
    for side in (Part.OWNER, Part.RESPONDENT):
        desk.step(case, "delivered", side=side)
    desk.step(case, "closed")
    with pytest.raises(PermissionDeniedError):
        desk.step(case, "reopened", desk.officer)
    desk.step(case, "reopened", desk.supervisor)
    assert (case.state, case.officer, case.outcome, case.decision_reason) == (CaseState.ACCEPTED, None, None, "")
    assert [one.kind for one in case.clocks if one.stopped_at is None] == [ClockKind.HANDLING]
    assert table.replay(case.events) == table.Standing(CaseState.ACCEPTED)


def test_merging_needs_the_same_design_or_listing(desk: Desk) -> None:
    case, other = desk.open(1), desk.open(2)
    with pytest.raises(CallerError, match="case_merge_wrong"):
        desk.step(case, "merged", into=other)
    with pytest.raises(CallerError, match="case_merge_wrong"):
        desk.step(case, "merged", into=case)
    into = desk.open(1)
    assert desk.step(case, "merged", into=into, reason="").merged_into is into


def test_the_drawing_marks_the_ways_that_the_case_took_and_no_other(desk: Desk) -> None:
    case = desk.taken()
    for step in ("notice_issued", "served"):
        desk.step(case, step)
    drawn = drawing.draw(case.state, case.events)
    passed = {box.state for box in drawn.boxes if box.passed}
    assert passed == {
        CaseState.FLAGGED, CaseState.ACCEPTED, CaseState.UNDER_REVIEW, CaseState.NOTICE_ISSUED,
        CaseState.AWAITING_RESPONSE,
    }  # fmt: skip
    assert [box.state for box in drawn.boxes if box.stands] == [CaseState.AWAITING_RESPONSE]
    assert sum(line.passed for line in drawn.lines) == 4
