"""One alert: who may see it, what was decided on it, and the way from it to a case."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, cases
from ipreg.errors import ConflictError, MissingError
from ipreg.models import (
    Account,
    Alert,
    AlertEvent,
    AlertRecipient,
    AlertState,
    Case,
    DismissReason,
    EventKind,
)
from ipreg.warning import acting, search
from ipreg.warning.acting import Change


def inbox(
    session: Session, *, account: Account, state: AlertState | None = AlertState.OPEN, limit: int = 50
) -> list[Alert]:
    """The account's alerts, the gravest first, then the newest; without those that sleep."""
    asked = search.Filter(state=state.value if state is not None else "all")
    return search.page(session, account=account, asked=asked, limit=limit, now=None).alerts


def count_open(session: Session, account: Account, *, now: datetime | None = None) -> int:
    """How many alerts wait in the account's inbox, ``search.COUNTED`` at most."""
    return search.count(session, account=account, asked=search.Filter(), now=now)


def get_alert(session: Session, *, alert_id: int, account: Account, now: datetime | None = None) -> Alert:
    """The alert, if the account may see it (``MissingError`` otherwise); with ``now`` it counts as looked at."""
    alert = session.get(Alert, alert_id)
    if alert is None or not access.can_see_alert(account, alert):
        raise MissingError("alert_missing")
    if now is not None:
        _look(session, alert, account, now)
    return alert


def looked_at(alert: Alert, account: Account) -> datetime | None:
    """When the account looked at it last."""
    return next((one.read_at for one in alert.recipients if one.account_id == account.id), None)


def confirm(
    session: Session,
    *,
    alert: Alert,
    account: Account,
    note: str = "",
    row_version: int | None = None,
    request_key: str | None = None,
    now: datetime,
) -> Case:
    """The alert is true and goes to the regulator: a case in his queue. Confirmed again, it is the same case."""
    if alert.state is not AlertState.CONFIRMED:
        decide(
            session, alert=alert, account=account, change=acting.confirming(account, text=_note(note), now=now),
            row_version=row_version, request_key=request_key, now=now,
        )  # fmt: skip
    return hand_over(session, alert=alert, account=account, note=note, now=now)


def dismiss(
    session: Session,
    *,
    alert: Alert,
    account: Account,
    reason: DismissReason,
    note: str = "",
    row_version: int | None = None,
    request_key: str | None = None,
    now: datetime,
) -> Alert:
    """The alert is not acted on, for a reason."""
    if alert.state is AlertState.DISMISSED and alert.dismiss_reason is reason:
        acting.require_decider(account, alert)
        return alert
    change = acting.dismissing(account, reason=reason, text=_note(note), now=now)
    return decide(
        session, alert=alert, account=account, change=change,
        row_version=row_version, request_key=request_key, now=now,
    )  # fmt: skip


def decide(
    session: Session,
    *,
    alert: Alert,
    account: Account,
    change: Change,
    row_version: int | None = None,
    request_key: str | None = None,
    now: datetime,
) -> Alert:
    """Does ``change`` to this one alert, as it was when the account looked at it (``row_version``).

    Raises ``PermissionDeniedError`` for who may look on only, ``ConflictError`` where somebody was faster.
    """
    acting.require_decider(account, alert)
    acting.require_current(alert, row_version)
    if change.kind is EventKind.REOPENED and case_if_any(session, alert) is not None:
        raise ConflictError("alert_in_case")
    key = request_key or secrets.token_hex(16)
    try:
        acting.act(session, account=account, change=change, where=Alert.id == alert.id, request_key=key, now=now)
    except ConflictError as fault:
        if fault.code == "nothing_to_do" and change.kind in (EventKind.CONFIRMED, EventKind.DISMISSED):
            raise ConflictError("alert_already_decided", state=alert.state.value) from fault
        raise
    return alert


def reopen(session: Session, *, alert: Alert, account: Account, now: datetime) -> Alert:
    """Takes a decision back that no case came of."""
    return decide(session, alert=alert, account=account, change=acting.reopening(), now=now)


def hand_over(session: Session, *, alert: Alert, account: Account, note: str = "", now: datetime) -> Case:
    """A confirmed alert becomes a case before the regulator, once."""
    acting.require_decider(account, alert)
    case = case_if_any(session, alert)
    if case is not None:
        return case
    if alert.state is not AlertState.CONFIRMED:
        raise ConflictError("alert_not_confirmed")
    case = cases.open_case(session, alert=alert, account=account, note=note, now=now)
    session.add(AlertEvent(alert_id=alert.id, kind=EventKind.HANDED_OVER, at=now, actor=account, text=case.number))
    alert.changed_at = now
    session.flush()
    return case


def case_if_any(session: Session, alert: Alert) -> Case | None:
    """The case that came of the alert."""
    return session.scalar(select(Case).where(Case.alert_id == alert.id))


def _look(session: Session, alert: Alert, account: Account, now: datetime) -> None:
    mine = next((one for one in alert.recipients if one.account_id == account.id), None)
    if mine is None:
        mine = AlertRecipient(account_id=account.id)
        alert.recipients.append(mine)
    if mine.read_at is None or mine.read_at < alert.changed_at:
        mine.read_at = now
    session.flush()


def _note(text: str) -> str:
    return text.strip()[: acting.MAX_TEXT]
