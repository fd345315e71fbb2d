"""Alerts over the API: the inbox, one alert, and what people do to them, one or many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint

from ipreg import access
from ipreg import alerts as service
from ipreg.api import shapes
from ipreg.api.calls import Done, refused, request_key
from ipreg.api.filings import reference
from ipreg.api.matches import match_of
from ipreg.api.operation import Routes
from ipreg.api.paging import cursor_of, place_of, wrong
from ipreg.db import utc_now
from ipreg.errors import CallerError, IpregError
from ipreg.models import Account, Alert, DismissReason, Role, Scope
from ipreg.response import letters
from ipreg.warning import acting, search
from ipreg.warning.acting import Change
from ipreg.warning.search import Filter, Place
from ipreg.warning.severity import level
from ipreg.web import alertwords
from ipreg.web.session import db, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_alerts", __name__)
routes = Routes(bp, N_("Alerts"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.ALERTS_READ, "roles": _OWNERS}
_WRITE = {
    "scope": Scope.ALERTS_WRITE,
    "roles": _OWNERS,
    "answer": shapes.Alert,
    "errors": (404, 409, 413, 415, 422),
}


@routes.get(
    "/alerts",
    N_("Your alerts, the gravest first"),
    **_READ,
    query=shapes.AlertsAsked,
    answer=shapes.Page[shapes.AlertBrief],
)
def alerts(query: shapes.AlertsAsked) -> shapes.Page[shapes.AlertBrief]:
    found = search.page(
        db(), account=me(), asked=filter_of(query), place=_place(query.cursor), limit=query.limit, now=utc_now()
    )
    following = cursor_of(found.after) if found.after else None
    return shapes.Page[shapes.AlertBrief](items=[brief(one) for one in found.alerts], next=following)


@routes.get(
    "/alerts/<int:alert_id>",
    N_("One alert with its evidence and history"),
    description=N_("Reading it here does not count as having looked at it."),
    **_READ,
    answer=shapes.Alert,
    errors=(404,),
)
def alert(alert_id: int) -> shapes.Alert:
    return whole(service.get_alert(db(), alert_id=alert_id, account=me()))


@routes.post("/alerts/<int:alert_id>/confirm", N_("It is a copy"), **_WRITE, body=shapes.Confirm)
def confirm(alert_id: int, body: shapes.Confirm) -> Done:
    now, found = utc_now(), service.get_alert(db(), alert_id=alert_id, account=me())
    if not body.to_regulator:
        return _act(found, body.row_version, acting.confirming(me(), text=body.note.strip(), now=now))
    service.confirm(
        db(), alert=found, account=me(), note=body.note, row_version=body.row_version,
        request_key=request_key(), now=now,
    )  # fmt: skip
    letters.hand_over(db(), runtime().store, alert=found, account=me(), now=now)
    return done_to(found)


@routes.post("/alerts/<int:alert_id>/dismiss", N_("It is none, or none to act on"), **_WRITE, body=shapes.Dismiss)
def dismiss(alert_id: int, body: shapes.Dismiss) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    reason = DismissReason(body.reason)
    change = acting.dismissing(me(), reason=reason, text=body.note.strip(), now=utc_now())
    return _act(found, body.row_version, change)


@routes.post("/alerts/<int:alert_id>/reopen", N_("Takes the decision back"), **_WRITE, body=shapes.Seen)
def reopen(alert_id: int, body: shapes.Seen) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    return _act(found, body.row_version, acting.reopening())


@routes.post("/alerts/<int:alert_id>/snooze", N_("Out of the inbox until a time"), **_WRITE, body=shapes.Snooze)
def snooze(alert_id: int, body: shapes.Snooze) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    return _act(found, body.row_version, _snoozing(body.until))


@routes.post("/alerts/<int:alert_id>/wake", N_("Back into the inbox"), **_WRITE, body=shapes.Seen)
def wake(alert_id: int, body: shapes.Seen) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    return _act(found, body.row_version, acting.waking())


@routes.post("/alerts/<int:alert_id>/assign", N_("Somebody's to deal with"), **_WRITE, body=shapes.Assign)
def assign(alert_id: int, body: shapes.Assign) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    return _act(found, body.row_version, acting.assigning(db(), me(), body.account))


@routes.post("/alerts/<int:alert_id>/comment", N_("A remark for colleagues"), **_WRITE, body=shapes.Comment)
def comment(alert_id: int, body: shapes.Comment) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    return _act(found, None, acting.commenting(body.text))


@routes.post(
    "/alerts/<int:alert_id>/hand-over",
    N_("A confirmed alert goes to the regulator"),
    description=N_("Once; handed over already, nothing happens."),
    **_WRITE,
    body=shapes.HandOver,
)
def hand_over(alert_id: int, body: shapes.HandOver) -> Done:
    found = service.get_alert(db(), alert_id=alert_id, account=me())
    letters.hand_over(db(), runtime().store, alert=found, account=me(), note=body.note, now=utc_now())
    return done_to(found)


@routes.post(
    "/alerts/actions/<int:action_id>/undo",
    N_("Takes an act of yours back, within 24 hours"),
    description=N_("Alerts that somebody touched since, and those that went to the regulator, stay as they are."),
    scope=Scope.ALERTS_WRITE,
    roles=_OWNERS,
    answer=shapes.Undone,
    errors=(404, 409, 422),
)
def undo(action_id: int) -> Done:
    return Done(shapes.Undone(alerts=acting.undo(db(), action_id=action_id, account=me(), now=utc_now())))


@routes.post(
    "/alerts/bulk",
    N_("The same for many alerts, with a result for each"),
    description=N_("Each is done or refused by itself; a refused one stays as it was."),
    scope=Scope.ALERTS_WRITE,
    roles=_OWNERS,
    body=shapes.Bulk,
    answer=shapes.BulkResult,
    errors=(409, 413, 415, 422),
)
def bulk(body: shapes.Bulk) -> Done:
    make, key = _changes(body), request_key()
    rows = [_one_of_many(one, make, f"{key}-{place}") for place, one in enumerate(body.alerts)]
    return Done(shapes.BulkResult(done=sum(one.status == "done" for one in rows), rows=rows))


@routes.get(
    "/alerts/colleagues",
    N_("To whom alerts can be assigned"),
    **_READ,
    answer=shapes.Page[shapes.Person],
)
def colleagues() -> shapes.Page[shapes.Person]:
    found = acting.colleagues(db(), me())
    return shapes.Page[shapes.Person](items=[shapes.Person(id=one.id, name=one.name) for one in found], next=None)


def _one_of_many(one: shapes.BulkItem, make: Callable[[], Change], key: str) -> shapes.BulkRow:
    try:
        with db().begin_nested():
            found = service.get_alert(db(), alert_id=one.id, account=me())
            service.decide(
                db(), alert=found, account=me(), change=make(), row_version=one.row_version,
                request_key=key, now=utc_now(),
            )  # fmt: skip
    except IpregError as fault:
        return shapes.BulkRow.model_validate({"id": one.id, "status": "refused", **refused(fault)})
    return shapes.BulkRow(id=one.id, status="done", row_version=found.row_version)


def _changes(body: shapes.Bulk) -> Callable[[], Change]:
    """What is to be done to each; raises ``CallerError`` where something is missing."""
    now, account, text = utc_now(), me(), body.note.strip()
    needs = {"dismiss": ("reason", body.reason), "snooze": ("until", body.until)}.get(body.action)
    if needs is not None and needs[1] is None:
        raise CallerError("bulk_needs", field=needs[0])
    if body.action == "confirm":
        return lambda: acting.confirming(account, text=text, now=now)
    if body.action == "dismiss":
        reason = DismissReason(str(body.reason))
        return lambda: acting.dismissing(account, reason=reason, text=text, now=now)
    if body.action == "snooze":
        change = _snoozing(body.until)
        return lambda: change
    if body.action == "assign":
        change = acting.assigning(db(), account, body.account)
        return lambda: change
    return acting.reopening if body.action == "reopen" else acting.waking


def _snoozing(until: Any) -> Change:
    if until is None or until.tzinfo is None:
        raise CallerError("instant_wrong", field="until")
    return acting.snoozing(until, now=utc_now())


def _act(found: Alert, row_version: int | None, change: Change) -> Done:
    service.decide(
        db(), alert=found, account=me(), change=change, row_version=row_version, request_key=request_key(),
        now=utc_now(),
    )  # fmt: skip
    return done_to(found)


def done_to(found: Alert) -> Done:
    """The alert as it is after an act."""
    db().flush()
    db().refresh(found)
    return Done(whole(found))


def filter_of(query: shapes.AlertFilter) -> Filter:
    """What is asked for, as the pages have it."""
    given = query.model_dump(exclude={"cursor", "limit", "news"}, exclude_none=True, mode="json")
    texts = {name: f"{value:f}" if isinstance(value, float) else str(value) for name, value in given.items()}
    return Filter.read({**texts, "news": "1" if query.news else ""})


def _place(cursor: str) -> Place | None:
    given = place_of(cursor)
    found = Place.read({"after": given})
    if given and found is None:
        raise wrong()
    return found


# --- Shapes


def person(account: Account | None) -> dict[str, object] | None:
    """An account, as others see it."""
    return {"id": account.id, "name": account.name} if account is not None else None


def brief(found: Alert) -> shapes.AlertBrief:
    """An alert as the inbox shows it."""
    return shapes.AlertBrief.model_validate(_brief(found))


def _brief(found: Alert) -> dict[str, Any]:
    names = (
        "id", "severity", "platform", "seller_id", "listing_count", "probability", "currency", "raised_at",
        "changed_at", "snoozed_until", "row_version",
    )  # fmt: skip
    listing = found.match.listing
    return {name: getattr(found, name) for name in names} | {
        "kind": found.kind.value,
        "state": found.state.value,
        "level": level(found.severity),
        "filing": reference(found.match.filing),
        "seller": listing.seller if listing is not None else "",
        "price": None if found.price is None else f"{found.price.normalize():f}",
        "assigned_to": person(found.assigned_to),
        "dismiss_reason": found.dismiss_reason.value if found.dismiss_reason else None,
    }


def _undoable(found: Alert) -> int | None:
    """The caller's last act where it was on this alert and can be taken back."""
    last = acting.latest_action(db(), account=me(), now=utc_now())
    return last.id if last is not None and last.id == found.action_id else None


def whole(found: Alert) -> shapes.Alert:
    """An alert as its page shows it."""
    case = service.case_if_any(db(), found)
    return shapes.Alert.model_validate(
        _brief(found)
        | {
            "note": found.note,
            "decided_at": found.decided_at,
            "decided_by": person(found.decided_by),
            "reasons": [
                {"text": alertwords.severity_reason(one), "points": one["points"]} for one in found.severity_reasons
            ],
            "matches": [match_of(one.match) for one in found.matches if one.dismissed_at is None][:60],
            "events": [
                {
                    "kind": one.kind.value,
                    "at": one.at,
                    "actor": person(one.actor),
                    "text": one.text or alertwords.alert_event(one),
                }
                for one in found.events[-200:]
            ],
            "case": case.number if case is not None else None,
            "may_decide": access.can_act_on_alert(me(), found),
            "undo": _undoable(found),
        }
    )
