"""Listings on the market with their history and sellers, and the imports that brought them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column
from ipreg.models.files import StoredFile
from ipreg.models.sources import Source, SourceRun


class ImportState(StrEnum):
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class FeedImport(Base):
    """One feed that somebody handed in, or a source fetched (``run``).

    ``done_rows`` moves with each row, so a killed import goes on there. ``platform`` is for rows that name none;
    the same ``request_key`` of an account is the same import.
    """

    __tablename__ = "feed_imports"
    __table_args__ = (Index("ix_feed_imports_request", "account_id", "request_key", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"), index=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("source_runs.id"), index=True)
    filename: Mapped[str] = mapped_column(String(255))
    folder: Mapped[str] = mapped_column(Text)
    platform: Mapped[str] = mapped_column(String(100), default="", server_default="")
    request_key: Mapped[str | None] = mapped_column(String(128))
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState), default=ImportState.WAITING)
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    total_rows: Mapped[int] = mapped_column(default=0)
    done_rows: Mapped[int] = mapped_column(default=0)
    kept_rows: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")
    source: Mapped[Source | None] = relationship(lazy="joined")
    run: Mapped[SourceRun | None] = relationship(lazy="select")
    faults: Mapped[list[ImportFault]] = relationship(order_by="ImportFault.line")


class ImportFault(Base):
    """A row that was left out: its line in the file (the header is line 1), and why. ``again`` asks for a retry."""

    __tablename__ = "import_faults"
    __table_args__ = (UniqueConstraint("import_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("feed_imports.id"))
    line: Mapped[int]
    code: Mapped[str] = mapped_column(String(64))
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    again: Mapped[bool] = mapped_column(default=False, server_default="0")


class Seller(Base):
    """Who offers, on one platform: known by shop id, else by the shop's address, else by name (``key``).

    A shop whose pages name no seller is known by its host (``site:shop.example``).
    """

    __tablename__ = "sellers"
    __table_args__ = (UniqueConstraint("platform", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(300))
    name: Mapped[str] = mapped_column(String(200), default="", index=True)
    shop_id: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(Text, default="")
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class SellerLink(Base):
    """What somebody said of two shops: that they are one seller (``same``), or two. It counts in his ``office``.

    ``key`` is two shops in one office, and empty once it was taken back: one word stands on two shops at a time.
    """

    __tablename__ = "seller_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    office: Mapped[str] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(100), unique=True)
    one_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("sellers.id"), index=True)
    same: Mapped[bool]
    reason: Mapped[str] = mapped_column(Text, default="")
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    said_at: Mapped[datetime]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    undone_at: Mapped[datetime | None]

    one: Mapped[Seller] = relationship(foreign_keys=one_id, lazy="joined")
    other: Mapped[Seller] = relationship(foreign_keys=other_id, lazy="joined")
    account: Mapped[Account] = relationship(foreign_keys=account_id, lazy="joined")


class Listing(Base):
    """An offer on a platform, known by the platform's own id for it. ``gone_at`` is set while it is not there.

    Of the sources that bring it one leads (``led_by``, last at ``led_at``): what that one says of it counts.
    """

    __tablename__ = "listings"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(String(100))
    external_id: Mapped[str] = mapped_column(String(200))
    address: Mapped[str] = mapped_column(Text, default="")
    title: Mapped[str] = mapped_column(String(500), index=True)
    seller: Mapped[str] = mapped_column(String(200), default="")
    seller_id: Mapped[int | None] = mapped_column(ForeignKey("sellers.id"), index=True)
    price: Mapped[str] = mapped_column(String(32), default="")
    currency: Mapped[str] = mapped_column(String(3), default="")
    brand: Mapped[str] = mapped_column(String(200), default="", server_default="")
    availability: Mapped[str] = mapped_column(String(40), default="", server_default="")
    region: Mapped[str] = mapped_column(String(100), default="", server_default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("feed_imports.id"), index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"), index=True)
    led_by_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"), index=True)
    led_at: Mapped[datetime | None]
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]

    pictures: Mapped[list[ListingPicture]] = relationship(
        back_populates="listing", order_by="ListingPicture.position", lazy="selectin"
    )
    shop: Mapped[Seller | None] = relationship(lazy="select")
    changes: Mapped[list[ListingChange]] = relationship(order_by="ListingChange.id", lazy="select")


class ListingPicture(Base):
    """A picture of a listing. One that the listing no longer shows stays, with ``gone_at``: matches stand on it.

    ``shows``: SHA-256 of the first picture of all that are the same one, however compressed or resized; empty until
    it was looked for.
    """

    __tablename__ = "listing_pictures"
    __table_args__ = (UniqueConstraint("listing_id", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    position: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), index=True)
    source: Mapped[str] = mapped_column(Text, default="")
    compared_by: Mapped[str | None] = mapped_column(String(64), index=True)
    goods_by: Mapped[str | None] = mapped_column(String(64), index=True)
    shows: Mapped[str | None] = mapped_column(String(64), index=True)
    gone_at: Mapped[datetime | None]

    listing: Mapped[Listing] = relationship(back_populates="pictures", lazy="selectin")
    file: Mapped[StoredFile] = relationship(lazy="joined")


class FirstPicture(Base):
    """A listing's picture of which no same one was seen before: its perceptual hash, as a signed number."""

    __tablename__ = "first_pictures"

    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"), primary_key=True)
    hash: Mapped[int] = mapped_column(BigInteger)


class ChangeKind(StrEnum):
    """What of a listing changed."""

    TITLE = "title"
    PRICE = "price"
    SELLER = "seller"
    PICTURES = "pictures"
    GONE = "gone"
    BACK = "back"


class ListingChange(Base):
    """One change of a listing, as it was seen at ``at`` by a source in its run (by hand: neither); for pictures the
    values are SHA-256, joined by blanks.

    ``considered`` is false until the alerts of the listing have taken it up.
    """

    __tablename__ = "listing_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[ChangeKind] = mapped_column(enum_column(ChangeKind))
    before: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(Text, default="")
    considered: Mapped[bool] = mapped_column(default=False, server_default="0", index=True)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("source_runs.id"))

    source: Mapped[Source | None] = relationship(lazy="select")


class ListingSighting(Base):
    """That an account's sources brought the listing: it may see it."""

    __tablename__ = "listing_sightings"
    __table_args__ = (UniqueConstraint("listing_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
