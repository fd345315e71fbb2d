"""The state machine: every state with every step for everybody, and the page of the docs that shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import REASON, Desk

from ipreg.casework import machine, table, words
from ipreg.casework.describe import markdown
from ipreg.casework.machine import Outside
from ipreg.casework.table import Part
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import Case, CaseOutcome, CaseState, ClockKind

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
    if move.action == "clock_resumed":
        machine.clocks.pause(case, ClockKind.HANDLING, REASON, desk.clock())
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


def test_a_hearing_is_recorded_with_its_minutes(desk: Desk) -> None:
    case = desk.step(desk.taken(), "hearing_called")
    with pytest.raises(CallerError) as fault:
        desk.step(case, "hearing_held", documents=())
    assert fault.value.code == "case_document_missing"
    desk.step(case, "hearing_held")
    assert machine.event_statement(case, case.events[-1])["details"] == {
        "documents": [{"kind": "minutes", "name": "笔录.txt", "sha256": "0" * 64}]
    }


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
