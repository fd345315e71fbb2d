"""The state machine of a case, in one table: from which states a step leads where, who may take it, what it needs.

Nothing else decides what may be done: the service, the pages and ``docs/cases.md`` all read ``MOVES``. ``replay``
gives the state that a history leads to, for the check of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from ipreg.models import CaseEvent, CaseOutcome, CaseState, ClockKind

S = CaseState


class Part(StrEnum):
    """What somebody is in a case; an account can be several at once."""

    REGULATOR = "regulator"
    """Any officer of the authority."""
    OFFICER = "officer"
    """He whose case it is, or his deputy while he is away."""
    SUPERVISOR = "supervisor"
    APPROVER = "approver"
    """An officer who neither has the case nor proposed its decision."""
    OWNER = "owner"
    """Who filed the design, and his enterprise; in a conflict the owners of the earlier filing."""
    RESPONDENT = "respondent"
    """The seller, without an account; in a conflict the owners of the later filing."""
    SYSTEM = "system"
    """A scheduled job."""


class Need(StrEnum):
    """What a step must bring."""

    REASON = "reason"
    OUTCOME = "outcome"
    OFFICER = "officer"
    CASE = "case"
    CLOCK = "clock"
    DAYS = "days"
    DOCUMENT = "document"
    SEVERITY = "severity"
    SIDE = "side"
    """Whose appeal, or to whom it was delivered; a party that acts is its own side."""
    TIME = "time"
    PLACE = "place"


class Tab(StrEnum):
    """The queue's parts; ``ipreg.casework.queue`` says which states each shows."""

    OPEN = "open"
    MINE = "mine"
    WAITING = "waiting"
    APPROVAL = "approval"
    OVERDUE = "overdue"
    FOLLOW_UP = "follow_up"
    ENDED = "ended"


@dataclass(frozen=True)
class Move:
    """One row: ``target`` None stays in the state; ``reopens`` begins anew, without officer and outcome;
    ``returns`` goes back to where the case was before this state, or to ``target`` where that is unknown."""

    action: str
    sources: frozenset[CaseState]
    target: CaseState | None
    parts: frozenset[Part]
    needs: frozenset[Need] = frozenset()
    starts: frozenset[ClockKind] = frozenset()
    stops: frozenset[ClockKind] = frozenset()
    pauses: frozenset[ClockKind] = frozenset()
    resumes: frozenset[ClockKind] = frozenset()
    reopens: bool = False
    returns: bool = False


WAITING = frozenset({S.FLAGGED, S.ACCEPTED})
READY = frozenset({S.UNDER_REVIEW, S.RESPONSE_RECEIVED, S.NO_RESPONSE})
IN_HAND = READY | {S.NOTICE_ISSUED, S.AWAITING_RESPONSE, S.HEARING, S.DECISION_PROPOSED}
OPEN = WAITING | IN_HAND
DECISIONS = frozenset({S.DECIDED, S.REMEDIES, S.CLOSED, S.APPEALED})
TAKES_PAPERS = OPEN | {S.DECIDED, S.REMEDIES, S.APPEALED}
"""Here parties may hand something in: an answer, proof that a remedy was done, what belongs to an appeal."""
ENDED = frozenset({S.NOT_ACCEPTED, S.CLOSED, S.WITHDRAWN, S.MERGED})
ALL_CLOCKS = frozenset(ClockKind)
FOUR_EYES_FROM = 3
"""From this severity on a decision is proposed by one officer and approved by another."""
SEVERITIES = (1, 2, 3)
_A, _H, _R, _M, _P, _V = (
    frozenset({one})
    for one in (
        ClockKind.ACCEPTANCE,
        ClockKind.HANDLING,
        ClockKind.RESPONSE,
        ClockKind.REMEDY,
        ClockKind.APPEAL,
        ClockKind.REVIEW,
    )
)


def _of(*parts: Part) -> frozenset[Part]:
    return frozenset(parts)


def _in(*states: CaseState) -> frozenset[CaseState]:
    return frozenset(states)


_OFFICER, _CHIEF, _EITHER = _of(Part.OFFICER), _of(Part.SUPERVISOR), _of(Part.OFFICER, Part.SUPERVISOR)
_WHY = frozenset({Need.REASON})
APPEALABLE = _in(S.DECIDED, S.REMEDIES, S.CLOSED)

MOVES: tuple[Move, ...] = (
    # Whether it becomes a case at all
    Move("accepted", _in(S.FLAGGED), S.ACCEPTED, _of(Part.REGULATOR), starts=_H, stops=_A),
    Move("not_accepted", _in(S.FLAGGED), S.NOT_ACCEPTED, _of(Part.REGULATOR), _WHY, stops=_A),
    # Who has it; taking a flagged case on accepts it
    Move("assigned", _in(S.FLAGGED), S.UNDER_REVIEW, _of(Part.REGULATOR), frozenset({Need.OFFICER}), _H, _A),
    Move("assigned", _in(S.ACCEPTED), S.UNDER_REVIEW, _of(Part.REGULATOR), frozenset({Need.OFFICER})),
    Move("handed_over", IN_HAND | DECISIONS, None, _EITHER, _WHY | {Need.OFFICER}),
    # The other side is heard
    Move("notice_issued", READY, S.NOTICE_ISSUED, _OFFICER, _WHY),
    Move("served", _in(S.NOTICE_ISSUED), S.AWAITING_RESPONSE, _of(Part.OFFICER, Part.SYSTEM), _WHY, _R),
    Move(
        "responded",
        _in(S.NOTICE_ISSUED, S.AWAITING_RESPONSE, S.NO_RESPONSE),
        S.RESPONSE_RECEIVED,
        _of(Part.RESPONDENT, Part.OFFICER),
        _WHY,
        stops=_R,
    ),
    Move("no_response", _in(S.AWAITING_RESPONSE), S.NO_RESPONSE, _of(Part.SYSTEM), stops=_R),
    Move("hearing_called", READY, S.HEARING, _OFFICER, _WHY | {Need.TIME, Need.PLACE}, pauses=_H),
    Move("hearing_moved", _in(S.HEARING), None, _OFFICER, _WHY | {Need.TIME, Need.PLACE}),
    Move("hearing_held", _in(S.HEARING), S.UNDER_REVIEW, _OFFICER, _WHY | {Need.DOCUMENT}, resumes=_H),
    Move("hearing_cancelled", _in(S.HEARING), S.UNDER_REVIEW, _OFFICER, _WHY, resumes=_H),
    # The decision
    Move("decided", READY, S.DECIDED, _OFFICER, _WHY | {Need.OUTCOME}, stops=_H),
    Move("proposed", READY, S.DECISION_PROPOSED, _OFFICER, _WHY | {Need.OUTCOME}),
    Move("approved", _in(S.DECISION_PROPOSED), S.DECIDED, _of(Part.APPROVER), stops=_H),
    Move("sent_back", _in(S.DECISION_PROPOSED), S.UNDER_REVIEW, _of(Part.APPROVER), _WHY),
    # What follows from it
    Move("remedies_ordered", _in(S.DECIDED), S.REMEDIES, _OFFICER, _WHY, _M),
    Move("delivered", DECISIONS, None, _EITHER, _WHY | {Need.SIDE}, _P, _P),
    Move("closed", _in(S.DECIDED, S.REMEDIES), S.CLOSED, _EITHER, _WHY, stops=ALL_CLOCKS - _P),
    Move(
        "appealed",
        APPEALABLE,
        S.APPEALED,
        _of(Part.OWNER, Part.RESPONDENT, Part.OFFICER),
        _WHY | {Need.SIDE},
        _V,
        _P,
    ),
    # The other side may join while one appeal is pending: its own time runs meanwhile.
    Move(
        "appealed",
        _in(S.APPEALED),
        None,
        _of(Part.OWNER, Part.RESPONDENT, Part.OFFICER),
        _WHY | {Need.SIDE},
        stops=_P,
    ),
    Move("appeal_refused", _in(S.APPEALED), S.DECIDED, _CHIEF, _WHY, stops=_V, resumes=_M, returns=True),
    Move("appeal_granted", _in(S.APPEALED), S.ACCEPTED, _CHIEF, _WHY, _H, ALL_CLOCKS, reopens=True),
    # Other ends, and back from them
    Move("withdrawn", OPEN, S.WITHDRAWN, _of(Part.OWNER), _WHY, stops=ALL_CLOCKS),
    Move("merged", WAITING, S.MERGED, _of(Part.REGULATOR), frozenset({Need.CASE}), stops=ALL_CLOCKS),
    Move("merged", _in(S.UNDER_REVIEW), S.MERGED, _EITHER, frozenset({Need.CASE}), stops=ALL_CLOCKS),
    Move("reopened", ENDED, S.ACCEPTED, _CHIEF, _WHY, _H, ALL_CLOCKS, reopens=True),
    # The clocks, and how grave it is
    # An appeal suspends nothing by itself; who decided, or judges it, may (Reconsideration Law, art. 42).
    Move("clock_paused", IN_HAND | {S.APPEALED}, None, _EITHER, _WHY | {Need.CLOCK}),
    Move("clock_resumed", IN_HAND | {S.APPEALED}, None, _EITHER, _WHY | {Need.CLOCK}),
    Move("extension_asked", WAITING, None, _of(Part.REGULATOR), _WHY | {Need.CLOCK, Need.DAYS}),
    Move("extension_asked", IN_HAND | {S.REMEDIES, S.APPEALED}, None, _OFFICER, _WHY | {Need.CLOCK, Need.DAYS}),
    Move("clock_extended", OPEN | {S.REMEDIES, S.APPEALED}, None, _CHIEF, _WHY | {Need.CLOCK, Need.DAYS}),
    Move("severity_set", WAITING, None, _of(Part.REGULATOR), _WHY | {Need.SEVERITY}),
    Move("severity_set", IN_HAND, None, _EITHER, _WHY | {Need.SEVERITY}),
    Move("severity_raised", OPEN, None, _of(Part.SYSTEM), frozenset({Need.SEVERITY})),
)
_BOTH, _OWNER, _RESPONDENT = _of(Part.OWNER, Part.RESPONDENT), _of(Part.OWNER), _of(Part.RESPONDENT)
TOLD: dict[str, frozenset[Part]] = {
    "opened": _OWNER,
    "accepted": _OWNER,
    "not_accepted": _OWNER,
    "notice_issued": _BOTH,
    # How the other side was reached, and what it said by word of mouth, is not for the right holder as it stands.
    "served": _RESPONDENT,
    "responded": _RESPONDENT,
    "hearing_called": _BOTH,
    "hearing_moved": _BOTH,
    "hearing_held": _BOTH,
    "hearing_cancelled": _BOTH,
    **{f"decided_{outcome.value}": _BOTH for outcome in CaseOutcome},
    "remedies_ordered": _BOTH,
    "closed": _BOTH,
    "appealed": _BOTH,
    "appeal_refused": _BOTH,
    "appeal_granted": _BOTH,
    "reopened": _BOTH,
    "merged": _OWNER,
    "link_issued": _BOTH,
    "link_revoked": _BOTH,
}
"""Which side reads what the authority wrote in a step. What is not here (a proposal, its way back, the severity,
clocks, who has the case) is its own affair: the page, the API and the bundles of parties leave it out. How the
decision was ``delivered`` is for the side that it was delivered to: it may name where somebody lives."""
TOLD_ACROSS = frozenset({"conflict_found", "responded", "received", "appealed", "withdrawn", "paper_served"})
"""The steps of one side that the other one reads, too."""


def tells(event: CaseEvent, reader: Part) -> bool:
    """Whether the side ``reader`` may read the words and values of a step. What the system writes is for both, but
    for how grave it is."""
    action, part = event.action, event.part
    if part == reader or (part == Part.SYSTEM and action != "severity_raised"):
        return True
    if action == "delivered":
        return bool(event.details.get("side") == reader)
    if part in _BOTH:
        return action in TOLD_ACROSS
    return reader in TOLD.get(action, frozenset())


ACTIONS: tuple[str, ...] = tuple(dict.fromkeys(move.action for move in MOVES))
_ROWS = {(state, move.action): move for move in MOVES for state in move.sources}


def find(state: CaseState, action: str) -> Move | None:
    """The row for ``action`` in ``state``; None where the step is not possible there."""
    return _ROWS.get((state, action))


def event_name(action: str, outcome: CaseOutcome | None) -> str:
    """What the step is called in the history: a decision carries its outcome in its name."""
    return f"decided_{outcome.value}" if action in ("decided", "approved") and outcome else action


@dataclass(frozen=True)
class Standing:
    """Where a history leads; ``left`` is where it was before an appeal."""

    state: CaseState = S.FLAGGED
    outcome: CaseOutcome | None = None
    reason: str = ""
    left: CaseState | None = field(default=None, compare=False)


def replay(events: Iterable[CaseEvent]) -> Standing:
    """The standing after ``events``. A step that was not possible counts as what it says: the check names both."""
    *_, now = standings(events)
    return now


def standings(events: Iterable[CaseEvent]) -> Iterator[Standing]:
    """Where a case stood at first, and after each of ``events``."""
    now = Standing()
    yield now
    for event in events:
        now = _after(now, event)
        yield now


def _after(now: Standing, event: CaseEvent) -> Standing:
    if event.action.startswith("decided_"):
        return Standing(S.DECIDED, CaseOutcome(event.action.removeprefix("decided_")), event.note)
    move = find(now.state, event.action) or next((one for one in MOVES if one.action == event.action), None)
    if move is None or move.target is None:
        return now
    if move.reopens:
        return Standing(move.target)
    if move.returns:
        return Standing(now.left or move.target, now.outcome, now.reason)
    return Standing(move.target, now.outcome, now.reason, now.state if move.target is S.APPEALED else now.left)
