"""The channels an account is reached by: its own, and those of its organization."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg.models import Account, Channel, ChannelKind, ChannelState

MAIL = "email"
SETTINGS = "/channels"
"""The page on which they are set up."""


def mail_channel(session: Session, *, account: Account, now: datetime) -> Channel:
    """The account's e-mail channel; every account has one from the moment it is needed."""
    wanted = select(Channel).where(Channel.account_id == account.id, Channel.single == MAIL)
    found = session.scalar(wanted)
    if found is not None:
        return found
    made = Channel(account_id=account.id, kind=ChannelKind.EMAIL, single=MAIL, created_at=now)
    try:
        with session.begin_nested():
            session.add(made)
    except IntegrityError:
        return session.scalars(wanted).one()  # another transaction was faster
    return made


def open_to(session: Session, *, account: Account, now: datetime) -> list[Channel]:
    """The active channels by which the account is told."""
    mail_channel(session, account=account, now=now)
    mine = Channel.account_id == account.id
    if account.organization_id is not None:
        mine = or_(mine, Channel.organization_id == account.organization_id)
    wanted = select(Channel).where(mine, Channel.state == ChannelState.ACTIVE).order_by(Channel.id)
    return list(session.scalars(wanted))


def label(channel: Channel) -> str:
    """What people call the channel: its name, or the address that mail goes to."""
    if channel.name:
        return channel.name
    return channel.account.email if channel.account is not None else channel.kind.value
