"""Around a case: notes, tasks, saved views of the queue, days away."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import cases, sealing
from ipreg.casework import queue, together
from ipreg.casework.queue import Filter
from ipreg.casework.table import Part
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Role
from ipreg.web.cases import PARTIES, page, queue_again
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, start_again

bp = Blueprint("casedesk", __name__)


@bp.post("/cases/<number>/notes")
@who(*PARTIES)
def note(number: str) -> Response | tuple[str, int]:
    found = cases.get_case(db(), number=number, account=me())
    try:
        for_whom = request.form.get("shared", "")
        together.add_note(
            db(),
            case=found,
            author=me(),
            text=request.form.get("note", ""),
            shared=bool(for_whom),
            side=Part(for_whom) if for_whom in (Part.OWNER, Part.RESPONDENT) else None,
            now=utc_now(),
        )
    except CallerError as fault:
        return _again(number, fault)
    db().commit()
    return redirect(url_for("cases.case", number=number, _anchor="notes"))


@bp.post("/cases/<number>/sealed")
@who(Role.REGULATOR)
def open_sealed(number: str) -> Response | tuple[str, int]:
    """The officer looks into a sealed filing that his case is about."""
    found = cases.get_case(db(), number=number, account=me())
    sides = [one for one in (found.match.filing, found.match.later_filing) if one is not None]
    filing = next((one for one in sides if one.number == request.form.get("filing")), None)
    if filing is None:
        raise MissingError("filing_missing")
    try:
        reason = request.form.get("reason", "")
        sealing.open_for_case(db(), filing=filing, case=found, officer=me(), reason=reason, now=utc_now())
    except CallerError as fault:
        return _again(number, fault, "open_sealed")
    db().commit()
    return redirect(url_for("cases.case", number=number))


@bp.post("/cases/<number>/tasks")
@who(Role.REGULATOR)
def task(number: str) -> Response | tuple[str, int]:
    found = cases.get_case(db(), number=number, account=me())
    form = request.form
    try:
        assignee = together.require_regulator(db(), form.get("assignee", type=int), "assignee")
        due_on = _day("due_on") if form.get("due_on") else None
        text = form.get("task", "")
        together.add_task(db(), case=found, author=me(), assignee=assignee, text=text, due_on=due_on, now=utc_now())
    except CallerError as fault:
        return _again(number, fault)
    db().commit()
    return redirect(url_for("cases.case", number=number, _anchor="tasks"))


@bp.post("/cases/<number>/tasks/<int:task_id>/done")
@who(Role.REGULATOR)
def done(number: str, task_id: int) -> Response:
    found = cases.get_case(db(), number=number, account=me())
    together.finish_task(db(), case=found, task_id=task_id, account=me(), now=utc_now())
    db().commit()
    return redirect(url_for("cases.case", number=number, _anchor="tasks"))


@bp.post("/cases/views")
@who(Role.REGULATOR)
def save_view() -> Response | tuple[str, int]:
    """The filters of the address bar under a name."""
    wanted = Filter.from_address(request.form)
    query = urlencode(wanted.to_address())
    try:
        together.save_view(db(), account=me(), name=request.form.get("name", ""), query=query, now=utc_now())
    except CallerError as fault:
        return queue_again(fault)
    db().commit()
    return redirect(f"{url_for('cases.queue')}?{query}")


@bp.post("/cases/views/<int:view_id>/forget")
@who(Role.REGULATOR)
def forget_view(view_id: int) -> Response:
    together.forget_view(db(), account=me(), view_id=view_id)
    db().commit()
    return redirect(url_for("cases.queue"))


@bp.post("/administration/accounts/<int:account_id>/supervisor")
@who(Role.ADMINISTRATOR)
def supervisor(account_id: int) -> Response:
    """Makes a regulator a supervisor, or takes it from him."""
    officer = together.require_regulator(db(), account_id, "account")
    together.set_supervisor(db(), account=officer, supervisor=request.form.get("supervisor") == "1")
    db().commit()
    return redirect(url_for("pages.administration"))


@bp.route("/away", methods=["GET", "POST"])
@who(Role.REGULATOR)
def away() -> str | Response | tuple[str, int]:
    """Days on which a deputy acts for the officer."""
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            deputy = together.require_regulator(db(), request.form.get("deputy", type=int), "deputy")
            first, last = _day("from_on"), _day("until_on")
            together.set_absence(db(), account=me(), deputy=deputy, from_on=first, until_on=last, now=utc_now())
            db().commit()
            return redirect(url_for("casedesk.away"))
        except (CallerError, ConflictError) as fault:
            start_again()
            faults[getattr(fault, "field", None) or ""] = words_of(fault)
    shown = render_template(
        "away.html",
        faults=faults,
        given=request.form,
        absences=together.absences(db(), account=me()),
        officers=[one for one in queue.officers(db()) if one.id != me().id],
    )
    return (shown, 400) if faults else shown


@bp.post("/away/<int:absence_id>/end")
@who(Role.REGULATOR)
def back_again(absence_id: int) -> Response:
    together.end_absence(db(), account=me(), absence_id=absence_id)
    db().commit()
    return redirect(url_for("casedesk.away"))


def _day(name: str) -> date:
    try:
        return date.fromisoformat(request.form.get(name, ""))
    except ValueError as fault:
        raise CallerError("date_wrong", field=name) from fault


def _again(number: str, fault: CallerError, action: str = "") -> tuple[str, int]:
    start_again()
    found = cases.get_case(db(), number=number, account=me())
    return page(found, {fault.field or "": words_of(fault)}, action), 400
