"""Mail about an account itself, and invitations: to an address, which need not have an account."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization, OrganizationRole
from ipreg.models.columns import enum_column
from ipreg.models.credentials import OneTimeLink


class LetterState(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    GIVEN_UP = "given_up"


class Letter(Base):
    """The outbox of these mails. ``kind`` names the words (``ipreg.notify.letters``), ``values`` fill them."""

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_due", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    email: Mapped[str] = mapped_column(String(254))
    locale: Mapped[str] = mapped_column(String(8))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("one_time_links.id"))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[LetterState] = mapped_column(enum_column(LetterState), default=LetterState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_fault: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(index=True)
    sent_at: Mapped[datetime | None]

    link: Mapped[OneTimeLink | None] = relationship(lazy="joined")


class Invitation(Base):
    """Somebody is asked into an enterprise. It is open while its link is."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[OrganizationRole] = mapped_column(enum_column(OrganizationRole))
    invited_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    link_id: Mapped[int] = mapped_column(ForeignKey("one_time_links.id"), unique=True)
    created_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    organization: Mapped[Organization] = relationship(lazy="joined")
    invited_by: Mapped[Account] = relationship(lazy="joined", foreign_keys=[invited_by_id])
    link: Mapped[OneTimeLink] = relationship(lazy="joined")
