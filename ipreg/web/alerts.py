"""The inbox and one alert: design and listing side by side, what changed, what to do."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ipreg import access, alerts
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Alert, AlertAction, AlertState, DismissReason, Role
from ipreg.response import letters
from ipreg.sightings.capture import captures_of
from ipreg.warning import acting, saved, search
from ipreg.warning.acting import Change
from ipreg.warning.search import Filter, Place
from ipreg.warning.sellers import suggestion
from ipreg.warning.severity import level
from ipreg.web import alertwords, times
from ipreg.web.pictures import drawn_of, regions
from ipreg.web.rules import who
from ipreg.web.session import aside, db, me, runtime

bp = Blueprint("alerts", __name__)
OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
PAGE = 30
SHOWN_COUNT = 999
_MORNING = time(9)


@bp.get("/alerts")
@who(*OWNERS)
def inbox() -> str:
    asked, now, account = Filter.read(request.args), utc_now(), me()
    page = search.page(db(), account=account, asked=asked, place=Place.read(request.args), limit=PAGE, now=now)
    done = db().get(AlertAction, request.args.get("done", 0, type=int))
    return render_template(
        "alerts.html",
        page=page,
        asked=asked,
        total=search.count(db(), account=account, asked=asked, now=now),
        most=search.COUNTED,
        done=done if done is not None and done.account_id == account.id else None,
        platforms=search.choices(db(), account=account),
        people=acting.colleagues(db(), account),
        seller=search.seller_name(db(), account=account, asked=asked),
        saved=saved.saved_filters(db(), account),
        me=account,
        now=now,
        request_key=secrets.token_hex(16),
    )


@bp.get("/alerts/count")
@who(*OWNERS)
def count() -> dict[str, int]:
    """For the figure in the navigation, which asks again now and then."""
    return {"open": waiting()}


@bp.get("/alerts/<int:alert_id>")
@who(*OWNERS)
def alert(alert_id: int) -> str:
    now = utc_now()
    looked_at = alerts.looked_at(alerts.get_alert(db(), alert_id=alert_id, account=me()), me())
    with aside() as session:
        alerts.get_alert(session, alert_id=alert_id, account=session.merge(me()), now=now)  # it is read now
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    asked = Filter.read(request.args)
    previous, following = search.neighbours(db(), account=me(), asked=asked, alert=found, now=now)
    return render_template(
        "alert.html",
        alert=found,
        may_act=access.can_act_on_alert(me(), found),
        case=alerts.case_if_any(db(), found),
        captures=captures_of(db(), found),
        news=[one for one in found.events if looked_at and one.at > looked_at and one.actor_id != me().id],
        looked_at=looked_at,
        people=acting.colleagues(db(), me()),
        offered=_offered(found),
        asked=asked,
        previous=previous,
        following=following,
        done=_latest(found, now),
        now=now,
        tomorrow=(now.astimezone(times.zone()) + timedelta(days=1)).date().isoformat(),
        request_key=secrets.token_hex(16),
    )


@bp.get("/alerts/<int:alert_id>/overlay")
@who(*OWNERS)
def overlay_picture(alert_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    return drawn_of(found.match, regions(found.match))


@bp.post("/alerts/<int:alert_id>/confirm")
@who(*OWNERS)
def confirm(alert_id: int) -> Response:
    """A copy: to the regulator, unless ``keep`` says that it stays with the owner for now."""
    if request.form.get("keep"):
        text = request.form.get("note", "").strip()[: acting.MAX_TEXT]
        return _act(alert_id, lambda: acting.confirming(me(), text=text, now=utc_now()))
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    alerts.confirm(
        db(), alert=found, account=me(), note=request.form.get("note", ""), row_version=_seen(),
        request_key=_request_key(), now=utc_now(),
    )  # fmt: skip
    letters.hand_over(db(), runtime().store, alert=found, account=me(), now=utc_now())
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/hand-over")
@who(*OWNERS)
def hand_over(alert_id: int) -> Response:
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    letters.hand_over(
        db(), runtime().store, alert=found, account=me(), note=request.form.get("note", ""), now=utc_now()
    )
    db().commit()
    return redirect(url_for("alerts.alert", alert_id=alert_id))


@bp.post("/alerts/<int:alert_id>/dismiss")
@who(*OWNERS)
def dismiss(alert_id: int) -> Response:
    def change() -> Change:
        text = request.form.get("note", "").strip()[: acting.MAX_TEXT]
        return acting.dismissing(me(), reason=dismiss_reason(), text=text, now=utc_now())

    return _act(alert_id, change)


@bp.post("/alerts/<int:alert_id>/reopen")
@who(*OWNERS)
def reopen(alert_id: int) -> Response:
    return _act(alert_id, acting.reopening)


@bp.post("/alerts/<int:alert_id>/snooze")
@who(*OWNERS)
def snooze(alert_id: int) -> Response:
    return _act(alert_id, lambda: acting.snoozing(snoozed_until(), now=utc_now()))


@bp.post("/alerts/<int:alert_id>/wake")
@who(*OWNERS)
def wake(alert_id: int) -> Response:
    return _act(alert_id, acting.waking)


@bp.post("/alerts/<int:alert_id>/assign")
@who(*OWNERS)
def assign(alert_id: int) -> Response:
    return _act(alert_id, lambda: acting.assigning(db(), me(), request.form.get("assigned", type=int)))


@bp.post("/alerts/<int:alert_id>/comment")
@who(*OWNERS)
def comment(alert_id: int) -> Response:
    return _act(alert_id, lambda: acting.commenting(request.form.get("text", "")))


def dismiss_reason() -> DismissReason:
    """The form's reason."""
    reason = request.form.get("reason", "")
    if reason not in list(DismissReason):
        raise CallerError("choice_wrong", field="reason")
    return DismissReason(reason)


def snoozed_until() -> datetime:
    """In so many ``days``, or on the morning of the day ``until`` by the reader's clock."""
    days = request.form.get("days", type=int)
    if days in (1, 7, 30):
        return utc_now() + timedelta(days=days)
    try:
        chosen = date.fromisoformat(request.form.get("until", ""))
        return datetime.combine(chosen, _MORNING, times.zone()).astimezone(UTC)
    except (ValueError, OverflowError) as fault:
        raise CallerError("snooze_wrong", field="until") from fault


def back(default: str, **more: object) -> Response:
    """To the page of ours that the form names, or to ``default``."""
    target = request.form.get("next", "")
    parts = urlsplit(target)
    ours = parts.path.startswith(("/alerts", "/letters"))
    ours = ours and not parts.scheme and not parts.netloc and "\\" not in target
    place = parts.path + "?" + parts.query if ours else default
    for name, value in more.items():
        place += f"{'&' if '?' in place else '?'}{name}={value}"
    return redirect(place)


def waiting() -> int:
    """How many open alerts the reader has, up to a thousand; none for who has no inbox."""
    if not current_user.is_authenticated or current_user.account.role not in OWNERS:
        return 0
    asked = Filter()
    return search.count(db(), account=me(), asked=asked, now=utc_now(), most=SHOWN_COUNT + 1)


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        alerts_waiting=waiting,
        severity_level=level,
        severity_reason=alertwords.severity_reason,
        alert_event=alertwords.alert_event,
        money=alertwords.money,
    )


def _act(alert_id: int, make: Callable[[], Change]) -> Response:
    """What is not his to see is told before what is wrong with his form."""
    found = alerts.get_alert(db(), alert_id=alert_id, account=me())
    change = make()
    alerts.decide(
        db(), alert=found, account=me(), change=change, row_version=_seen(), request_key=_request_key(),
        now=utc_now(),
    )  # fmt: skip
    action_id = found.action_id
    db().commit()
    if request.form.get("next") and change.writes:
        return back(url_for("alerts.inbox"), done=action_id)
    return redirect(url_for("alerts.alert", alert_id=alert_id))


def _offered(found: Alert) -> tuple[str, str, str] | None:
    """Of a seller who was found to be in the right: tie, mark and pattern by which to remember him."""
    if found.state is not AlertState.DISMISSED or found.dismiss_reason not in alertwords.TIE_OF_REASON:
        return None
    known = suggestion(db(), found.match.listing) if found.match.listing else None
    return (alertwords.TIE_OF_REASON[found.dismiss_reason].value, *known) if known else None


def _latest(found: Alert, now: datetime) -> AlertAction | None:
    """The reader's own last action on this alert, while it can be undone."""
    action = db().get(AlertAction, found.action_id) if found.action_id else None
    usable = action is not None and action.account_id == me().id and action.undo_until > now
    return action if usable and alerts.case_if_any(db(), found) is None else None


def _seen() -> int | None:
    """The version of the alert that the reader had before him."""
    return request.form.get("row_version", type=int)


def _request_key() -> str | None:
    """Made with the page; the same form sent twice is one action. An alert's own, so that forms may share it."""
    key = request.form.get("request_key", "")[:32]
    kind = (request.endpoint or "").rpartition(".")[2]
    return f"{key}-{kind}-{(request.view_args or {}).get('alert_id', '')}"[:64] if key else None
