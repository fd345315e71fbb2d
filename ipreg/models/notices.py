"""Notices in people's inboxes, the channels they go out by, and the outbox that carries them there."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization
from ipreg.models.columns import enum_column


class ChannelKind(StrEnum):
    """``SERVICE``: one of ``ipreg.notify.services``, which the channel's ``service`` names."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    DINGTALK = "dingtalk"
    WECOM = "wecom"
    FEISHU = "feishu"
    SERVICE = "apprise"


class ChannelState(StrEnum):
    """``PAUSED`` by its owner; ``DEAD`` by us, after nothing could be delivered any more."""

    ACTIVE = "active"
    PAUSED = "paused"
    DEAD = "dead"


class Rhythm(StrEnum):
    IMMEDIATE = "immediate"
    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"


class DeliveryState(StrEnum):
    """``PARKED`` was given up and can be sent again; ``WITHDRAWN`` had nothing left that the recipient may see."""

    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"


class Notice(Base):
    """One thing that one account is told, once: the same ``key`` again is the same notice.

    ``kind`` names its words in ``ipreg.notify.kinds`` and ``values`` fills them; ``path`` is the page it leads to.
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("account_id", "key"),
        Index("ix_notices_inbox", "account_id", "read_at", "id"),
        Index("ix_notices_path", "account_id", "path"),
        Index("ix_notices_account", "account_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    kind: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    path: Mapped[str] = mapped_column(String(500))
    key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    read_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")


class Channel(Base):
    """A way to reach an account, or a whole organization (a group's robot): exactly one of both owns it.

    ``address`` and the secrets are encrypted (``ipreg.notify.sealed``); an account's e-mail channel has none, mail
    goes to the account's address. ``quiet_from`` to ``quiet_to`` are minutes of the day, None for no quiet hours,
    by the account's clock, or in ``time_zone`` where an organization owns it. ``hour`` (and ``weekday``, 0 is
    Monday) say when a digest goes out.
    """

    __tablename__ = "channels"
    __table_args__ = (
        CheckConstraint("(account_id IS NULL) <> (organization_id IS NULL)", name="one_owner"),
        # An account has one e-mail channel: ``single`` is "email" there and null elsewhere.
        UniqueConstraint("account_id", "single"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    kind: Mapped[ChannelKind] = mapped_column(enum_column(ChannelKind))
    single: Mapped[str | None] = mapped_column(String(16))
    service: Mapped[str] = mapped_column(String(16), default="", server_default="")
    name: Mapped[str] = mapped_column(String(100), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    secret: Mapped[str] = mapped_column(Text, default="")
    old_secret: Mapped[str] = mapped_column(Text, default="")
    old_secret_until: Mapped[datetime | None]
    locale: Mapped[str] = mapped_column(String(8), default="")
    rhythm: Mapped[Rhythm] = mapped_column(enum_column(Rhythm), default=Rhythm.IMMEDIATE)
    hour: Mapped[int] = mapped_column(default=9)
    weekday: Mapped[int] = mapped_column(default=0)
    quiet_from: Mapped[int | None]
    quiet_to: Mapped[int | None]
    time_zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    state: Mapped[ChannelState] = mapped_column(enum_column(ChannelState), default=ChannelState.ACTIVE)
    failures: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    account: Mapped[Account | None] = relationship(lazy="joined")
    organization: Mapped[Organization | None] = relationship(lazy="joined")


class Delivery(Base):
    """One message to one channel. ``message_id`` stays the same however often it is tried."""

    __tablename__ = "deliveries"
    __table_args__ = (Index("ix_deliveries_due", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"), index=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[DeliveryState] = mapped_column(enum_column(DeliveryState), default=DeliveryState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    give_up_at: Mapped[datetime]
    last_fault: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    channel: Mapped[Channel] = relationship(lazy="joined")


class Outgoing(Base):
    """The outbox: a notice that is to go by a channel, from ``due_at`` on; packed once a delivery holds it.

    Written with the notice. ``key`` is the notice's, so what several members are told reaches their group once.
    """

    __tablename__ = "outgoing_notices"
    __table_args__ = (
        UniqueConstraint("channel_id", "key"),
        Index("ix_outgoing_notices_due", "delivery_id", "channel_id", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id"))
    key: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id"))

    notice: Mapped[Notice] = relationship(lazy="joined")
    channel: Mapped[Channel] = relationship(lazy="select")
