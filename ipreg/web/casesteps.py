"""The steps of a case as forms send them, one case or many."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, flash, redirect, request, send_file, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ipreg import access, cases, workdays
from ipreg.casework import appeals, bulk, machine, rulings, submissions, table, together
from ipreg.casework.bulk import Chosen
from ipreg.casework.machine import Document, Given
from ipreg.casework.table import Need
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError, IpregError, MissingError
from ipreg.models import Case, CaseOutcome, ClockKind, Role
from ipreg.web import handedin
from ipreg.web.cases import PARTIES, back, page, queue_again
from ipreg.web.errors import status_of, words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("casesteps", __name__)
MAX_DOCUMENT = 20 * 2**20
MOST_DOCUMENTS = 20


@bp.post("/cases/<number>/assign", endpoint="assign")
@who(Role.REGULATOR)
def assign(number: str) -> Response:
    found = cases.get_case(db(), number=number, account=me())
    cases.assign(db(), case=found, officer=me(), row_version=seen(), now=utc_now())
    db().commit()
    return back(number)


@bp.post("/cases/<number>/decide", endpoint="decide")
@who(Role.REGULATOR)
def decide(number: str) -> Response | tuple[str, int]:
    found = cases.get_case(db(), number=number, account=me())
    try:
        outcome = request.form.get("outcome", "")
        if outcome not in list(CaseOutcome):
            raise CallerError("choice_wrong", field="outcome")
        reason = request.form.get("reason", "")
        cases.decide(
            db(),
            case=found,
            officer=me(),
            outcome=CaseOutcome(outcome),
            reason=reason,
            unheard=request.form.get("unheard", ""),
            row_version=seen(),
            now=utc_now(),
        )
    except (CallerError, ConflictError) as fault:
        return _again(number, fault, "decided")
    db().commit()
    return back(number)


@bp.post("/cases/<number>/draft")
@who(Role.REGULATOR)
def draft(number: str) -> str | tuple[str, int]:
    """The form of the decision again, with the draft of reasons for the chosen outcome below what was written."""
    found = cases.get_case(db(), number=number, account=me())
    outcome, language = request.form.get("outcome", ""), request.form.get("language", "")
    if outcome not in list(CaseOutcome) or language not in rulings.LANGUAGES:
        return page(found, {"outcome": words_of(CallerError("choice_wrong", field="outcome"))}), 400
    written = [request.form.get("reason", "").strip(), rulings.draft(found, CaseOutcome(outcome), language)]
    given = {**request.form, "reason": "\n\n".join(one for one in written if one)}
    return page(found, {}, given=given)


@bp.post("/cases/<number>/steps/<action>")
@who(*PARTIES)
def step(number: str, action: str) -> Response | tuple[str, int]:
    """Any step of the table; what it needs comes by the fields of that name."""
    found = cases.get_case(db(), number=number, account=me())
    if action not in table.ACTIONS:
        raise MissingError("case_missing")
    actor, version, now = me(), seen(), utc_now()
    try:
        machine.require_possible(db(), case=found, action=action, actor=actor, row_version=version, now=now)
        given = _given(found, action)  # not before: it keeps files
        machine.transition(db(), case=found, action=action, actor=actor, given=given, row_version=version, now=now)
    except (CallerError, ConflictError) as fault:
        return _again(number, fault, action)
    db().commit()
    return back(number)


@bp.get("/cases/<number>/documents/<int:position>/<int:which>")
@who(*access.OFFICIALS)
def document(number: str, position: int, which: int) -> Response:
    """A document that belongs to a step."""
    found = cases.get_case(db(), number=number, account=me())
    for event in found.events:
        kept = event.details.get("documents", []) if event.position == position else []
        if which < len(kept):
            if (one := submissions.of_step(db(), event)) is not None:
                handedin.told(one)
            place = runtime().store.path(kept[which]["sha256"])
            return send_file(
                place, mimetype="application/octet-stream", as_attachment=True, download_name=kept[which]["name"]
            )
    raise MissingError("case_missing")


@bp.post("/cases/bulk/<action>")
@who(Role.REGULATOR)
def many(action: str) -> Response | tuple[str, int]:
    """The chosen rows of the queue, assigned or merged; those that could not be are named with the reason."""
    chosen = [Chosen.parse(one) for one in request.form.getlist("case")]
    try:
        if not chosen:
            raise CallerError("case_none_chosen")
        refused = _many(action, chosen)
    except CallerError as fault:
        return queue_again(fault)
    db().commit()
    for one in refused:
        flash(f"{one.number}: {words_of(one.fault)}", "warning")
    return redirect(url_for("cases.queue") + ("?" + request.form.get("query", "")).rstrip("?"))


def _many(action: str, chosen: list[Chosen]) -> list[bulk.Refused]:
    if action == "assign":
        officer = together.require_regulator(db(), request.form.get("officer", type=int), "officer")
        return bulk.assign(db(), chosen=chosen, officer=officer, actor=me(), now=utc_now())
    if action == "merge":
        return bulk.merge(db(), chosen=chosen, actor=me(), now=utc_now())[1]
    raise MissingError("case_missing")


def _given(found: Case, action: str) -> Given:
    """What the form brought of what the step needs."""
    move = table.find(found.state, action)
    needs = move.needs if move is not None else frozenset()
    form = request.form
    officer = None
    if Need.OFFICER in needs:
        officer = together.require_regulator(db(), form.get("officer", type=int), "officer")
    clock = form.get("clock", "")
    outcome = form.get("outcome", "")
    return Given(
        reason=form.get("reason", ""),
        outcome=CaseOutcome(outcome) if outcome in list(CaseOutcome) else None,
        officer=officer,
        into=_into() if Need.CASE in needs else None,
        clock=ClockKind(clock) if clock in list(ClockKind) else None,
        days=form.get("days", type=int),
        severity=form.get("severity", type=int),
        side=next((one for one in appeals.SIDES if one.value == form.get("side")), None),
        at=_time(form.get("time", "")),
        place=form.get("place", ""),
        unheard=form.get("unheard", ""),
        documents=kept_documents(action, request.files.getlist("document"), "document"),
    )


def _time(text: str) -> datetime | None:
    """What the field of a day and a time holds, which is Beijing time; None for what is none."""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        return None
    return given.replace(tzinfo=workdays.SHANGHAI) if given.tzinfo is None else given


def _into() -> Case:
    try:
        return cases.get_case(db(), number=request.form.get("case", ""), account=me())
    except MissingError as fault:
        raise CallerError("case_missing", field="case") from fault


def kept_documents(action: str, files: list[FileStorage], field: str) -> tuple[Document, ...]:
    """The attached files, kept by digest. They are only ever given out as downloads."""
    named = [(file.filename, file) for file in files if file.filename]
    if len(named) > MOST_DOCUMENTS:
        raise CallerError("submission_too_many", field=field, most=MOST_DOCUMENTS)
    kept: list[tuple[str, bytes]] = []
    for given, file in named:
        data = file.read(MAX_DOCUMENT + 1)
        if not data:
            raise CallerError("picture_empty", field=field)
        if len(data) > MAX_DOCUMENT:
            raise CallerError("case_document_large", field=field, megabytes=MAX_DOCUMENT // 2**20)
        name = given.replace("\\", "/").rpartition("/")[2][:200]
        kept.append((name, data))
    if not kept:
        return ()
    db().rollback()  # a slow store makes nobody wait
    documents = tuple(Document(action, name, runtime().store.put(data)) for name, data in kept)
    start_again()
    return documents


def _again(number: str, fault: IpregError, action: str) -> tuple[str, int]:
    """The page as the case is now, with what was wrong and what was written."""
    start_again()
    found = cases.get_case(db(), number=number, account=me())
    field = getattr(fault, "field", None) or ""
    return page(found, {field: words_of(fault)}, action), status_of(fault)


def seen() -> int:
    """The version of the case that the officer had before him."""
    return request.form.get("row_version", -1, type=int)
