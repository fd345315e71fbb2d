"""Cases before the market regulator, and their history."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.alerts import Alert
from ipreg.models.columns import enum_column


class CaseState(StrEnum):
    FLAGGED = "flagged"
    UNDER_REVIEW = "under_review"
    DECIDED = "decided"


class CaseOutcome(StrEnum):
    INFRINGING = "infringing"
    NOT_INFRINGING = "not_infringing"
    INSUFFICIENT = "insufficient"


class Case(Base):
    """A suspected infringement in a regulator's hands. ``row_version`` makes the slower of two officers see it."""

    __tablename__ = "cases"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), unique=True)
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState), default=CaseState.FLAGGED, index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    outcome: Mapped[CaseOutcome | None] = mapped_column(enum_column(CaseOutcome))
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)

    alert: Mapped[Alert] = relationship(lazy="joined")
    officer: Mapped[Account | None] = relationship(lazy="joined")
    events: Mapped[list[CaseEvent]] = relationship(order_by="CaseEvent.position", lazy="selectin")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class CaseEvent(Base):
    """One step of a case: who did what, when. Its log entry makes a later change of this row visible."""

    __tablename__ = "case_events"
    __table_args__ = (UniqueConstraint("case_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    position: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    action: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    log_index: Mapped[int | None] = mapped_column(unique=True)

    actor: Mapped[Account] = relationship(lazy="joined")
