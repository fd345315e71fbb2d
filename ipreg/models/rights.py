"""What a filing became: rights and applications for them, and when to look at its clocks again."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing
from ipreg.models.files import StoredFile


class ObtainedKind(StrEnum):
    """What a filing can become at an office."""

    DESIGN_PATENT = "design_patent"
    COPYRIGHT = "copyright"
    TRADE_MARK = "trade_mark"
    FOREIGN_DESIGN = "foreign_design"
    HAGUE = "hague"


class RightRecord(Base):
    """A right, or an application for one, as its owner recorded it. What is wrong is retracted, never changed."""

    __tablename__ = "right_records"
    __table_args__ = (UniqueConstraint("filing_id", "request_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), index=True)
    kind: Mapped[ObtainedKind] = mapped_column(enum_column(ObtainedKind))
    number: Mapped[str] = mapped_column(String(64))
    office: Mapped[str] = mapped_column(String(100), default="")
    applied_on: Mapped[date]
    granted_on: Mapped[date | None]
    document_sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_files.sha256"), index=True)
    document_name: Mapped[str] = mapped_column(String(255), default="")
    public: Mapped[bool] = mapped_column(default=False)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    request_key: Mapped[str] = mapped_column(String(64))
    recorded_at: Mapped[datetime]
    log_index: Mapped[int | None] = mapped_column(unique=True)
    retracted_at: Mapped[datetime | None]
    retracted_index: Mapped[int | None] = mapped_column(unique=True)

    filing: Mapped[Filing] = relationship()
    account: Mapped[Account] = relationship()
    document: Mapped[StoredFile | None] = relationship(lazy="joined")


class RightsDiary(Base):
    """One row a filing: when its clocks are looked at again for a reminder (None: nothing runs)."""

    __tablename__ = "rights_diary"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), primary_key=True)
    look_on: Mapped[date | None] = mapped_column(index=True)


class PackageText(Base):
    """What the applicant wrote for the packages of a filing (JSON), kept for the next time."""

    __tablename__ = "package_texts"

    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), primary_key=True)
    texts: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[datetime]


class QuietReminders(Base):
    """An account that wants no reminders of clocks."""

    __tablename__ = "quiet_reminders"

    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), primary_key=True)
    since: Mapped[datetime]
