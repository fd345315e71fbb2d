"""What is due is packed into messages: one each while there are few, all in one when they come in a flood.

Packing is a transaction of its own: a notice is in exactly one delivery, and from then on only that is tried.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from ipreg.db import transaction
from ipreg.models import Channel, ChannelKind, ChannelState, Delivery, Outgoing, Rhythm
from ipreg.runtime import Runtime

GIVE_UP_AFTER = timedelta(days=3)
FEW = 3
"""So many notices go out as messages of their own; more become one message."""
STORM = 100
"""More waiting at once than this is a storm: it is let end before it is told."""
HOLD, STORM_HOLD = timedelta(seconds=15), timedelta(seconds=65)
"""What came in a minute is one message, and then it goes."""
WINDOW, SPARE, APART = timedelta(minutes=10), 5, timedelta(seconds=40)
"""After ``SPARE`` messages to one channel in a ``WINDOW`` the next ones come ``APART``, each with all that waits: a
steady flow fills no inbox, and still each warning is there within a minute."""


@dataclass(frozen=True)
class Waiting:
    """How many notices wait for a channel, since when, and when the newest came."""

    count: int
    oldest: datetime
    newest: datetime


@dataclass(frozen=True)
class Lately:
    """How many messages were made for a channel in the last ``WINDOW``, and when the last one was."""

    count: int = 0
    last: datetime | None = None

    @property
    def spent(self) -> bool:
        return self.count >= SPARE


def ripe(waiting: Waiting, *, lately: Lately, settle: timedelta, now: datetime) -> bool:
    """Whether it is time to write.

    With ``settle`` the newest must be so old: more may be on its way. No flow of notices holds a message for
    longer than ``HOLD``, a storm not longer than ``STORM_HOLD``.
    """
    if lately.spent and lately.last is not None and timedelta(0) <= now - lately.last < APART:
        return False
    quiet = not timedelta(0) <= now - waiting.newest < settle  # a newest from the future: the clock went back
    longest = STORM_HOLD if waiting.count > STORM else HOLD
    return quiet or now - waiting.oldest >= longest


def pack_due(
    runtime: Runtime, *, kinds: Collection[ChannelKind], domain: str, settle: timedelta, now: datetime
) -> None:
    """Packs what is due by channels of these kinds, one transaction a channel."""
    usable = Channel.state == ChannelState.ACTIVE, Channel.kind.in_(kinds)
    with runtime.sessions() as session:
        wanted = select(Outgoing.channel_id).join(Channel).where(_due(now), *usable)
        channels = list(session.scalars(wanted.distinct()))
    for channel_id in channels:
        with transaction(runtime.sessions) as session:
            pack(session, channel=session.get_one(Channel, channel_id), domain=domain, settle=settle, now=now)


def pack(session: Session, *, channel: Channel, domain: str, settle: timedelta, now: datetime) -> list[Delivery]:
    """The deliveries made of what is due for ``channel``; none where it is better to wait a little."""
    mine = and_(_due(now), Outgoing.channel_id == channel.id)
    count, oldest, newest = session.execute(
        select(func.count(), func.min(Outgoing.created_at), func.max(Outgoing.created_at)).where(mine)
    ).one()
    if not count:
        return []
    made = select(func.count(), func.max(Delivery.created_at)).where(
        Delivery.channel_id == channel.id, Delivery.created_at > now - WINDOW
    )
    lately = Lately(*session.execute(made).one())
    if not ripe(Waiting(count, oldest, newest), lately=lately, settle=settle, now=now):
        return []
    if channel.rhythm is not Rhythm.IMMEDIATE or count > FEW or lately.spent:
        return [_fill(session, channel, mine, domain, now)]
    ids = list(session.scalars(select(Outgoing.id).where(mine).order_by(Outgoing.id)))
    return [_fill(session, channel, Outgoing.id == one, domain, now) for one in ids]


def _due(now: datetime) -> ColumnElement[bool]:
    # A clock that went back must not keep for hours what was to go out at once.
    at_once = and_(Outgoing.created_at > now, Outgoing.due_at <= Outgoing.created_at)
    return and_(Outgoing.delivery_id.is_(None), or_(Outgoing.due_at <= now, at_once))


def _fill(session: Session, channel: Channel, which: ColumnElement[bool], domain: str, now: datetime) -> Delivery:
    delivery = Delivery(
        channel=channel,
        message_id=f"<{secrets.token_hex(16)}@{domain}>",
        next_try_at=now,
        give_up_at=now + GIVE_UP_AFTER,
        created_at=now,
    )
    session.add(delivery)
    session.flush()
    session.execute(
        update(Outgoing).where(which).values(delivery_id=delivery.id).execution_options(synchronize_session=False)
    )
    return delivery
