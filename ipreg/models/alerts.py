"""Alerts, and who receives them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.matches import Match


class AlertState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"


class DismissReason(StrEnum):
    MINE = "mine"
    LICENSED = "licensed"
    NOT_SIMILAR = "not_similar"
    OTHER = "other"


class Alert(Base):
    """A match that somebody should look at; one a match."""

    __tablename__ = "alerts"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), unique=True)
    state: Mapped[AlertState] = mapped_column(enum_column(AlertState), default=AlertState.OPEN, index=True)
    raised_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    dismiss_reason: Mapped[DismissReason | None] = mapped_column(enum_column(DismissReason))
    note: Mapped[str] = mapped_column(Text, default="")
    row_version: Mapped[int] = mapped_column(default=1)

    match: Mapped[Match] = relationship(lazy="joined")
    decided_by: Mapped[Account | None] = relationship(lazy="joined")
    recipients: Mapped[list[AlertRecipient]] = relationship(back_populates="alert", lazy="selectin")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class AlertRecipient(Base):
    """An account in whose inbox the alert lies."""

    __tablename__ = "alert_recipients"
    __table_args__ = (UniqueConstraint("alert_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    read_at: Mapped[datetime | None]

    alert: Mapped[Alert] = relationship(back_populates="recipients")
    account: Mapped[Account] = relationship(lazy="joined")
