"""Filings: designs as they were pre-registered."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization
from ipreg.models.columns import WordList, enum_column
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


class RightKind(StrEnum):
    """What the applicant wants the design to become."""

    DESIGN_PATENT = "design_patent"
    COPYRIGHT = "copyright"
    TRADE_MARK = "trade_mark"
    TRADE_SECRET = "trade_secret"  # noqa: S105 - a right, no password


class Disclosure(StrEnum):
    """How the design was first shown. The first four after ``NONE`` are those of article 24 of the Patent Law."""

    NONE = "none"
    EMERGENCY = "emergency"
    RECOGNISED_EXHIBITION = "recognised_exhibition"
    PRESCRIBED_MEETING = "prescribed_meeting"
    AGAINST_WILL = "against_will"
    MARKETPLACE = "marketplace"
    EXHIBITION = "exhibition"
    SOCIAL_MEDIA = "social_media"
    PUBLICATION = "publication"
    OTHER = "other"


class Filing(Base):
    """A pre-registered design. ``manifest`` is the canonical JSON to which its log entry commits, in the form of
    ``manifest_version``. The applicant's names are those of the day of filing, whatever he is called later."""

    __tablename__ = "filings"
    __table_args__ = (UniqueConstraint("applicant_id", "request_key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(32), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    industry: Mapped[Industry] = mapped_column(enum_column(Industry))
    creator: Mapped[str] = mapped_column(Text)
    creators: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_on: Mapped[date]
    description: Mapped[str] = mapped_column(Text, default="")
    locarno_class: Mapped[str | None] = mapped_column(String(8), index=True)
    rights_wanted: Mapped[tuple[str, ...]] = mapped_column(WordList, default=())
    disclosure: Mapped[Disclosure | None] = mapped_column(enum_column(Disclosure))
    first_disclosed_on: Mapped[date | None]
    keywords: Mapped[tuple[str, ...]] = mapped_column(WordList, default=())
    materials: Mapped[tuple[str, ...]] = mapped_column(WordList, default=())
    colours: Mapped[tuple[str, ...]] = mapped_column(WordList, default=())
    district: Mapped[str] = mapped_column(String(100), default="")
    applicant_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    filed_at: Mapped[datetime]
    manifest: Mapped[str] = mapped_column(Text)
    manifest_version: Mapped[int]
    applicant_salt: Mapped[str] = mapped_column(String(64))
    applicant_name: Mapped[str] = mapped_column(String(200))
    applicant_email: Mapped[str] = mapped_column(String(254))
    organization_name: Mapped[str] = mapped_column(String(200), default="")
    log_index: Mapped[int | None] = mapped_column(unique=True)
    request_key: Mapped[str] = mapped_column(String(64))

    applicant: Mapped[Account] = relationship(lazy="joined")
    organization: Mapped[Organization | None] = relationship(lazy="joined")
    views: Mapped[list[FilingView]] = relationship(
        back_populates="filing", order_by="FilingView.position", lazy="selectin"
    )
    design_files: Mapped[list[DesignFile]] = relationship(
        back_populates="filing", order_by="DesignFile.position", lazy="selectin"
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


class DesignFile(Base):
    """A file of the designer's work that was filed with the views, as bytes: a layered picture, a ZIP, say."""

    __tablename__ = "design_files"
    __table_args__ = (UniqueConstraint("filing_id", "position"), UniqueConstraint("filing_id", "sha256"))

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    position: Mapped[int]
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), index=True)

    filing: Mapped[Filing] = relationship(back_populates="design_files")
    file: Mapped[StoredFile] = relationship(lazy="joined")
