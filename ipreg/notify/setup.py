"""Setting channels up: adding, changing when they are used, new secrets, tests, and sending again."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.errors import CallerError, MissingError
from ipreg.models import (
    Account,
    Channel,
    ChannelKind,
    ChannelState,
    Delivery,
    DeliveryState,
    Notice,
    Outgoing,
    Rhythm,
)
from ipreg.notify import services
from ipreg.notify.channels import SETTINGS, label
from ipreg.notify.hooks import PREFIX
from ipreg.notify.packing import GIVE_UP_AFTER
from ipreg.notify.rhythm import due_at
from ipreg.notify.sealed import Sealer

MOST = 20
BOTH_SIGN = timedelta(hours=24)
"""So long the old secret signs beside the new one."""
ROBOTS: Mapping[ChannelKind, tuple[str, ...]] = {
    ChannelKind.DINGTALK: ("https://oapi.dingtalk.com/robot/send?",),
    ChannelKind.WECOM: ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?",),
    ChannelKind.FEISHU: (
        "https://open.feishu.cn/open-apis/bot/v2/hook/",
        "https://open.larksuite.com/open-apis/bot/v2/hook/",
    ),
}


def channels_of(session: Session, *, account: Account) -> list[Channel]:
    """What the account may set up: its own channels, and an owner's those of his organization."""
    mine = Channel.account_id == account.id
    if access.manages_organization(account) and account.organization_id is not None:
        mine = or_(mine, Channel.organization_id == account.organization_id)
    return list(session.scalars(select(Channel).where(mine).order_by(Channel.id)))


def get_channel(session: Session, *, channel_id: int, account: Account) -> Channel:
    """A channel that the account may set up; raises ``MissingError``."""
    channel = session.get(Channel, channel_id)
    if channel is not None and channel.account_id == account.id:
        return channel
    if channel is None or not access.manages_organization(account):
        raise MissingError("channel_missing")
    if channel.organization_id is None or channel.organization_id != account.organization_id:
        raise MissingError("channel_missing")
    return channel


def add_channel(
    session: Session,
    *,
    account: Account,
    sealer: Sealer,
    kind: ChannelKind,
    service: str = "",
    name: str,
    address: str,
    secret: str = "",
    shared: bool = False,
    any_host: bool = False,
    now: datetime,
) -> tuple[Channel, str]:
    """A new channel, and the secret to show once (a webhook's; empty for robots, whose owner has it already).

    ``shared`` makes it the organization's, which its owners may. Raises ``CallerError`` with the field at fault.
    """
    if len(channels_of(session, account=account)) >= MOST:
        raise CallerError("channels_too_many", most=MOST)
    name, address = " ".join(name.split())[:100], address.strip()
    if not name:
        raise CallerError("field_empty", field="name")
    _check_address(kind, service, address, any_host)
    if kind is ChannelKind.WEBHOOK:
        secret = new_secret()
    for_all = shared and access.manages_organization(account)
    channel = Channel(
        account_id=None if for_all else account.id,
        organization_id=account.organization_id if for_all else None,
        kind=kind,
        service=service,
        name=name,
        address=sealer.seal(address),
        secret=sealer.seal(secret.strip()),
        locale=account.locale,
        time_zone=account.time_zone,
        created_at=now,
    )
    session.add(channel)
    session.flush()
    return channel, secret if kind is ChannelKind.WEBHOOK else ""


def new_secret() -> str:
    """As Standard Webhooks writes it: 32 random bytes."""
    return PREFIX + b64encode(secrets.token_bytes(32)).decode("ascii")


def exchange_secret(session: Session, *, channel: Channel, sealer: Sealer, now: datetime) -> str:
    """A new secret, to show once; the old one signs beside it for ``BOTH_SIGN``."""
    if channel.kind is not ChannelKind.WEBHOOK:
        raise CallerError("channel_without_secret")
    made = new_secret()
    channel.old_secret, channel.old_secret_until = channel.secret, now + BOTH_SIGN
    channel.secret = sealer.seal(made)
    session.flush()
    return made


def change_times(
    session: Session,
    *,
    channel: Channel,
    rhythm: Rhythm,
    hour: int = 9,
    weekday: int = 0,
    quiet: tuple[int, int] | None = None,
    now: datetime,
) -> None:
    """When the channel is used; what waits already follows. ``quiet`` are two minutes of the day."""
    if not (0 <= hour < 24 and 0 <= weekday < 7):
        raise CallerError("choice_wrong", field="rhythm")
    channel.rhythm, channel.hour, channel.weekday = rhythm, hour, weekday
    channel.quiet_from, channel.quiet_to = quiet if quiet is not None else (None, None)
    unpacked = update(Outgoing).where(Outgoing.channel_id == channel.id, Outgoing.delivery_id.is_(None))
    session.execute(unpacked.values(due_at=due_at(channel, now)))
    session.flush()


def switch(session: Session, *, channel: Channel, on: bool) -> None:
    """Pauses a channel, or puts it to use again, a dead one too."""
    channel.state = ChannelState.ACTIVE if on else ChannelState.PAUSED
    channel.failures, channel.fault = 0, ""
    session.flush()


def count_parked(session: Session, *, channel: Channel) -> int:
    """How many messages to it were given up."""
    parked = select(func.count()).where(Delivery.channel_id == channel.id, Delivery.state == DeliveryState.PARKED)
    return session.scalar(parked) or 0


def send_again(session: Session, *, channel: Channel, now: datetime) -> None:
    """What was given up is tried anew, under the same ids."""
    switch(session, channel=channel, on=True)
    parked = update(Delivery).where(Delivery.channel_id == channel.id, Delivery.state == DeliveryState.PARKED)
    session.execute(
        parked.values(
            state=DeliveryState.WAITING, tries=0, next_try_at=now, give_up_at=now + GIVE_UP_AFTER, last_fault=""
        )
    )


def send_test(session: Session, *, channel: Channel, account: Account, now: datetime) -> None:
    """A test message by this channel alone, at once whatever its rhythm."""
    key = f"test-{channel.id}-{secrets.token_hex(6)}"
    notice = Notice(
        account=account, kind="channel_test", values={"name": label(channel)}, path=SETTINGS,
        key=key, created_at=now, read_at=now,
    )  # fmt: skip
    session.add(notice)
    session.flush()
    session.add(Outgoing(notice=notice, channel_id=channel.id, key=key, created_at=now, due_at=now))
    session.flush()


def _check_address(kind: ChannelKind, service: str, address: str, any_host: bool) -> None:
    if kind is ChannelKind.SERVICE and service in services.SERVICES:
        services.check(service, address)
        return
    if kind not in (ChannelKind.WEBHOOK, *ROBOTS):
        raise CallerError("choice_wrong", field="kind")
    if not address.startswith(("https://", "http://")) or len(address) > 2000 or len(address.split()) > 1:
        raise CallerError("address_wrong", field="address", address=address[:100])
    starts = ROBOTS.get(kind, ())
    if starts and not any_host and not address.startswith(starts):
        raise CallerError("robot_address_wrong", field="address", start=starts[0])
