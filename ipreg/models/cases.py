"""Cases before the market regulator, their history, and the clocks that run over them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.alerts import Alert
from ipreg.models.columns import enum_column
from ipreg.models.designs import Industry
from ipreg.models.matches import Match


class CaseKind(StrEnum):
    LISTING = "listing"
    """An offer on the market that looks like a filed design."""
    CONFLICT = "conflict"
    """Two owners, near-identical filings."""


class CaseState(StrEnum):
    """Where a case stands; ``ipreg.casework.table`` says how it gets from one to another."""

    FLAGGED = "flagged"
    NOT_ACCEPTED = "not_accepted"
    ACCEPTED = "accepted"
    UNDER_REVIEW = "under_review"
    NOTICE_ISSUED = "notice_issued"
    AWAITING_RESPONSE = "awaiting_response"
    RESPONSE_RECEIVED = "response_received"
    NO_RESPONSE = "no_response"
    HEARING = "hearing"
    DECISION_PROPOSED = "decision_proposed"
    DECIDED = "decided"
    REMEDIES = "remedies"
    APPEALED = "appealed"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


class CaseOutcome(StrEnum):
    INFRINGING = "infringing"
    NOT_INFRINGING = "not_infringing"
    INSUFFICIENT = "insufficient"
    SETTLED = "settled"


class ClockKind(StrEnum):
    """What a clock counts; the periods are in ``ipreg.casework.law``."""

    ACCEPTANCE = "acceptance"
    HANDLING = "handling"
    RESPONSE = "response"
    REMEDY = "remedy"
    APPEAL = "appeal"
    REVIEW = "review"


class Case(Base):
    """A suspected infringement, or a conflict of two filings, in a regulator's hands.

    ``row_version`` makes the slower of two officers see it. What the queue filters and sorts by is kept in the row:
    ``rank_at`` is when the next clock ends, earlier for a grave case and a repeat seller.
    """

    __tablename__ = "cases"
    __table_args__ = (
        Index("ix_cases_queue", "rank_at", "id"),
        Index("ix_cases_state_rank", "state", "rank_at", "id"),
        Index("ix_cases_officer_state", "officer_id", "state", "rank_at", "id"),
        Index("ix_cases_due", "due_at"),
        Index("ix_cases_counted", "match_id", "id", "kind", "state", "officer_id", "due_at"),
        Index("ix_cases_opened", "opened_at"),
        Index("ix_cases_decided", "decided_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[CaseKind] = mapped_column(enum_column(CaseKind), default=CaseKind.LISTING)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), unique=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"), unique=True)
    state: Mapped[CaseState] = mapped_column(enum_column(CaseState), default=CaseState.FLAGGED)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    outcome: Mapped[CaseOutcome | None] = mapped_column(enum_column(CaseOutcome))
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    opened_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("cases.id"), index=True)
    severity: Mapped[int] = mapped_column(default=1)
    industry: Mapped[Industry] = mapped_column(enum_column(Industry), index=True)
    platform: Mapped[str] = mapped_column(String(100), default="", index=True)
    district: Mapped[str] = mapped_column(String(100), default="", index=True)
    right_kind: Mapped[str] = mapped_column(String(32), default="")
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    due_at: Mapped[datetime | None]
    rank_at: Mapped[datetime]
    documents_erased_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)

    alert: Mapped[Alert | None] = relationship(lazy="select")
    match: Mapped[Match] = relationship(lazy="selectin")
    officer: Mapped[Account | None] = relationship(foreign_keys=officer_id, lazy="joined")
    changed_by: Mapped[Account | None] = relationship(foreign_keys=changed_by_id, lazy="select")
    merged_into: Mapped[Case | None] = relationship(remote_side=id, lazy="select")
    events: Mapped[list[CaseEvent]] = relationship(order_by="CaseEvent.position", lazy="selectin")
    clocks: Mapped[list[CaseClock]] = relationship(back_populates="case", order_by="CaseClock.id", lazy="selectin")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class CaseEvent(Base):
    """One step of a case: who did what, when. Its log entry makes a later change of this row visible.

    ``actor`` is None where no account acted: then ``part`` and ``actor_name`` say who (the system, a respondent by
    his link). ``details`` are the values of the step: outcome, documents with digests, days of a clock. ``form`` is
    the format of the log entry: before 3 it named people by the address that they sign in with.
    """

    __tablename__ = "case_events"
    __table_args__ = (
        UniqueConstraint("case_id", "position"),
        Index("ix_case_events_action", "action", "case_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    position: Mapped[int]
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    actor_name: Mapped[str] = mapped_column(String(200), default="", server_default="")
    part: Mapped[str] = mapped_column(String(16), default="", server_default="")
    action: Mapped[str] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, default="")
    form: Mapped[int] = mapped_column(SmallInteger, default=3, server_default="2")
    details: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    log_index: Mapped[int | None] = mapped_column(unique=True)

    actor: Mapped[Account | None] = relationship(lazy="joined")

    @property
    def who(self) -> str:
        """What the log entry calls him: the account's name at that time, before format 3 its address; or the name
        of whom acted without an account."""
        return self.actor.known_as(self.at)[self.form < 3] if self.actor else self.actor_name

    @property
    def name(self) -> str:
        """Who acted, for people."""
        return self.actor.name if self.actor else self.actor_name


class CaseClock(Base):
    """A deadline that counts itself: ``days_left`` days (working days or calendar days) after ``counted_from``.

    Days are those of Shanghai. While it is paused ``due_on`` and ``due_at`` are None and ``days_left`` is what will
    be left when it goes on. ``provisional`` where the working days of the year it ends in are not published yet.
    """

    __tablename__ = "case_clocks"
    __table_args__ = (
        Index("ix_case_clocks_running", "stopped_at", "due_at"),
        Index("ix_case_clocks_case_kind", "case_id", "kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"))
    kind: Mapped[ClockKind] = mapped_column(enum_column(ClockKind))
    rule: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[datetime]
    counted_from: Mapped[date]
    days_left: Mapped[int]
    due_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    provisional: Mapped[bool] = mapped_column(default=False)
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str] = mapped_column(Text, default="")
    extended_days: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    expired_told_at: Mapped[datetime | None]
    escalated_at: Mapped[datetime | None]

    case: Mapped[Case] = relationship(back_populates="clocks")
