"""The outbox is emptied: each message is claimed, sent outside of any transaction, and marked.

A claim moves ``next_try_at`` by compare-and-swap, so two processes never send the same message. A process killed
between the server's "250" and the mark is the one case in which a message could go out again; its Message-ID is
then the same, by which mail programs show it once.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, CursorResult, and_, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ipreg.config import SmtpConfig
from ipreg.db import Clock, transaction
from ipreg.models import Channel, ChannelKind, ChannelState, Delivery, DeliveryState
from ipreg.notify import dead, hooks, services
from ipreg.notify.message import Message, gather
from ipreg.notify.outcome import BROKEN, Fault
from ipreg.notify.packing import pack_due
from ipreg.notify.sealed import Sealer
from ipreg.notify.sending import MailSender
from ipreg.runtime import Runtime

LONGEST_WAIT = timedelta(hours=6)
CLAIM = timedelta(minutes=10)
MAILED = frozenset({ChannelKind.EMAIL})
POSTED = frozenset(ChannelKind) - MAILED
AT_ONCE = 16
"""So many receivers are spoken to at the same time: one that does not answer keeps none of the others waiting."""
Send = Callable[[Message], Fault | None]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Sent:
    """How many messages went out, will be tried again, or were given up in this run."""

    sent: int = 0
    waiting: int = 0
    parked: int = 0

    @classmethod
    def of(cls, states: Iterable[DeliveryState | None]) -> Sent:
        counts = Counter(states)
        return cls(counts[DeliveryState.SENT], counts[DeliveryState.WAITING], counts[DeliveryState.PARKED])

    def __add__(self, other: Sent) -> Sent:
        return Sent(self.sent + other.sent, self.waiting + other.waiting, self.parked + other.parked)


def send_due(runtime: Runtime, smtp: SmtpConfig, *, clock: Clock, settle: timedelta = timedelta(0)) -> Sent:
    """Packs and sends what is due. With ``settle``, notices wait so long for others that come right after."""
    return mail_due(runtime, smtp, clock=clock, settle=settle) + post_due(runtime, clock=clock, settle=settle)


def mail_due(runtime: Runtime, smtp: SmtpConfig, *, clock: Clock, settle: timedelta = timedelta(0)) -> Sent:
    """``send_due``, what goes by mail: one after another over one connection."""
    due = _packed(runtime, MAILED, clock, settle)
    with MailSender(smtp, runtime.store) as sender:
        return Sent.of(_deliver(runtime, sender.send, one, clock) for ids in due.values() for one in ids)


def post_due(runtime: Runtime, *, clock: Clock, settle: timedelta = timedelta(0)) -> Sent:
    """``send_due``, what goes by HTTP: many receivers at a time, each message by message."""
    due = _packed(runtime, POSTED, clock, settle)
    if not due:
        return Sent()

    def post(message: Message) -> Fault | None:
        if message.kind is ChannelKind.SERVICE:
            return services.send(message)
        return hooks.send(message, allow_private=runtime.config.allow_private_addresses, now=clock())

    with ThreadPoolExecutor(min(AT_ONCE, len(due))) as pool:
        done = pool.map(lambda ids: _in_a_row(runtime, post, ids, clock), due.values())
        return Sent.of(state for states in done for state in states)


def why_waiting(session: Session) -> str:
    """The newest fault of mail that waits to be tried again, for ``outcome.told``; empty without one."""
    wanted = (
        select(Delivery.last_fault)
        .join(Channel)
        .where(
            Delivery.state == DeliveryState.WAITING, Delivery.last_fault != "", Channel.kind == ChannelKind.EMAIL
        )
    )
    return session.scalar(wanted.order_by(Delivery.id.desc()).limit(1)) or ""


def _packed(
    runtime: Runtime, kinds: Collection[ChannelKind], clock: Clock, settle: timedelta
) -> dict[int, list[int]]:
    """Ids of the deliveries that are due, by channel; first the channels that work."""
    domain = urlsplit(runtime.config.public_url).hostname or "localhost"
    pack_due(runtime, kinds=kinds, domain=domain, settle=settle, now=clock())
    usable = Channel.state != ChannelState.DEAD, Channel.kind.in_(kinds)
    wanted = select(Channel.id, Delivery.id).join(Channel, Delivery.channel_id == Channel.id)
    found: dict[int, list[int]] = {}
    with runtime.sessions() as session:
        for channel_id, delivery_id in session.execute(
            wanted.where(_due(clock()), *usable).order_by(Channel.fault != "", Delivery.id)
        ):
            found.setdefault(channel_id, []).append(delivery_id)
    return found


def _in_a_row(runtime: Runtime, send: Send, ids: Sequence[int], clock: Clock) -> list[DeliveryState | None]:
    """One channel's, up to the first that does not arrive: the rest would wait as long in vain."""
    states: list[DeliveryState | None] = []
    for one in ids:
        states.append(_deliver(runtime, send, one, clock))
        if states[-1] is DeliveryState.WAITING:
            break
    return states


def _deliver(runtime: Runtime, send: Send, delivery_id: int, clock: Clock) -> DeliveryState | None:
    """What became of it; None where another process has it. One that can't be put together keeps none waiting."""
    try:
        return _claim_and_send(runtime, send, delivery_id, clock)
    except SQLAlchemyError:
        raise
    except Exception:
        _log.exception("delivery %s could not be put together", delivery_id)
    with transaction(runtime.sessions) as session:
        _claim(session, delivery_id, clock())  # where the fault took the claim back, so that the tries count
        return _mark(session, session.get_one(Delivery, delivery_id), Fault(BROKEN), clock())


def _claim_and_send(runtime: Runtime, send: Send, delivery_id: int, clock: Clock) -> DeliveryState | None:
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
    fault = send(message)
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
