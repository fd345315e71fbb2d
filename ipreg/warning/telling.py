"""Who is due is told of his alert: a message in the outbox, written in the transaction that ticks him off."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import AlertRecipient, AlertState, Delivery

BATCH = 1000


def due_recipients(session: Session, *, now: datetime) -> list[int]:
    """Ids of the recipients who are to be told now."""
    due = select(AlertRecipient.id).where(AlertRecipient.tell_at <= now)
    return list(session.scalars(due.order_by(AlertRecipient.id).limit(BATCH)))


def tell(session: Session, *, recipient_id: int, mail_domain: str, now: datetime) -> None:
    """The message to one recipient; none where the alert was decided meanwhile or is no longer his to see."""
    recipient = session.get_one(AlertRecipient, recipient_id)
    alert = recipient.alert
    if recipient.tell_at is None:
        return
    recipient.tell_at = None
    if alert.state is AlertState.DISMISSED or not access.can_see_alert(recipient.account, alert):
        return
    told = select(Delivery.id).where(Delivery.alert_id == alert.id, Delivery.account_id == recipient.account_id)
    if session.scalar(told) is None:
        session.add(
            Delivery(
                alert=alert,
                account=recipient.account,
                channel="email",
                message_id=f"<alert-{secrets.token_hex(12)}@{mail_domain}>",
                next_try_at=now,
                created_at=now,
            )
        )
    session.flush()
