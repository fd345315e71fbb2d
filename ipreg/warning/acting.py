"""What people do to alerts, to one or to many at once, each in a few statements whatever their number; and undo."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import JSON, ColumnElement, CursorResult, func, insert, literal, null, or_, select, true, update
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Alert, AlertAction, AlertEvent, AlertState, Case, DismissReason, EventKind

UNDO_FOR = timedelta(hours=24)
MAX_TEXT = 2000
_KEPT = {
    "before_state": "state",
    "before_reason": "dismiss_reason",
    "before_snoozed_until": "snoozed_until",
    "before_assigned_to_id": "assigned_to_id",
    "before_decided_at": "decided_at",
    "before_decided_by_id": "decided_by_id",
}


@dataclass(frozen=True)
class Change:
    """One of the five things that can be done: what it is, what it writes, and to which alerts it can be done."""

    kind: EventKind
    writes: dict[str, Any]
    fits: ColumnElement[bool]
    text: str = ""


def confirming(account: Account, *, text: str = "", now: datetime) -> Change:
    """It is a copy."""
    writes = {"state": AlertState.CONFIRMED, "dismiss_reason": None, **_decided(account, now), "note": text}
    return Change(EventKind.CONFIRMED, writes, Alert.state == AlertState.OPEN, text)


def dismissing(account: Account, *, reason: DismissReason, text: str = "", now: datetime) -> Change:
    """It is none, or none to act on."""
    writes = {"state": AlertState.DISMISSED, "dismiss_reason": reason, **_decided(account, now), "note": text}
    return Change(EventKind.DISMISSED, writes, Alert.state == AlertState.OPEN, text)


def reopening(text: str = "") -> Change:
    """The dismissal, or a confirmation that went no further, is taken back."""
    writes: dict[str, Any] = {
        "state": AlertState.OPEN,
        "dismiss_reason": None,
        "decided_at": None,
        "decided_by_id": None,
        "note": "",
    }
    in_case = select(Case.id).where(Case.alert_id == Alert.id)
    return Change(EventKind.REOPENED, writes, (Alert.state != AlertState.OPEN) & ~in_case.exists(), text)


def snoozing(until: datetime, *, now: datetime) -> Change:
    """Out of the inbox until then. Raises ``CallerError`` for a time that is past or more than a year away."""
    if not now < until <= now + timedelta(days=366):
        raise CallerError("snooze_wrong", field="until")
    return Change(EventKind.SNOOZED, {"snoozed_until": until}, Alert.state == AlertState.OPEN)


def waking() -> Change:
    """Back into the inbox before its time."""
    return Change(EventKind.WOKEN, {"snoozed_until": None}, Alert.snoozed_until.is_not(None))


def assigning(session: Session, account: Account, member_id: int | None) -> Change:
    """Somebody's to deal with, or nobody's. Raises ``CallerError`` for who is no colleague of the account."""
    if member_id is not None and member_id not in {one.id for one in colleagues(session, account)}:
        raise CallerError("choice_wrong", field="assigned")
    return Change(EventKind.ASSIGNED, {"assigned_to_id": member_id}, true())


def commenting(text: str) -> Change:
    """A remark for those who see the alert."""
    if not text.strip():
        raise CallerError("field_empty", field="text")
    if len(text) > MAX_TEXT:
        raise CallerError("field_too_long", field="text", most=MAX_TEXT)
    return Change(EventKind.COMMENTED, {}, true(), text.strip())


def colleagues(session: Session, account: Account) -> list[Account]:
    """To whom the account may assign alerts: himself and the full members of his enterprise, by name."""
    same = Account.id == account.id
    if account.organization_id is not None:
        full = Account.organization_role.in_(access.FULL_MEMBERS)
        same = or_(same, (Account.organization_id == account.organization_id) & full)
    return list(session.scalars(select(Account).where(same).order_by(Account.name, Account.id)))


def act(
    session: Session,
    *,
    account: Account,
    change: Change,
    where: ColumnElement[bool],
    request_key: str,
    expected: int | None = None,
    now: datetime,
) -> AlertAction:
    """Does ``change`` to all alerts of ``where`` that it fits and that the account decides on.

    The same request twice is one action. Raises ``ConflictError`` where there are others now than the ``expected``
    that were counted before, or where there is none.
    """
    known = session.scalar(select(AlertAction).where(_same_request(account, request_key)))
    if known is not None:
        return known
    chosen = select(Alert.id).where(where, change.fits, access.alerts_decided_by(account))
    found = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    if expected is not None and found != expected:
        raise ConflictError("bulk_count_changed", expected=expected, found=found)
    if not found:
        raise ConflictError("nothing_to_do")
    action = AlertAction(
        account=account, request_key=request_key, kind=change.kind, at=now, count=found, undo_until=now + UNDO_FOR
    )
    session.add(action)
    session.flush()
    _write(session, action, change, chosen, now)
    return action


def count_fitting(session: Session, *, account: Account, change: Change, where: ColumnElement[bool]) -> int:
    """To how many alerts ``act`` would do it."""
    chosen = select(func.count()).select_from(Alert).where(where, change.fits, access.alerts_decided_by(account))
    return session.scalar(chosen) or 0


def latest_action(session: Session, *, account: Account, now: datetime) -> AlertAction | None:
    """What the account did last and can still take back."""
    wanted = select(AlertAction).where(
        AlertAction.account_id == account.id,
        AlertAction.undone_at.is_(None),
        AlertAction.undo_until > now,
        AlertAction.kind != EventKind.COMMENTED,
    )
    return session.scalar(wanted.order_by(AlertAction.id.desc()).limit(1))


def undo(session: Session, *, action_id: int, account: Account, now: datetime) -> int:
    """All alerts that nobody has touched since are as they were before the action; how many.

    Done already, it is 0. What was handed over to the regulator stays: the record is not taken back here.
    """
    action = session.get(AlertAction, action_id)
    if action is None or action.account_id != account.id:
        raise MissingError("action_missing")
    if action.undone_at is not None:
        return 0
    if now > action.undo_until or action.kind is EventKind.COMMENTED:
        raise ConflictError("undo_too_late")
    in_case = select(Case.id).where(Case.alert_id == Alert.id)
    mine = (Alert.action_id == action.id) & ~in_case.exists() & access.alerts_decided_by(account)
    action.undone_at = now
    _note_all(session, EventKind.UNDONE, account, None, select(Alert.id).where(mine), "", now)
    was = (AlertEvent.alert_id == Alert.id) & (AlertEvent.action_id == action.id)
    back: dict[str, Any] = {
        column: select(getattr(AlertEvent, kept)).where(was).scalar_subquery() for kept, column in _KEPT.items()
    }
    done = session.execute(
        update(Alert)
        .where(mine)
        .values(**back, action_id=None, note="", changed_at=now, row_version=Alert.row_version + 1)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    session.expire_all()
    return cast("CursorResult[Any]", done).rowcount


def require_current(alert: Alert, row_version: int | None) -> None:
    """Raises ``ConflictError``, saying who did what, where the alert is no longer the one that was looked at."""
    if row_version is None or row_version == alert.row_version:
        return
    last = alert.events[-1] if alert.events else None
    if last is not None and last.actor is not None:
        raise ConflictError("alert_changed_by", name=last.actor.name, at=f"{last.at:%Y-%m-%d %H:%M} UTC")
    raise ConflictError("alert_changed_itself")


def require_decider(account: Account, alert: Alert) -> None:
    """Raises ``PermissionDeniedError`` for who may look on only."""
    if not access.can_act_on_alert(account, alert):
        raise PermissionDeniedError("alert_not_yours_to_decide")


def _decided(account: Account, now: datetime) -> dict[str, Any]:
    return {"decided_at": now, "decided_by_id": account.id, "snoozed_until": None}


def _same_request(account: Account, request_key: str) -> ColumnElement[bool]:
    return (AlertAction.account_id == account.id) & (AlertAction.request_key == request_key)


def _write(session: Session, action: AlertAction, change: Change, chosen: Any, now: datetime) -> None:
    _note_all(session, change.kind, action.account, action, chosen, change.text, now)
    touched = select(AlertEvent.alert_id).where(AlertEvent.action_id == action.id)
    values = {**change.writes, "changed_at": now, "row_version": Alert.row_version + 1}
    if change.writes:
        values["action_id"] = action.id
    session.execute(
        update(Alert).where(Alert.id.in_(touched)).values(**values).execution_options(synchronize_session=False)
    )
    session.flush()
    session.expire_all()


def _note_all(
    session: Session,
    kind: EventKind,
    account: Account,
    action: AlertAction | None,
    chosen: Any,
    text: str,
    now: datetime,
) -> None:
    """A line in the history of each chosen alert, with what was before."""
    columns: dict[str, Any] = {
        "alert_id": Alert.id,
        "kind": literal(kind, AlertEvent.kind.type),
        "at": literal(now, AlertEvent.at.type),
        "actor_id": literal(account.id),
        "action_id": literal(action.id) if action is not None else null(),
        "values": literal({}, JSON),
        "text": literal(text),
        **{kept: getattr(Alert, column) for kept, column in _KEPT.items()},
    }
    session.flush()
    session.execute(
        insert(AlertEvent).from_select(list(columns), select(*columns.values()).where(Alert.id.in_(chosen)))
    )
