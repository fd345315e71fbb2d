"""Listings on the market, their pictures, and the imports that brought them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.files import StoredFile


class ImportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class FeedImport(Base):
    """One feed that somebody handed in. ``done_rows`` moves with each row, so a killed import goes on there."""

    __tablename__ = "feed_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    folder: Mapped[str] = mapped_column(Text)
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState), default=ImportState.WAITING)
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    total_rows: Mapped[int] = mapped_column(default=0)
    done_rows: Mapped[int] = mapped_column(default=0)
    kept_rows: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")
    faults: Mapped[list[ImportFault]] = relationship(order_by="ImportFault.line")


class ImportFault(Base):
    """A row that was left out: its line in the file (the header is line 1), and why."""

    __tablename__ = "import_faults"
    __table_args__ = (UniqueConstraint("import_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("feed_imports.id"))
    line: Mapped[int]
    code: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Listing(Base):
    """An offer on a platform, known by the platform's own id for it."""

    __tablename__ = "listings"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(100))
    external_id: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(String(500))
    seller: Mapped[str] = mapped_column(String(200), default="")
    price: Mapped[str] = mapped_column(String(32), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("feed_imports.id"), index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]

    pictures: Mapped[list[ListingPicture]] = relationship(
        back_populates="listing", order_by="ListingPicture.position", lazy="selectin"
    )


class ListingPicture(Base):
    __tablename__ = "listing_pictures"
    __table_args__ = (UniqueConstraint("listing_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    position: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), index=True)
    source: Mapped[str] = mapped_column(Text, default="")
    compared_by: Mapped[str | None] = mapped_column(String(64), index=True)

    listing: Mapped[Listing] = relationship(back_populates="pictures", lazy="joined")
    file: Mapped[StoredFile] = relationship(lazy="joined")
