"""A channel by which nothing arrives any more is switched off, and its owner told by another one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.models import Account, Channel, ChannelState, Delivery, Role
from ipreg.notify.channels import SETTINGS, label
from ipreg.notify.notices import tell
from ipreg.notify.outcome import value_of

IN_A_ROW = 3
"""So many messages refused for good, one after another, and a channel is dead."""


def note_failure(session: Session, *, delivery: Delivery, dead: bool, now: datetime) -> None:
    """A message was parked. With ``dead``, or after ``IN_A_ROW`` of them, the channel is switched off."""
    channel = delivery.channel
    channel.failures += 1
    if channel.state is not ChannelState.ACTIVE or not (dead or channel.failures >= IN_A_ROW):
        return
    channel.state = ChannelState.DEAD
    session.flush()  # what is told now must not go by this channel
    for account in _owners(session, channel):
        tell(
            session,
            account=account,
            kind="channel_dead",
            values={"channel": label(channel), "fault": value_of(channel.fault)},
            path=SETTINGS,
            key=f"channel-{channel.id}-dead-{delivery.id}",
            now=now,
        )


def _owners(session: Session, channel: Channel) -> list[Account]:
    if channel.account is not None:
        return [channel.account]
    wanted = select(Account).where(
        Account.organization_id == channel.organization_id, Account.role == Role.ENTERPRISE
    )
    return list(session.scalars(wanted))
