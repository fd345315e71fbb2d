"""The outbox is emptied: each message is claimed, sent outside of any transaction, and marked.

A claim moves ``next_try_at`` by compare-and-swap, so two processes never send the same message. A process killed
between the server's "250" and the mark is the one case in which a message could go out again; its Message-ID is
then the same, by which mail programs show it once.
"""

from __future__ import annotations

import smtplib
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from ipreg.config import SmtpConfig
from ipreg.db import Clock, transaction
from ipreg.models import Delivery, DeliveryState
from ipreg.notify.mail import compose
from ipreg.runtime import Runtime

GIVE_UP_AFTER = timedelta(days=3)
LONGEST_WAIT = timedelta(hours=6)
CLAIM = timedelta(minutes=10)


@dataclass(frozen=True)
class Sent:
    """How many messages went out, will be tried again, or were given up in this run."""

    sent: int = 0
    waiting: int = 0
    parked: int = 0


def send_due(runtime: Runtime, smtp: SmtpConfig, *, clock: Clock) -> Sent:
    """Sends what is due."""
    with runtime.sessions() as session:
        due = list(
            session.scalars(
                select(Delivery.id)
                .where(Delivery.state == DeliveryState.WAITING, Delivery.next_try_at <= clock())
                .order_by(Delivery.id)
            )
        )
    counts = dict.fromkeys(DeliveryState, 0)
    for delivery_id in due:
        message = _claim(runtime, smtp, delivery_id, clock())
        if message is not None:
            counts[_mark(runtime, delivery_id, _send(smtp, message), clock())] += 1
    return Sent(*(counts[state] for state in (DeliveryState.SENT, DeliveryState.WAITING, DeliveryState.PARKED)))


@dataclass(frozen=True)
class _Fault:
    words: str
    final: bool


def _claim(runtime: Runtime, smtp: SmtpConfig, delivery_id: int, now: datetime) -> EmailMessage | None:
    with transaction(runtime.sessions) as session:
        claimed = session.execute(
            update(Delivery)
            .where(
                Delivery.id == delivery_id,
                Delivery.state == DeliveryState.WAITING,
                Delivery.next_try_at <= now,
            )
            .values(next_try_at=now + CLAIM, tries=Delivery.tries + 1)
        )
        if cast("CursorResult[Any]", claimed).rowcount != 1:
            return None
        delivery = session.get_one(Delivery, delivery_id)
        return compose(delivery, runtime.store, public_url=runtime.config.public_url, sender=smtp.sender)


def _send(smtp: SmtpConfig, message: EmailMessage) -> _Fault | None:
    try:
        with smtplib.SMTP(smtp.host, smtp.port, timeout=30) as server:
            if smtp.starttls:
                server.starttls()
            if smtp.user is not None:
                server.login(smtp.user, smtp.password or "")
            server.send_message(message)
    except smtplib.SMTPRecipientsRefused as fault:
        codes = [code for code, _ in fault.recipients.values()]
        return _Fault(f"recipient refused: {codes}", all(500 <= code < 600 for code in codes))
    except (smtplib.SMTPException, OSError) as fault:
        return _Fault(f"{type(fault).__name__}: {fault}"[:500], final=False)
    return None


def _mark(runtime: Runtime, delivery_id: int, fault: _Fault | None, now: datetime) -> DeliveryState:
    with transaction(runtime.sessions) as session:
        delivery = session.get_one(Delivery, delivery_id)
        if fault is None:
            delivery.state, delivery.sent_at, delivery.last_fault = DeliveryState.SENT, now, ""
            return DeliveryState.SENT
        delivery.last_fault = fault.words
        if fault.final or now - delivery.created_at >= GIVE_UP_AFTER:
            delivery.state = DeliveryState.PARKED
        delivery.next_try_at = now + min(LONGEST_WAIT, timedelta(seconds=30 * 2 ** min(delivery.tries, 12)))
        return delivery.state
