"""The outbox is emptied: each message is claimed, sent outside of any transaction, and marked.

A claim moves ``next_try_at`` by compare-and-swap, so two processes never send the same message. A process killed
between the server's "250" and the mark is the one case in which a message could go out again; its Message-ID is
then the same, by which mail programs show it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.orm import Session

from ipreg.config import SmtpConfig
from ipreg.db import Clock, transaction
from ipreg.models import Channel, ChannelKind, ChannelState, Delivery, DeliveryState
from ipreg.notify import dead, hooks, services
from ipreg.notify.message import gather
from ipreg.notify.outcome import Fault
from ipreg.notify.packing import pack_due
from ipreg.notify.sealed import Sealer
from ipreg.notify.sending import MailSender
from ipreg.runtime import Runtime

LONGEST_WAIT = timedelta(hours=6)
CLAIM = timedelta(minutes=10)


@dataclass(frozen=True)
class Sent:
    """How many messages went out, will be tried again, or were given up in this run."""

    sent: int = 0
    waiting: int = 0
    parked: int = 0


def send_due(runtime: Runtime, smtp: SmtpConfig, *, clock: Clock, settle: timedelta = timedelta(0)) -> Sent:
    """Packs and sends what is due. With ``settle``, notices wait so long for others that come right after."""
    domain = urlsplit(runtime.config.public_url).hostname or "localhost"
    pack_due(runtime, domain=domain, settle=settle, now=clock())
    with runtime.sessions() as session:
        wanted = select(Delivery.id).join(Channel).where(_due(clock()), Channel.state != ChannelState.DEAD)
        due = list(session.scalars(wanted.order_by(Delivery.id)))
    counts = dict.fromkeys(DeliveryState, 0)
    with MailSender(smtp, runtime.store) as sender:
        for delivery_id in due:
            state = _deliver(runtime, sender, delivery_id, clock)
            if state is not None:
                counts[state] += 1
    return Sent(*(counts[state] for state in (DeliveryState.SENT, DeliveryState.WAITING, DeliveryState.PARKED)))


def _deliver(runtime: Runtime, sender: MailSender, delivery_id: int, clock: Clock) -> DeliveryState | None:
    with transaction(runtime.sessions) as session:
        if not _claim(session, delivery_id, clock()):
            return None
        delivery = session.get_one(Delivery, delivery_id)
        message = gather(
            session,
            delivery=delivery,
            public_url=runtime.config.public_url,
            sealer=Sealer(runtime.secrets),
            now=clock(),
        )
        if message is None:
            delivery.state = DeliveryState.WITHDRAWN
            return delivery.state
    if message.kind is ChannelKind.EMAIL:
        fault = sender.send(message)
    elif message.kind is ChannelKind.SERVICE:
        fault = services.send(message)
    else:
        fault = hooks.send(message, allow_private=runtime.config.allow_private_addresses, now=clock())
    with transaction(runtime.sessions) as session:
        return _mark(session, session.get_one(Delivery, delivery_id), fault, clock())


def _due(now: datetime) -> ColumnElement[bool]:
    # What was written by a clock that has gone back since is due as well, once.
    from_the_future = and_(Delivery.created_at > now, Delivery.tries == 0)
    return and_(Delivery.state == DeliveryState.WAITING, or_(Delivery.next_try_at <= now, from_the_future))


def _claim(session: Session, delivery_id: int, now: datetime) -> bool:
    claimed = session.execute(
        update(Delivery)
        .where(Delivery.id == delivery_id, _due(now))
        .values(next_try_at=now + CLAIM, tries=Delivery.tries + 1)
    )
    return cast("CursorResult[Any]", claimed).rowcount == 1


def _mark(session: Session, delivery: Delivery, fault: Fault | None, now: datetime) -> DeliveryState:
    if fault is None:
        delivery.state, delivery.sent_at, delivery.last_fault = DeliveryState.SENT, now, ""
        delivery.channel.failures, delivery.channel.fault = 0, ""
        return DeliveryState.SENT
    delivery.last_fault = delivery.channel.fault = fault.kept
    delivery.next_try_at = now + min(LONGEST_WAIT, timedelta(seconds=30 * 2 ** min(delivery.tries, 12)))
    given_up = now >= delivery.give_up_at
    if fault.final or given_up:
        delivery.state = DeliveryState.PARKED
        dead.note_failure(session, delivery=delivery, dead=fault.gone or given_up, now=now)
    return delivery.state
