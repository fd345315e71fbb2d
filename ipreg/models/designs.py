"""Filings: designs as they were pre-registered."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account, Organization
from ipreg.models.columns import WordList, enum_column
from ipreg.models.files import StoredFile, VaultKey


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


class FilingState(StrEnum):
    """``SEALED``: the files are encrypted and only the owner sees them. ``WITHDRAWN``: a tombstone is left."""

    OPEN = "open"
    SEALED = "sealed"
    WITHDRAWN = "withdrawn"


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
    """A pre-registered design, as its newest version has it; ``filed_at`` is when the first was filed.

    ``manifest`` is the canonical JSON to which the newest version's log entry commits, in the form of
    ``manifest_version``. ``applicant`` is for ever who filed it, named as on that day; ``owner`` whose it is now.
    With a ``vault_key`` its files lie encrypted under that key.
    """

    __tablename__ = "filings"
    __table_args__ = (
        UniqueConstraint("applicant_id", "request_key"),
        Index("ix_filings_filed", "filed_at"),
        Index("ix_filings_owner", "owner_id", "id"),
        Index("ix_filings_owner_organization", "owner_organization_id", "id"),
    )

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
    state: Mapped[FilingState] = mapped_column(enum_column(FilingState), default=FilingState.OPEN, index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    owner_organization_id: Mapped[int | None] = mapped_column(ForeignKey("organizations.id"))
    vault_key_id: Mapped[int | None] = mapped_column(ForeignKey("vault_keys.id"), unique=True)
    opens_at: Mapped[datetime | None] = mapped_column(index=True)
    amended_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    files_destroyed_at: Mapped[datetime | None]
    row_version: Mapped[int] = mapped_column(default=1)

    applicant: Mapped[Account] = relationship(foreign_keys=applicant_id, lazy="joined")
    organization: Mapped[Organization | None] = relationship(foreign_keys=organization_id, lazy="joined")
    owner: Mapped[Account] = relationship(foreign_keys=owner_id, lazy="joined")
    owner_organization: Mapped[Organization | None] = relationship(
        foreign_keys=owner_organization_id, lazy="joined"
    )
    vault_key: Mapped[VaultKey | None] = relationship(lazy="joined")
    views: Mapped[list[FilingView]] = relationship(
        primaryjoin="and_(FilingView.filing_id == Filing.id, FilingView.version == Filing.version)",
        viewonly=True,
        order_by="FilingView.position",
        lazy="selectin",
    )
    design_files: Mapped[list[DesignFile]] = relationship(
        primaryjoin="and_(DesignFile.filing_id == Filing.id, DesignFile.version == Filing.version)",
        viewonly=True,
        order_by="DesignFile.position",
        lazy="selectin",
    )
    versions: Mapped[list[FilingVersion]] = relationship(
        back_populates="filing", order_by="FilingVersion.version", lazy="select"
    )

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012

    @property
    def told_title(self) -> str:
        """What notices call it, which leave by mail: its number while it is sealed."""
        return self.title if self.vault_key_id is None else self.number


class FilingView(Base):
    """One picture of one version. ``compared_by`` names the algorithm that has compared it with everything,
    ``goods_by`` the one that has compared what it shows."""

    __tablename__ = "filing_views"
    __table_args__ = (
        UniqueConstraint("filing_id", "version", "position"),
        UniqueConstraint("filing_id", "version", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    version: Mapped[int] = mapped_column(default=1)
    position: Mapped[int]
    kind: Mapped[ViewKind] = mapped_column(enum_column(ViewKind))
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), index=True)
    compared_by: Mapped[str | None] = mapped_column(String(64), index=True)
    goods_by: Mapped[str | None] = mapped_column(String(64), index=True)

    filing: Mapped[Filing] = relationship(lazy="selectin")
    file: Mapped[StoredFile] = relationship(lazy="joined")


class DesignFile(Base):
    """A file of the designer's work that was filed with the views, as bytes: a layered picture, a ZIP, say."""

    __tablename__ = "design_files"
    __table_args__ = (
        UniqueConstraint("filing_id", "version", "position"),
        UniqueConstraint("filing_id", "version", "sha256"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    version: Mapped[int] = mapped_column(default=1)
    position: Mapped[int]
    filename: Mapped[str] = mapped_column(String(255))
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), index=True)

    filing: Mapped[Filing] = relationship()
    file: Mapped[StoredFile] = relationship(lazy="joined")


class FilingVersion(Base):
    """What was filed as one version, never changed: its manifest says everything, and names the one before it."""

    __tablename__ = "filing_versions"
    __table_args__ = (
        UniqueConstraint("filing_id", "version"),
        UniqueConstraint("filing_id", "request_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    version: Mapped[int]
    filed_at: Mapped[datetime]
    filed_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    manifest: Mapped[str] = mapped_column(Text)
    log_index: Mapped[int] = mapped_column(unique=True)
    request_key: Mapped[str] = mapped_column(String(64))

    filing: Mapped[Filing] = relationship(back_populates="versions")
    filed_by: Mapped[Account] = relationship(lazy="joined")
