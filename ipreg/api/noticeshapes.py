"""Notices over the wire, and where they are sent: webhooks, group robots, messaging services."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Paging, Shape

NewChannelKind = Literal[
    "webhook", "dingtalk", "wecom", "feishu", "serverchan", "pushdeer", "slack", "teams", "discord", "google_chat",
    "telegram", "pushover", "bark", "ntfy", "pushbullet",
]  # fmt: skip
ChannelKind = Literal["email", "webhook", "dingtalk", "wecom", "feishu", "apprise"]
ChannelState = Literal["active", "paused", "dead"]
Rhythm = Literal["immediate", "hourly", "daily", "weekly"]
TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Notice(Shape):
    """What the account was told: in a line, in further lines, and the page that it leads to."""

    id: int
    kind: str
    at: datetime
    read_at: datetime | None
    subject: str
    lines: list[str]
    link: str


class NoticesAsked(Paging):
    """Which notices."""

    unread: bool = Field(False, description=N_("Only those not read."))


class NoticesRead(Shape):
    """How many are left that were not read; counted up to a hundred."""

    unread: int


class Channel(Shape):
    """A way by which notices leave. `given_up`: how many could not be delivered; `fault`: what went wrong last.
    Its address and secret are kept encrypted and not shown again."""

    id: int
    kind: ChannelKind
    service: str
    name: str
    state: ChannelState
    shared: bool
    rhythm: Rhythm
    hour: int
    weekday: int
    quiet_from: str | None
    quiet_to: str | None
    given_up: int
    fault: str
    next_at: datetime | None
    created_at: datetime


class NewChannel(Asked):
    """`shared` makes it the enterprise's, which its owners may. `secret` is a robot's; a webhook gets one here."""

    kind: NewChannelKind
    name: str = Field(min_length=1, max_length=100)
    address: str = Field(min_length=1, max_length=2000)
    secret: str = Field("", max_length=200)
    shared: bool = False


class ChannelMade(Channel):
    """A new channel. `secret` signs a webhook's messages; it is shown this once, and null for other kinds."""

    secret: str | None


class ChannelTimes(Asked):
    """When it is used: at once or gathered; `hour` and `weekday` (0: Monday) are those of daily and weekly ones."""

    rhythm: Rhythm
    hour: int = Field(9, ge=0, le=23)
    weekday: int = Field(0, ge=0, le=6)
    quiet_from: str | None = Field(None, pattern=TIME, examples=["22:00"])
    quiet_to: str | None = Field(None, pattern=TIME, examples=["07:00"])
