"""Evidence captured when a match became an alert, and what people report of their own accord."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.alerts import Alert
from ipreg.models.columns import enum_column
from ipreg.models.listings import Listing


class CaptureState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"


class Capture(Base):
    """A listing's page as it was, once an alert and listing. ``log_index``: the entry that commits to its digests.

    FAILED: the page could not be had; what was held of the listing is committed to all the same, with the reason.
    """

    __tablename__ = "captures"
    __table_args__ = (
        Index("ix_captures_due", "state", "next_try_at"),
        UniqueConstraint("alert_id", "listing_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    address: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[CaptureState] = mapped_column(enum_column(CaptureState), default=CaptureState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    captured_at: Mapped[datetime | None]
    status: Mapped[int] = mapped_column(default=0)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    log_index: Mapped[int | None] = mapped_column(unique=True)

    alert: Mapped[Alert] = relationship(lazy="selectin")
    listing: Mapped[Listing] = relationship(lazy="selectin")
    files: Mapped[list[CaptureFile]] = relationship(order_by="CaptureFile.position", lazy="selectin")


class CaptureFile(Base):
    """One file of a capture, in the store under ``sha256``; ``address`` is where it came from, if from the web."""

    __tablename__ = "capture_files"
    __table_args__ = (UniqueConstraint("capture_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    capture_id: Mapped[int] = mapped_column(ForeignKey("captures.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(100))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    sm3: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    address: Mapped[str] = mapped_column(Text, default="")


class ReportState(StrEnum):
    WAITING = "waiting"
    KEPT = "kept"
    REFUSED = "refused"


class Report(Base):
    """An address or a picture that a person reported."""

    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    address: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(String(500), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[ReportState] = mapped_column(enum_column(ReportState), default=ReportState.WAITING, index=True)
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listings.id"))
    created_at: Mapped[datetime]

    account: Mapped[Account] = relationship(lazy="joined")
    listing: Mapped[Listing | None] = relationship(lazy="joined")
