"""What an owner watches, which sellers may offer his designs, and what his decisions have taught."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing, Industry

_OWNER = "(organization_id IS NULL) <> (account_id IS NULL)"


class WatchScope(StrEnum):
    """Which designs; of the watches on a design those with the narrowest scope count."""

    ALL = "all"
    INDUSTRY = "industry"
    FILINGS = "filings"


watch_filings = Table(
    "watch_filings",
    Base.metadata,
    Column("watch_id", ForeignKey("watches.id"), primary_key=True),
    Column("filing_id", ForeignKey("filings.id"), primary_key=True, index=True),
)
watch_recipients = Table(
    "watch_recipients",
    Base.metadata,
    Column("watch_id", ForeignKey("watches.id"), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), primary_key=True),
)


class Watch(Base):
    """What of an owner's designs is watched, and who is told. An owner without one has the standard watch.

    ``threshold`` None is the configured one. ``platforms`` and ``regions`` empty, prices None: all. Quiet hours are
    minutes of the day in ``zone``; from 22:00 until 7:00 is (1320, 420). ``recipients`` empty: all who may see.
    """

    __tablename__ = "watches"
    __table_args__ = (CheckConstraint(_OWNER, name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    scope: Mapped[WatchScope] = mapped_column(enum_column(WatchScope), default=WatchScope.ALL)
    industry: Mapped[Industry | None] = mapped_column(enum_column(Industry))
    active: Mapped[bool] = mapped_column(default=True)
    threshold: Mapped[float | None]
    look: Mapped[float | None]
    platforms: Mapped[list[str]] = mapped_column(JSON, default=list)
    regions: Mapped[list[str]] = mapped_column(JSON, default=list)
    least_price: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    most_price: Mapped[Decimal | None] = mapped_column(Numeric(18, 4))
    quiet_from: Mapped[int | None]
    quiet_until: Mapped[int | None]
    zone: Mapped[str] = mapped_column(String(64), default="Asia/Shanghai")
    created_at: Mapped[datetime]
    row_version: Mapped[int] = mapped_column(default=1)

    filings: Mapped[list[Filing]] = relationship(secondary=watch_filings, lazy="select")
    recipients: Mapped[list[Account]] = relationship(secondary=watch_recipients, lazy="selectin")

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012


class SellerTie(StrEnum):
    """What makes a seller's offers right."""

    LICENSED = "licensed"
    OWN = "own"


class SellerMark(StrEnum):
    """By what a seller is known."""

    SHOP = "shop"
    ADDRESS = "address"
    NAME = "name"


class AllowedSeller(Base):
    """A seller whose listings of a design, or (``filing`` None) of all of an owner's, do not alert.

    ``pattern`` is a shop id, or an address or name in which ``*`` stands for anything; ``platform`` empty: any.
    ``key`` digests owner, design, mark, platform and pattern: the same said twice is one row. What a licence allows
    (``agreement_id``) has rows of its own: they come with its first day, go with it, and follow the owner.
    """

    __tablename__ = "allowed_sellers"
    __table_args__ = (CheckConstraint(_OWNER, name="one_owner"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"), index=True)
    filing_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"), index=True)
    tie: Mapped[SellerTie] = mapped_column(enum_column(SellerTie), default=SellerTie.LICENSED)
    mark: Mapped[SellerMark] = mapped_column(enum_column(SellerMark))
    platform: Mapped[str] = mapped_column(String(100), default="")
    pattern: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(Text, default="")
    agreement_id: Mapped[int | None] = mapped_column(ForeignKey("agreements.id"), index=True)
    added_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    added_at: Mapped[datetime]

    filing: Mapped[Filing | None] = relationship(lazy="select")
    added_by: Mapped[Account] = relationship(foreign_keys=added_by_id, lazy="joined")


class CalibrationState(StrEnum):
    """``REFUSED`` was not better on the held-back decisions; ``RETIRED`` was followed or switched off."""

    ACTIVE = "active"
    RETIRED = "retired"
    REFUSED = "refused"


class Calibration(Base):
    """How an owner's decisions change the verdict's probability: weights of a logistic regression, and its trial.

    ``before`` and ``after`` hold the same figures on the same held-back decisions, without and with it.
    ``algorithm`` is the verdict whose probabilities it was made for; for others it does not hold.
    """

    __tablename__ = "calibrations"
    __table_args__ = (
        CheckConstraint(_OWNER, name="one_owner"),
        UniqueConstraint("organization_id", "version"),
        UniqueConstraint("account_id", "version"),
        Index("ix_calibrations_state", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    version: Mapped[int]
    algorithm: Mapped[str] = mapped_column(String(64))
    state: Mapped[CalibrationState] = mapped_column(enum_column(CalibrationState))
    weights: Mapped[dict[str, float]] = mapped_column(JSON)
    learnt_from: Mapped[int]
    held_back: Mapped[int]
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    newest_decision_at: Mapped[datetime]
    created_at: Mapped[datetime]
    switched_at: Mapped[datetime | None]
    switched_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))

    switched_by: Mapped[Account | None] = relationship(foreign_keys=switched_by_id, lazy="joined")
