"""Who is due is told of his alert: a notice, written in the transaction that ticks him off."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import AlertRecipient, AlertState
from ipreg.notify import notices
from ipreg.notify.likeness import match_values

BATCH = 1000


def due_recipients(session: Session, *, now: datetime) -> list[int]:
    """Ids of the recipients who are to be told now."""
    due = select(AlertRecipient.id).where(AlertRecipient.tell_at <= now)
    return list(session.scalars(due.order_by(AlertRecipient.id).limit(BATCH)))


def tell(session: Session, *, recipient_id: int, now: datetime) -> None:
    """The notice to one recipient; none where the alert was decided meanwhile or is no longer his to see."""
    recipient = session.get_one(AlertRecipient, recipient_id)
    alert = recipient.alert
    if recipient.tell_at is None:
        return
    recipient.tell_at = None
    if alert.state is AlertState.DISMISSED or not access.can_see_alert(recipient.account, alert):
        return
    said = {
        "account": recipient.account,
        "values": match_values(alert.match),
        "path": f"/alerts/{alert.id}",
        "now": now,
    }
    first = notices.tell(session, kind="alert", key=f"alert-{alert.id}", **said)  # type: ignore[arg-type]
    if first is None and alert.evidence > 1:
        key = f"alert-{alert.id}-{alert.evidence}"
        notices.tell(session, kind="alert_changed", key=key, **said)  # type: ignore[arg-type]
    session.flush()
