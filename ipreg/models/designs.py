"""Filings: designs as they were pre-registered."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization
from ipreg.models.columns import enum_column
from ipreg.models.files import StoredFile


class Industry(StrEnum):
    """The nine industries of the action plan."""

    CLOTHING = "clothing"
    FURNITURE = "furniture"
    WATCHES = "watches"
    JEWELLERY = "jewellery"
    UNDERWEAR = "underwear"
    LEATHER = "leather"
    EYEWEAR = "eyewear"
    COSMETICS = "cosmetics"
    CRAFTS = "crafts"


class ViewKind(StrEnum):
    """The views in which a design is shown."""

    FRONT = "front"
    BACK = "back"
    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"
    PERSPECTIVE = "perspective"
    IN_USE = "in_use"
    DETAIL = "detail"


class Filing(Base):
    """A pre-registered design. ``manifest`` is the canonical JSON to which its log entry commits."""

    __tablename__ = "filings"
    __table_args__ = (UniqueConstraint("applicant_id", "request_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    industry: Mapped[Industry] = mapped_column(enum_column(Industry))
    creator: Mapped[str] = mapped_column(String(200))
    created_on: Mapped[date]
    description: Mapped[str] = mapped_column(Text, default="")
    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    filed_at: Mapped[datetime]
    manifest: Mapped[str] = mapped_column(Text)
    applicant_salt: Mapped[str] = mapped_column(String(64))
    log_index: Mapped[int | None] = mapped_column(unique=True)
    request_key: Mapped[str] = mapped_column(String(64))

    applicant: Mapped[Account] = relationship(lazy="joined")
    organization: Mapped[Organization | None] = relationship(lazy="joined")
    views: Mapped[list[FilingView]] = relationship(
        back_populates="filing", order_by="FilingView.position", lazy="selectin"
    )


class FilingView(Base):
    """One picture of a filing. ``compared_by`` names the algorithm that has compared it with everything."""

    __tablename__ = "filing_views"
    __table_args__ = (UniqueConstraint("filing_id", "position"), UniqueConstraint("filing_id", "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    position: Mapped[int]
    kind: Mapped[ViewKind] = mapped_column(enum_column(ViewKind))
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), index=True)
    compared_by: Mapped[str | None] = mapped_column(String(64), index=True)

    filing: Mapped[Filing] = relationship(back_populates="views", lazy="joined")
    file: Mapped[StoredFile] = relationship(lazy="joined")
