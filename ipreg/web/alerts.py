"""The inbox: filed design and listing side by side, confirmed or dismissed."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import access, alerts, cases
from ipreg.db import transaction, utc_now
from ipreg.errors import CallerError
from ipreg.models import AlertState, DismissReason, Role
from ipreg.sightings.capture import capture_of
from ipreg.web.pictures import seen_bytes, view_bytes
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime
from similarity import Reason, overlay

bp = Blueprint("alerts", __name__)
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
PAGE = 200


@bp.get("/alerts")
@who(*_OWNERS)
def inbox() -> str:
    asked = request.args.get("state", AlertState.OPEN.value)
    state = AlertState(asked) if asked in list(AlertState) else None
    found = alerts.inbox(db(), account=me(), state=state, limit=PAGE)
    return render_template("alerts.html", alerts=found, state=state, page=1, more=False)


@bp.get("/alerts/<int:alert_id>")
@who(*_OWNERS)
def alert(alert_id: int) -> str:
    with transaction(runtime().sessions) as session:
        alerts.get_alert(session, alert_id=alert_id, account=session.merge(me()), now=utc_now())  # it is read now
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    may_act = access.can_act_on_alert(me(), found)
    case = cases.case_of_alert(db(), found) if found.state is AlertState.CONFIRMED else None
    capture = capture_of(db(), found)
    return render_template("alert.html", alert=found, may_act=may_act, case=case, capture=capture)


@bp.get("/alerts/<int:alert_id>/overlay")
@who(*_OWNERS)
def overlay_picture(alert_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    match = found.match
    sealed = [one for one in (match.filing, match.later_filing) if one is not None and one.vault_key_id is not None]
    drawn = overlay(view_bytes(match.view), seen_bytes(match), Reason.from_dict(match.reason))
    answer = Response(drawn, mimetype="image/jpeg" if drawn[:2] == b"\xff\xd8" else "image/png")
    answer.headers["Cache-Control"] = "no-store" if sealed else "private, max-age=3600"
    return answer


@bp.post("/alerts/<int:alert_id>/confirm")
@who(*_OWNERS)
def confirm(alert_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    alerts.confirm(db(), alert=found, account=me(), note=request.form.get("note", ""), now=utc_now())
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/dismiss")
@who(*_OWNERS)
def dismiss(alert_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    reason = request.form.get("reason", "")
    if reason not in list(DismissReason):
        raise CallerError("choice_wrong", field="reason")
    alerts.dismiss(
        db(),
        alert=found,
        account=me(),
        reason=DismissReason(reason),
        note=request.form.get("note", ""),
        now=utc_now(),
    )
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/reopen")
@who(*_OWNERS)
def reopen(alert_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    alerts.reopen(db(), alert=found, account=me(), now=utc_now())
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id))
