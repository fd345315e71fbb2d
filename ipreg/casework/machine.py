"""One way to change a case: ``transition``. It asks the table, checks what the step needs, and writes it down.

A step is refused whole or done whole, with its event and the event's log entry. Of two officers at once the slower
gets a ``ConflictError`` that names the faster, by the version of the page that he saw and by that of the row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session
from sqlalchemy.orm.attributes import flag_modified
from sqlalchemy.orm.exc import StaleDataError

from ipreg import access, audit, log
from ipreg.casework import appeals, clocks, deputies, hearings, rulings, table, telling
from ipreg.casework.table import Move, Need, Part
from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import (
    Account,
    Case,
    CaseEvent,
    CaseKind,
    CaseOutcome,
    CaseState,
    ClockKind,
    PaperKind,
    Role,
    SubmissionKind,
)

EVENT_FORMAT = "ipreg-case-event/"
REASON_MIN, REASON_MAX = 10, 5000


@dataclass(frozen=True)
class Outside:
    """Somebody without an account: a respondent by his link, or a scheduled job."""

    part: Part
    name: str


SYSTEM = Outside(Part.SYSTEM, "ipreg")
Actor = Account | Outside


@dataclass(frozen=True)
class Document:
    """A stored file that belongs to a step; its digest goes into the event's log entry."""

    kind: str
    name: str
    sha256: str


@dataclass(frozen=True)
class Given:
    """What a step brings; which of it is needed stands in the table."""

    reason: str = ""
    outcome: CaseOutcome | None = None
    officer: Account | None = None
    into: Case | None = None
    clock: ClockKind | None = None
    days: int | None = None
    severity: int | None = None
    side: Part | None = None
    documents: tuple[Document, ...] = ()
    at: datetime | None = None
    """When a hearing is."""
    place: str = ""
    unheard: str = ""
    """Why somebody is found to infringe who was not heard before."""


def attached(event: CaseEvent) -> list[dict[str, str]]:
    """The documents that came with the step. Papers and what parties handed in have rows of their own, and are not
    meant."""
    return [one for one in event.details.get("documents", []) if one["kind"] not in _ELSEWHERE]


NOTHING = Given()
_ELSEWHERE = frozenset({*PaperKind, *SubmissionKind, "receipt"})
QUIET = ("paper_issued", "paper_served")
"""Events that change nothing of what an officer decides on."""


def transition(
    session: Session,
    *,
    case: Case,
    action: str,
    actor: Actor,
    given: Given = NOTHING,
    row_version: int | None = None,
    now: datetime,
) -> CaseEvent:
    """Takes the step. ``row_version`` is that of the page the actor saw; None where he saw none (jobs).

    Raises ``ConflictError`` (changed meanwhile; not possible in this state), ``PermissionDeniedError`` (not his to
    take), ``CallerError`` with the field (something needed is missing or wrong).
    """
    move, part = require_possible(session, case=case, action=action, actor=actor, row_version=row_version, now=now)
    unheard = given.unheard if Need.OUTCOME in move.needs else ""
    side = part if part in appeals.SIDES else given.side
    side = side if Need.SIDE in move.needs else None
    given = _checked(move, replace(given, reason=given.reason.strip(), unheard=unheard, side=side), now)
    if action in GUARDS:
        given = GUARDS[action](case, actor, given)
    if action == "appealed" and given.side is not None:
        appeals.require(case, side=given.side, by_officer=part is Part.OFFICER, now=now)
    if action == "hearing_held":
        hearings.require_begun(case, now)
    if action == "assigned" and case.state is CaseState.FLAGGED:
        _accept(session, case, actor, part, now)
    _apply(case, move, given, now)
    _turn_clocks(case, move, given, now)
    clocks.rank(case, now, ended=case.state in table.ENDED or case.state is CaseState.DECIDED)
    name = table.event_name(action, given.outcome)
    event = record(session, case=case, actor=actor, part=part, action=name, given=given, now=now)
    telling.stepped(session, case=case, event=event, now=now)
    return event


def require_possible(
    session: Session, *, case: Case, action: str, actor: Actor, row_version: int | None, now: datetime
) -> tuple[Move, Part]:
    """The row of the table, and as what the actor takes the step. Raises as ``transition``, before anything that
    the step brings is looked at or kept."""
    require_current(case, row_version)
    move = table.find(case.state, action)
    if move is None:
        raise ConflictError("case_already_decided" if case.state is CaseState.DECIDED else "case_step_impossible")
    return move, _part(session, case, actor, move, now)


def _accept(session: Session, case: Case, actor: Actor, part: Part, now: datetime) -> None:
    """Who takes a flagged case on accepts it: a step of its own, from which the owner's paper comes."""
    event = record(session, case=case, actor=actor, part=part, action="accepted", now=now)
    telling.stepped(session, case=case, event=event, now=now)


def possible(session: Session, *, case: Case, actor: Actor, now: datetime) -> list[Move]:
    """The steps that the actor may take now, in the table's order."""
    mine = parts_of(session, case=case, actor=actor, now=now)
    found = [move for move in table.MOVES if case.state in move.sources and move.parts & mine]
    sides = [side for side in appeals.SIDES if side in mine]
    over = sides and not any(appeals.may_appeal(case, side, now) for side in sides)
    if over or all(appeals.has_appealed(case, side) for side in appeals.SIDES):
        return [move for move in found if move.action != "appealed"]
    return found


def parts_of(session: Session, *, case: Case, actor: Actor, now: datetime) -> frozenset[Part]:
    """What the actor is in the case; the deputy of an officer who is away is what he is."""
    if isinstance(actor, Outside):
        return frozenset({actor.part})
    mine = set()
    if actor.role is Role.REGULATOR:
        mine.add(Part.REGULATOR)
        mine |= {Part.SUPERVISOR} if actor.supervisor else set()
        mine |= {Part.OFFICER} if _has_case(session, case, actor, now) else {Part.APPROVER}
    if access.can_act_on_filing(actor, case.match.filing):
        mine.add(Part.OWNER)
    later = case.match.later_filing
    if case.kind is CaseKind.CONFLICT and later is not None and access.can_act_on_filing(actor, later):
        mine.add(Part.RESPONDENT)
    return frozenset(mine)


def require_current(case: Case, row_version: int | None) -> None:
    """Raises ``ConflictError``, naming who was faster, unless the page was of the case as it is, and stays it until
    the transaction ends.

    A paper that was made or opened since takes nothing away from what the reader saw. Each such event moves the
    version by one at least, so where it moved by no more than there are of them at the end, there was nothing else.
    """
    if row_version is not None and (session := object_session(case)) is not None:
        one_at_a_time(session, case.id)
    quiet = len(list(takewhile(lambda event: event.action in QUIET, reversed(case.events))))
    if row_version is not None and not 0 <= case.row_version - row_version <= quiet:
        raise _changed(case)


def one_at_a_time(session: Session, case_id: int) -> None:
    """Until the end of the transaction others wait who ask for this, too: a form that is sent twice at once is seen
    to be the same. In SQLite there is one writer anyway. Who has waited has the case as it is now: what he read
    before is not held against him."""
    newest = session.scalar(select(Case.row_version).where(Case.id == case_id).with_for_update())
    if session.get_one(Case, case_id).row_version != newest:
        session.get_one(Case, case_id, populate_existing=True)


def heard(case: Case) -> bool:
    """Whether the other side was served the notice, or has answered."""
    return any(event.action in ("served", "responded") for event in case.events)


def proposal(case: Case) -> CaseEvent | None:
    """The decision that waits for approval."""
    if case.state is not CaseState.DECISION_PROPOSED:
        return None
    return next((event for event in reversed(case.events) if event.action == "proposed"), None)


def record(
    session: Session, *, case: Case, actor: Actor, part: Part, action: str, given: Given = NOTHING, now: datetime
) -> CaseEvent:
    """Writes the step into the case's history and into the log; who changed the case last stands in its row."""
    account = actor if isinstance(actor, Account) else None
    event = CaseEvent(
        position=len(case.events),
        at=now,
        actor=account,
        actor_name=actor.name if isinstance(actor, Outside) else "",
        part=part.value,
        action=action,
        form=3,
        note=given.reason[:REASON_MAX],
        details=_details(given),
    )
    case.changed_at, case.changed_by = now, account
    flag_modified(case, "changed_at")  # also where the same person acts twice in one moment: the version must move
    case.events.append(event)
    _flush(session, case)
    entry = log.append_entry(
        session, kind="case_event", subject=case.number, statement=event_statement(case, event), now=now
    )
    event.log_index = entry.index
    session.flush()
    if action.startswith("decided_"):
        audit.anchor_soon(session)
    return event


def event_statement(case: Case, event: CaseEvent) -> dict[str, object]:
    """What the event's log entry commits to. Format 1 had neither part nor details; since format 3 an account has
    its name and its number and no address: parties read these statements in their bundles."""
    said: dict[str, object] = {
        "format": f"{EVENT_FORMAT}{event.form}",
        "case": case.number,
        "position": event.position,
        "at": event.at.isoformat(),
        "actor": event.who,
        "action": event.action,
        "note": event.note,
        "filing": case.match.filing.number,
    }
    if event.form >= 2:
        said |= {"part": event.part, "details": event.details}
    if event.form >= 3:
        said["account"] = event.actor_id
    return said


def _part(session: Session, case: Case, actor: Actor, move: Move, now: datetime) -> Part:
    """As what the actor takes the step: the part that is named first in the order of ``Part``."""
    mine = parts_of(session, case=case, actor=actor, now=now)
    if isinstance(actor, Account) and not mine:
        access.require_role(actor, Role.REGULATOR)
    held = [part for part in Part if part in mine & move.parts]
    if not held:
        raise PermissionDeniedError(_whose(move) if Part.REGULATOR in mine else "case_step_not_yours")
    return held[0]


def _whose(move: Move) -> str:
    """What an officer is told who may not take the step: whose it is."""
    if Part.OFFICER in move.parts:
        return "case_not_assigned_to_you"
    if Part.APPROVER in move.parts:
        return "case_own_approval"
    return "case_supervisor_step" if Part.SUPERVISOR in move.parts else "case_step_not_yours"


def _has_case(session: Session, case: Case, actor: Account, now: datetime) -> bool:
    if case.officer_id is None or case.officer_id == actor.id:
        return case.officer_id is not None
    return case.officer_id in deputies.stands_in_for(session, deputy=actor, now=now)


def _checked(move: Move, given: Given, now: datetime) -> Given:
    """What the step needs, and nothing else: all that stands in its history. Raises ``CallerError`` for the first
    thing that is not given."""
    there: dict[Need, object] = {
        Need.OUTCOME: given.outcome,
        Need.OFFICER: given.officer,
        Need.CASE: given.into,
        Need.CLOCK: given.clock,
        Need.DAYS: given.days,
        Need.SEVERITY: given.severity in table.SEVERITIES or None,
        Need.SIDE: given.side in appeals.SIDES or None,
    }
    for need, value in there.items():
        if need in move.needs and value is None:
            raise CallerError("choice_wrong", field=need.value)
    if Need.REASON in move.needs and not REASON_MIN <= len(given.reason) <= REASON_MAX:
        raise CallerError("reason_length", field="reason", least=REASON_MIN, most=REASON_MAX)
    if Need.DOCUMENT in move.needs and not given.documents:
        raise CallerError("case_document_missing", field="document")
    given = _only_needed(move, given)
    if Need.TIME not in move.needs:
        return given
    place = " ".join(given.place.split())
    hearings.require(given.at, place, now)
    return replace(given, place=place)


_BROUGHT = {
    Need.OUTCOME: "outcome", Need.OFFICER: "officer", Need.CASE: "into", Need.CLOCK: "clock", Need.DAYS: "days",
    Need.SEVERITY: "severity", Need.TIME: "at",
}  # fmt: skip


def _only_needed(move: Move, given: Given) -> Given:
    """Whoever writes a form himself puts nothing into the record that does not belong to the step."""
    left_out: dict[str, Any] = {name: None for need, name in _BROUGHT.items() if need not in move.needs}
    return replace(given, **left_out, place=given.place if Need.PLACE in move.needs else "")


def _guard_assigned(_case: Case, actor: Actor, given: Given) -> Given:
    """An officer takes a case on himself; to others a supervisor gives it."""
    officer = given.officer
    if officer is None or officer.role is not Role.REGULATOR:
        raise CallerError("choice_wrong", field="officer")
    if isinstance(actor, Account) and officer.id != actor.id and not actor.supervisor:
        raise PermissionDeniedError("case_supervisor_assigns")
    return given


def _guard_handed_over(case: Case, _actor: Actor, given: Given) -> Given:
    if given.officer is None or given.officer.role is not Role.REGULATOR or given.officer.id == case.officer_id:
        raise CallerError("choice_wrong", field="officer")
    return given


def _guard_decided(case: Case, actor: Actor, given: Given) -> Given:
    if case.severity >= table.FOUR_EYES_FROM:
        raise ConflictError("case_needs_approval")
    return _guard_heard(case, actor, given)


def _guard_heard(case: Case, _actor: Actor, given: Given) -> Given:
    """Who may be found to infringe is told before, and may answer (Administrative Penalty Law, arts. 44 and 45).

    Where that was left out, the reason for it goes on the record and into the decision.
    """
    if rulings.has_gaps(given.reason):
        raise CallerError("case_reason_gaps", field="reason")
    against = given.outcome is CaseOutcome.INFRINGING and not heard(case)
    why = given.unheard.strip() if against else ""
    if against and not REASON_MIN <= len(why) <= REASON_MAX:
        raise CallerError("case_unheard", field="unheard", least=REASON_MIN, most=REASON_MAX)
    return replace(given, unheard=why)


def _guard_approved(case: Case, actor: Actor, given: Given) -> Given:
    """Nobody approves what he proposed himself; what is decided is what was proposed, word for word."""
    proposed = proposal(case)
    if proposed is None:
        raise ConflictError("case_step_impossible")
    if isinstance(actor, Account) and actor.id == proposed.actor_id:
        raise PermissionDeniedError("case_own_approval")
    return replace(
        given,
        reason=proposed.note,
        outcome=CaseOutcome(proposed.details["outcome"]),
        unheard=proposed.details.get("unheard", ""),
    )


def _guard_sent_back(case: Case, actor: Actor, given: Given) -> Given:
    proposed = proposal(case)
    if proposed is not None and isinstance(actor, Account) and actor.id == proposed.actor_id:
        raise PermissionDeniedError("case_own_approval")
    return given


def _guard_extended(case: Case, actor: Actor, given: Given) -> Given:
    """Who has the case, or asked for the time, does not grant it."""
    asked = next((event for event in reversed(case.events) if event.action == "extension_asked"), None)
    if isinstance(actor, Account) and actor.id in (case.officer_id, asked and asked.actor_id):
        raise PermissionDeniedError("case_own_approval")
    return given


def _guard_severity(case: Case, actor: Actor, given: Given) -> Given:
    """Nobody takes the second pair of eyes off his own case."""
    lower = given.severity is not None and given.severity < case.severity
    if lower and isinstance(actor, Account) and (not actor.supervisor or actor.id == case.officer_id):
        raise PermissionDeniedError("case_supervisor_lowers")
    return given


def _guard_remedies(case: Case, _actor: Actor, given: Given) -> Given:
    if case.outcome not in (CaseOutcome.INFRINGING, CaseOutcome.SETTLED):
        raise ConflictError("case_no_remedies")
    return given


def _guard_delivered(case: Case, _actor: Actor, given: Given) -> Given:
    """Once a side: its time to appeal would begin again."""
    if given.side is not None and appeals.served_at(case, given.side) is not None:
        raise ConflictError("case_delivered_before")
    return given


def _guard_closed(case: Case, _actor: Actor, given: Given) -> Given:
    """A decision that has not reached both sides binds nobody yet, and nobody could appeal against it."""
    if appeals.unserved(case):
        raise ConflictError("case_undelivered")
    return given


def _guard_review(case: Case, actor: Actor, given: Given) -> Given:
    """Who has the case, or proposed or made its decision, judges no appeal and does not begin the case anew."""
    if isinstance(actor, Account) and actor.id in appeals.concerned(case):
        raise PermissionDeniedError("case_own_decision")
    return given


def _guard_merged(case: Case, _actor: Actor, given: Given) -> Given:
    """Into an open case of the same design, or of the same listing."""
    into = given.into
    if into is None or into.id == case.id or into.state not in table.OPEN:
        raise CallerError("case_merge_wrong", field="case")
    same_listing = case.match.listing_id is not None and into.match.listing_id == case.match.listing_id
    if into.match.filing_id != case.match.filing_id and not same_listing:
        raise CallerError("case_merge_wrong", field="case")
    return given


GUARDS: dict[str, Callable[[Case, Actor, Given], Given]] = {
    "assigned": _guard_assigned,
    "handed_over": _guard_handed_over,
    "decided": _guard_decided,
    "proposed": _guard_heard,
    "approved": _guard_approved,
    "sent_back": _guard_sent_back,
    "clock_extended": _guard_extended,
    "remedies_ordered": _guard_remedies,
    "delivered": _guard_delivered,
    "closed": _guard_closed,
    "appeal_refused": _guard_review,
    "appeal_granted": _guard_review,
    "reopened": _guard_review,
    "severity_set": _guard_severity,
    "merged": _guard_merged,
}
"""What a step asks of the case beyond the table."""


def _apply(case: Case, move: Move, given: Given, now: datetime) -> None:
    if move.target is not None:
        left = table.replay(case.events).left if move.returns else None
        case.state = left or move.target
    if Need.OFFICER in move.needs:
        case.officer = given.officer
    if Need.CASE in move.needs:
        case.merged_into = given.into
    if given.severity is not None and Need.SEVERITY in move.needs:
        case.severity = given.severity
    if move.action in ("decided", "approved"):
        case.outcome, case.decision_reason, case.decided_at = given.outcome, given.reason, now
    if move.reopens:
        case.officer = case.outcome = case.decided_at = case.merged_into = case.documents_erased_at = None
        case.decision_reason = ""


def _turn_clocks(case: Case, move: Move, given: Given, now: datetime) -> None:
    for kind in move.stops:
        clocks.stop(case, kind, now)
    for kind in move.starts:
        clocks.start(case, kind, now)
    for kind in move.pauses:
        clock = clocks.running(case, kind)
        if clock is not None and clock.due_at is not None and now < clock.due_at:
            clocks.pause(case, kind, given.reason, now)
    for kind in move.resumes:
        clock = clocks.running(case, kind)
        if clock is not None and clock.due_on is None:
            clocks.resume(case, kind, now)
    if given.clock is not None and Need.CLOCK in move.needs:
        _turn_one_clock(case, move.action, given.clock, given, now)


def _turn_one_clock(case: Case, action: str, kind: ClockKind, given: Given, now: datetime) -> None:
    if action == "clock_paused":
        clocks.pause(case, kind, given.reason, now)
    elif action == "clock_resumed":
        clocks.resume(case, kind, now)
    elif action == "clock_extended":
        clocks.extend(case, kind, given.days or 0)
    else:
        clock = clocks.running(case, kind)
        if clock is None:
            raise ConflictError("case_clock_not_running")
        clocks.require_extendable(clock, given.days or 0)


def _details(given: Given) -> dict[str, Any]:
    values: dict[str, Any] = {
        "outcome": given.outcome.value if given.outcome else None,
        "officer": given.officer.name if given.officer else None,
        "into": given.into.number if given.into else None,
        "clock": given.clock.value if given.clock else None,
        "days": given.days,
        "severity": given.severity,
        "side": given.side.value if given.side else None,
        "at": given.at.astimezone(UTC).isoformat() if given.at else None,
        "place": given.place or None,
        "documents": [{"kind": one.kind, "name": one.name, "sha256": one.sha256} for one in given.documents]
        or None,
        "unheard": given.unheard or None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _flush(session: Session, case: Case) -> None:
    try:
        session.flush()
    except StaleDataError as fault:
        raise ConflictError("changed_meanwhile") from fault


def _changed(case: Case) -> ConflictError:
    return ConflictError("case_changed_by", name=case.events[-1].name if case.events else "")
