"""What was done to a filing after it was filed: acts on the record, agreements between two accounts, openings."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.cases import Case
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing


class FilingAct(Base):
    """One act. ``parties`` are accounts by their part in it; the log entry has salted digests of them only."""

    __tablename__ = "filing_acts"
    __table_args__ = (UniqueConstraint("filing_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    position: Mapped[int]
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(32))
    parties: Mapped[dict[str, int]] = mapped_column(JSON)
    details: Mapped[dict[str, Any]] = mapped_column(JSON)
    salt: Mapped[str] = mapped_column(String(64))
    log_index: Mapped[int] = mapped_column(unique=True)

    filing: Mapped[Filing] = relationship()


class AgreementKind(StrEnum):
    TRANSFER = "transfer"
    LICENCE = "licence"


class AgreementState(StrEnum):
    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    ENDED = "ended"


class LicenceKind(StrEnum):
    """``SOLE``: the owner uses the design beside the licensee, nobody else does."""

    EXCLUSIVE = "exclusive"
    SOLE = "sole"
    ORDINARY = "ordinary"


class Agreement(Base):
    """A transfer or licence, from its offer on. It is offered to an address; ``taker`` is who answered for it.

    An accepted licence gives nothing before ``started_at``: its acceptance, or the beginning of its first day.
    """

    __tablename__ = "agreements"
    __table_args__ = (
        UniqueConstraint("giver_id", "request_key"),
        Index(
            "ix_agreements_one_transfer_waits",
            "filing_id",
            unique=True,
            sqlite_where=text("kind = 'transfer' AND state = 'offered'"),
            postgresql_where=text("kind = 'transfer' AND state = 'offered'"),
        ),
        Index("ix_agreements_due", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[AgreementKind] = mapped_column(enum_column(AgreementKind))
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), index=True)
    giver_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    taker_email: Mapped[str] = mapped_column(String(254), index=True)
    taker_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[AgreementState] = mapped_column(enum_column(AgreementState), default=AgreementState.OFFERED)
    message: Mapped[str] = mapped_column(Text, default="")
    licence_kind: Mapped[LicenceKind | None] = mapped_column(enum_column(LicenceKind))
    territory: Mapped[str] = mapped_column(String(200), default="")
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    shops: Mapped[str] = mapped_column(Text, default="")
    offered_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    request_key: Mapped[str] = mapped_column(String(64))
    row_version: Mapped[int] = mapped_column(default=1)

    filing: Mapped[Filing] = relationship(lazy="selectin")
    giver: Mapped[Account] = relationship(foreign_keys=giver_id, lazy="joined")
    taker: Mapped[Account | None] = relationship(foreign_keys=taker_id, lazy="joined")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class CaseOpening(Base):
    """A sealed filing was opened for one officer in one case; its act is in the log."""

    __tablename__ = "case_openings"
    __table_args__ = (UniqueConstraint("filing_id", "case_id", "officer_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    case_id: Mapped[int] = mapped_column(ForeignKey("cases.id"), index=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    reason: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[datetime]

    filing: Mapped[Filing] = relationship(lazy="selectin")
    case: Mapped[Case] = relationship(lazy="selectin")
    officer: Mapped[Account] = relationship(lazy="joined")
