"""One listing of an alert is left out of it, or taken back in."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from ipreg import alerts
from ipreg.db import utc_now
from ipreg.warning import singles
from ipreg.web.alerts import OWNERS
from ipreg.web.rules import who
from ipreg.web.session import db, me

bp = Blueprint("alertlistings", __name__)


@bp.post("/alerts/<int:alert_id>/listings/<int:match_id>/leave-out")
@who(*OWNERS)
def leave_out(alert_id: int, match_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    seen = request.form.get("row_version", type=int)
    singles.leave_out(db(), alert=found, match_id=match_id, account=me(), row_version=seen, now=utc_now())
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id, _anchor="listings"))


@bp.post("/alerts/<int:alert_id>/listings/<int:match_id>/take-in")
@who(*OWNERS)
def take_in(alert_id: int, match_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    seen = request.form.get("row_version", type=int)
    singles.take_in(db(), alert=found, match_id=match_id, account=me(), row_version=seen, now=utc_now())
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id, _anchor="listings"))
