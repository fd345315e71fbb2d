"""What one delivery says, read from the database once and then sent without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg.i18n import translator
from ipreg.models import Account, Channel, ChannelKind, Delivery, Outgoing
from ipreg.notify.channels import SETTINGS
from ipreg.notify.kinds import Say, Written, write
from ipreg.notify.rhythm import zone_of
from ipreg.notify.sealed import Sealer
from ipreg.notify.visible import may_see

N_ = str  # marks a text for extraction
SHOWN = 20
"""So many notices stand in one message; of more, their number."""
_READ = 500
MANY = N_("%(count)s notices: %(first)s")


@dataclass(frozen=True)
class Item:
    """One notice in words, and where it leads."""

    words: Written
    link: str
    kind: str
    created_at: datetime


@dataclass(frozen=True)
class Message:
    """A whole message. ``more`` notices are only counted. ``to`` is an address of e-mail, or empty.

    ``address`` and ``secrets`` are those of channels by HTTP, in the clear; two secrets while one is exchanged.
    """

    message_id: str
    created_at: datetime
    channel_id: int
    kind: ChannelKind
    service: str
    to: str
    address: str
    secrets: tuple[str, ...]
    locale: str
    subject: str
    items: tuple[Item, ...]
    more: int
    inbox: str
    settings: str

    @property
    def say(self) -> Say:
        """Words in the reader's language."""
        return translator(self.locale)


def gather(
    session: Session, *, delivery: Delivery, public_url: str, sealer: Sealer, now: datetime
) -> Message | None:
    """The message of ``delivery``; None where nothing of it is the recipient's to see any more."""
    channel = delivery.channel
    locale = channel.locale or (channel.account.locale if channel.account else "zh")
    say = translator(locale)
    items = tuple(
        Item(
            words=write(one.notice.kind, one.notice.values, say, zone=zone_of(channel)),
            link=public_url + one.notice.path,
            kind=one.notice.kind,
            created_at=one.notice.created_at,
        )
        for one in _visible(session, delivery)
    )
    if not items:
        return None
    count = session.scalar(select(func.count()).where(Outgoing.delivery_id == delivery.id)) or 0
    more = count - SHOWN if len(items) == SHOWN else 0
    return Message(
        message_id=delivery.message_id,
        created_at=delivery.created_at,
        channel_id=channel.id,
        kind=channel.kind,
        service=channel.service,
        to=channel.account.email if channel.account and channel.kind is ChannelKind.EMAIL else "",
        address=sealer.open(channel.address),
        secrets=_secrets(channel, sealer, now),
        locale=locale,
        subject=_subject(items, more, say),
        items=items,
        more=more,
        inbox=f"{public_url}/notices",
        settings=f"{public_url}{SETTINGS}",
    )


def _secrets(channel: Channel, sealer: Sealer, now: datetime) -> tuple[str, ...]:
    kept = [channel.secret]
    if channel.old_secret_until is not None and now < channel.old_secret_until:
        kept.append(channel.old_secret)
    return tuple(sealer.open(one) for one in kept if one)


def _visible(session: Session, delivery: Delivery) -> Iterator[Outgoing]:
    """The first ``SHOWN`` that the recipient may see; a flood is not read to its end."""
    wanted = select(Outgoing).where(Outgoing.delivery_id == delivery.id).order_by(Outgoing.id).limit(_READ)
    left = SHOWN
    for one in session.scalars(wanted):
        if left and _still_his(session, delivery.channel, one.notice.account, one.notice.path):
            left -= 1
            yield one


def _still_his(session: Session, channel: Channel, account: Account, path: str) -> bool:
    if channel.organization_id is not None and channel.organization_id != account.organization_id:
        return False
    return may_see(session, account=account, path=path, organization_id=channel.organization_id)


def _subject(items: tuple[Item, ...], more: int, say: Say) -> str:
    first = items[0].words.subject
    count = len(items) + more
    return first if count == 1 else say(MANY) % {"count": count, "first": first}
