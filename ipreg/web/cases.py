"""The regulator's queue, and a case on one page."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import cases, logkeys
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Case, CaseOutcome, CaseState, Role
from ipreg.sightings.capture import capture_of
from ipreg.web.errors import words_of
from ipreg.web.filings import proof_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("cases", __name__)
_PARTIES = (Role.REGULATOR, Role.AUDITOR, Role.ENTERPRISE, Role.DESIGNER)


@bp.get("/cases")
@who(*_PARTIES)
def queue() -> str:
    asked = request.args.get("state", "")
    state = CaseState(asked) if asked in list(CaseState) else None
    found = cases.queue(db(), account=me(), state=state)
    return render_template("cases.html", cases=found, state=state, now=utc_now())


@bp.get("/cases/<number>")
@who(*_PARTIES)
def case(number: str) -> str:
    return _page(cases.get_case(db(), number=number, account=me()), {})


@bp.post("/cases/<number>/assign")
@who(Role.REGULATOR)
def assign(number: str) -> Response:
    found = cases.get_case(db(), number=number, account=me())
    cases.assign(db(), case=found, officer=me(), row_version=_seen(), now=utc_now())
    db().commit()
    return redirect(url_for("cases.case", number=number))


@bp.post("/cases/<number>/decide")
@who(Role.REGULATOR)
def decide(number: str) -> Response | tuple[str, int]:
    found = cases.get_case(db(), number=number, account=me())
    try:
        outcome = request.form.get("outcome", "")
        if outcome not in list(CaseOutcome):
            raise CallerError("choice_wrong", field="outcome")
        cases.decide(
            db(),
            case=found,
            officer=me(),
            outcome=CaseOutcome(outcome),
            reason=request.form.get("reason", ""),
            row_version=_seen(),
            now=utc_now(),
        )
    except CallerError as fault:
        start_again()
        found = cases.get_case(db(), number=number, account=me())
        return _page(found, {fault.field or "": words_of(fault)}), 400
    db().commit()
    return redirect(url_for("cases.case", number=number))


def _page(found: Case, faults: dict[str, str]) -> str:
    return render_template(
        "case.html",
        case=found,
        capture=capture_of(db(), found.alert) if found.alert else None,
        me=me(),
        faults=faults,
        given=request.form,
        proof=proof_of(found.match.filing.log_index),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
    )


def _seen() -> int:
    """The version of the case that the officer had before him."""
    return request.form.get("row_version", -1, type=int)
