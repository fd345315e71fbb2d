"""The regulator's queue, and a case on one page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import access, amending, cases, logkeys, sealing
from ipreg.casework import (
    appeals,
    caseproofs,
    clocks,
    deputies,
    drawing,
    hearings,
    machine,
    neighbours,
    queue,
    submissions,
    together,
)
from ipreg.casework.law import PERIODS
from ipreg.casework.queue import Filter, Place
from ipreg.casework.table import FOUR_EYES_FROM, Move, Tab
from ipreg.casework.words import SIDES
from ipreg.db import utc_now
from ipreg.errors import IpregError
from ipreg.models import Case, CaseOutcome, CaseState, Filing, RightRecord, Role
from ipreg.rights import records
from ipreg.sightings.capture import capture_of, captures_of
from ipreg.web.errors import words_of
from ipreg.web.filings import proof_of
from ipreg.web.pictures import drawn_of, regions, seen_bytes, shown_in, shows, told, view_bytes
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again
from similarity import Reason
from similarity.aligned import aligned

bp = Blueprint("cases", __name__)
PARTIES = (Role.REGULATOR, Role.ENTERPRISE, Role.DESIGNER)
READERS = (*PARTIES, Role.AUDITOR)
OWNER_TABS = (Tab.OPEN, Tab.FOLLOW_UP, Tab.ENDED)
USUAL = {
    CaseState.FLAGGED: "assigned",
    CaseState.ACCEPTED: "assigned",
    CaseState.UNDER_REVIEW: "decided",
    CaseState.RESPONSE_RECEIVED: "decided",
    CaseState.NO_RESPONSE: "decided",
    CaseState.NOTICE_ISSUED: "served",
    CaseState.AWAITING_RESPONSE: "responded",
    CaseState.HEARING: "hearing_held",
    CaseState.DECISION_PROPOSED: "approved",
    CaseState.REMEDIES: "closed",
    CaseState.APPEALED: "appeal_refused",
}
"""The step that a case in this state most likely takes next: the page's one primary action."""


@bp.get("/cases", endpoint="queue")
@who(*READERS)
def queue_page() -> str:
    return _queue({})


@bp.get("/cases/<number>")
@who(*READERS)
def case(number: str) -> str:
    return page(cases.get_case(db(), number=number, account=me()), {})


@bp.get("/cases/<number>/proofs")
@who(*READERS)
def proofs(number: str) -> str:
    """Everything about the case that is in the log, verified anew for this answer."""
    found = cases.get_case(db(), number=number, account=me())
    verifiers = logkeys.verifiers(db(), first=runtime().log_key)
    checked = caseproofs.check(db(), runtime().store, case=found, verifiers=verifiers)
    return render_template("case_proofs.html", case=found, checked=checked, now=utc_now())


@bp.get("/cases/<number>/aligned")
@who(*access.OFFICIALS)
def aligned_picture(number: str) -> Response:
    """The sighted picture, laid over the filed one."""
    match = cases.get_case(db(), number=number, account=me()).match
    return drawn_of(match, aligned(view_bytes(match.view), seen_bytes(match), Reason.from_dict(match.reason)))


@bp.get("/cases/<number>/regions")
@who(*access.OFFICIALS)
def matched_regions(number: str) -> Response:
    """Both pictures with what agrees in them outlined."""
    match = cases.get_case(db(), number=number, account=me()).match
    return drawn_of(match, regions(match))


def queue_again(fault: IpregError) -> tuple[str, int]:
    """The queue with what was wrong."""
    start_again()
    return _queue({"": words_of(fault)}), 400


def _queue(faults: dict[str, str]) -> str:
    now = utc_now()
    wanted = Filter.from_address(request.args)
    as_of = _moment(request.args.get("as_of"))
    after = Place.parse(request.args.get("after", ""))
    found = queue.page(db(), account=me(), wanted=wanted, as_of=as_of, after=after, now=now)
    official = me().role in access.OFFICIALS
    shown_in(found.cases)
    address = wanted.to_address()
    following = {**address, "as_of": (as_of or now).isoformat(), "after": str(found.after)}
    return render_template(
        "cases.html",
        found=found,
        wanted=wanted,
        address=address,
        query=urlencode(address),
        tabs=queue.counts(db(), account=me(), wanted=wanted, now=now),
        shown_tabs=list(Tab) if official else OWNER_TABS,
        following=following if found.after else None,
        later=after is not None,
        officers=queue.officers(db()) if official else [],
        choices={name: queue.choices(db(), name) for name in ("platform", "district")} if official else {},
        views=together.saved_views(db(), account=me()) if official else [],
        official=official,
        acts=me().role is Role.REGULATOR,
        faults=faults,
        now=now,
    )


def page(
    found: Case, faults: dict[str, str], action: str = "decided", given: Mapping[str, str] | None = None
) -> str:
    """The case; ``faults`` and what was ``given`` stand in the form for ``action``."""
    now = utc_now()
    moves = machine.possible(db(), case=found, actor=me(), now=now)
    official = me().role in access.OFFICIALS
    usual = _usual(found, moves)
    near = neighbours.of(db(), case=found) if official else None
    shown_in([found, *(near.all if near else ())])
    for filing in _filings(found):
        if shows(filing):
            told(filing, "filing.page")
    return render_template(
        "case.html",
        case=found,
        official=official,
        acts=me().role is Role.REGULATOR,
        capture=capture_of(db(), found.alert) if found.alert else None,
        captures=captures_of(db(), found.alert) if found.alert else {},
        me=me(),
        now=now,
        faults=faults,
        faulty=action,
        given=request.form if given is None else given,
        hearing=hearings.appointed(found),
        moves=[move for move in moves if move is not usual and not _hidden(found, move)],
        notice=next((move for move in moves if move.action == "notice_issued"), None),
        contests=not official and any(move.action == "appealed" for move in moves),
        usual=usual,
        clocks=[one for one in found.clocks if one.stopped_at is None],
        periods=PERIODS,
        days_left=lambda clock: clocks.days_left(clock, now),
        proposal=machine.proposal(found),
        reads=lambda event: submissions.reads_step(found, event, me()),
        four_eyes=found.severity >= FOUR_EYES_FROM,
        heard=machine.heard(found),
        reached={side: appeals.served_at(found, side) for side in appeals.SIDES if found.outcome},
        drawn=drawing.draw(found.state, found.events),
        sides=SIDES,
        may_open_sealed=sealing.may_open_for_case(db(), case=found, officer=me(), now=now),
        notes=together.notes(db(), case=found, account=me()),
        tasks=together.tasks(db(), case=found) if official else [],
        officers=queue.officers(db()) if official else [],
        deputy=deputies.deputy_of(db(), account_id=found.officer_id, now=now) if found.officer_id else None,
        near=near,
        rights={one.id: _rights(one) for one in _filings(found)},
        versions={one.id: amending.versions_of(db(), one) for one in _filings(found)},
        proof=proof_of(found.match.filing.log_index),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
    )


def _filings(found: Case) -> list[Filing]:
    return [one for one in (found.match.filing, found.match.later_filing) if one is not None]


def _rights(filing: Filing) -> Sequence[RightRecord]:
    """What the officers and the owner may see of the rights obtained; others see what is public."""
    all_of_them = me().role in access.OFFICIALS or access.owns_filing(me(), filing)
    return records.records_of(db(), filing) if all_of_them else records.public_records(db(), filing)


def _usual(found: Case, moves: list[Move]) -> Move | None:
    wanted = USUAL.get(found.state)
    if found.state is CaseState.DECIDED:
        remedy = found.outcome in (CaseOutcome.INFRINGING, CaseOutcome.SETTLED)
        wanted = "remedies_ordered" if remedy else "closed"
    if wanted == "closed" and appeals.unserved(found):
        wanted = "delivered"
    return next((move for move in moves if move.action == wanted), None)


def _hidden(found: Case, move: Move) -> bool:
    """The decision has its own form, and the first notice its own place; a clock that does not run is not paused,
    one that does is not resumed; what has reached both sides is not delivered again."""
    running = [one for one in found.clocks if one.stopped_at is None and PERIODS[one.rule].pausable]
    if move.action == "clock_resumed":
        return not any(one.due_on is None for one in running)
    if move.action == "clock_paused":
        return not any(one.due_on is not None for one in running)
    if move.action == "delivered":
        return not appeals.unserved(found)
    if move.action == "notice_issued":
        return not machine.heard(found)
    if move.action == "appealed" and me().role is not Role.REGULATOR:
        return True  # the page of the parties has the form, and says what else the law gives
    return move.action in ("decided", "proposed")


def _moment(text: str | None) -> datetime | None:
    """The moment in UTC; None for what is none, has no zone or lies out of the calendar."""
    try:
        found = datetime.fromisoformat(text or "")
        return found.astimezone(UTC) if found.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def back(number: str) -> Response:
    """To the case, after a step."""
    return redirect(url_for("cases.case", number=number))
