"""Many alerts at once: over a filter, with the count confirmed; undo; saved filters; export."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context, url_for
from sqlalchemy import ColumnElement, select, true
from werkzeug.wrappers import Response as AnyResponse

from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Alert, AlertState, EventKind
from ipreg.spreadsheets import line
from ipreg.warning import acting, export, saved, search
from ipreg.warning.acting import Change
from ipreg.warning.search import Filter
from ipreg.web import times
from ipreg.web.alerts import OWNERS, back, dismiss_reason, snoozed_until
from ipreg.web.language import say
from ipreg.web.rules import who
from ipreg.web.session import db, me
from ipreg.web.words import ALERT_FILTERS, BULK, GRAVITIES, RECOGNISED

bp = Blueprint("alertbulk", __name__)
MAX_TICKED = 500


@bp.post("/alerts/bulk")
@who(*OWNERS)
def bulk() -> str | AnyResponse:
    """First asked back with the count, then done if there are as many still."""
    what = request.form.get("what", "")
    if what not in BULK:
        raise CallerError("choice_wrong", field="what")
    asked = Filter.read(dict(parse_qsl(request.form.get("filter", ""))))
    ticked = [int(one) for one in request.form.getlist("alert")[:MAX_TICKED] if one.isdecimal()]
    where = _where(asked, ticked)
    if "count" not in request.form:
        return _review(what, asked, ticked, where)
    action = acting.act(
        db(),
        account=me(),
        change=_change(what),
        where=where,
        request_key=request.form.get("request_key", "")[:64] or secrets.token_hex(16),
        expected=request.form.get("count", -1, type=int),
        now=utc_now(),
    )
    done = action.id
    db().commit()
    return redirect(f"{url_for('alerts.inbox')}?{asked.query()}&done={done}")


@bp.post("/alerts/actions/<int:action_id>/undo")
@who(*OWNERS)
def undo(action_id: int) -> AnyResponse:
    acting.undo(db(), action_id=action_id, account=me(), now=utc_now())
    db().commit()
    return back(url_for("alerts.inbox"))


@bp.post("/alerts/filters")
@who(*OWNERS)
def save() -> AnyResponse:
    """Keeps the filter under a name; a name that is there gets the new filter."""
    asked = Filter.read(dict(parse_qsl(request.form.get("filter", ""))))
    saved.save_filter(db(), account=me(), name=request.form.get("name", ""), asked=asked)
    db().commit()
    return redirect(f"{url_for('alerts.inbox')}?{asked.query()}")


@bp.post("/alerts/filters/<int:filter_id>/forget")
@who(*OWNERS)
def forget(filter_id: int) -> AnyResponse:
    saved.forget_filter(db(), account=me(), filter_id=filter_id)
    db().commit()
    return back(url_for("alerts.inbox"))


@bp.get("/alerts/export.<kind>")
@who(*OWNERS)
def download(kind: str) -> Response:
    """The filtered list as a table, row by row."""
    if kind not in ("csv", "xlsx"):
        raise MissingError("page_missing")
    condition = search.condition(db(), account=me(), asked=Filter.read(request.args), now=utc_now())
    rows = _worded(export.rows(db(), condition, zone=times.zone()))
    head = [say(one) for one in export.COLUMNS]
    if kind == "xlsx":
        answer = Response(export.workbook(head, rows), mimetype=export.XLSX)
    else:
        answer = Response(stream_with_context(_lines(head, rows)), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = f'attachment; filename="alerts.{kind}"'
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _where(asked: Filter, ticked: list[int]) -> ColumnElement[bool]:
    seen = search.condition(db(), account=me(), asked=asked, now=utc_now())
    return seen if request.form.get("all") else seen & Alert.id.in_(ticked)


def _review(what: str, asked: Filter, ticked: list[int], where: ColumnElement[bool]) -> str:
    fits = _change(what, trial=True)
    shown = select(Alert).where(where, fits.fits).order_by(Alert.severity.desc(), Alert.id.desc()).limit(6)
    return render_template(
        "alert_bulk.html",
        what=what,
        asked=asked,
        ticked=ticked,
        every=bool(request.form.get("all")),
        count=acting.count_fitting(db(), account=me(), change=fits, where=where),
        examples=db().scalars(shown).unique().all(),
        people=acting.colleagues(db(), me()),
        request_key=secrets.token_hex(16),
    )


def _change(what: str, *, trial: bool = False) -> Change:
    """What is to be done; on ``trial`` only to which alerts it fits counts."""
    now, text = utc_now(), request.form.get("note", "").strip()[: acting.MAX_TEXT]
    if what == "confirm":
        return acting.confirming(me(), text=text, now=now)
    if what == "reopen":
        return acting.reopening()
    if trial:
        return Change(EventKind.ASSIGNED, {}, true() if what == "assign" else Alert.state == AlertState.OPEN)
    if what == "dismiss":
        return acting.dismissing(me(), reason=dismiss_reason(), text=text, now=now)
    if what == "snooze":
        return acting.snoozing(snoozed_until(), now=now)
    return acting.assigning(db(), me(), request.form.get("assigned", type=int))


def _worded(rows: Iterator[list[Any]]) -> Iterator[list[Any]]:
    """State, severity and what was recognised in the reader's language."""
    said = cache(say)  # the same few words in thousands of rows
    for row in rows:
        row[1], row[2], row[4] = said(ALERT_FILTERS[row[1]]), said(GRAVITIES[row[2]]), said(RECOGNISED[row[4]])
        yield row


def _lines(head: list[str], rows: Iterator[list[Any]]) -> Iterator[str]:
    yield "\ufeff"  # by which Excel knows UTF-8
    yield line(head)
    yield from map(line, rows)
