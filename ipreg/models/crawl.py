"""What the crawler knows: hosts and their manners, pages, and pictures by address."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipreg.db import Base
from ipreg.models.columns import enum_column


class PageState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"
    GONE = "gone"


class PictureState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    REFUSED = "refused"


class CrawlHost(Base):
    """A host (``scheme://name:port``): its robots.txt, and when it may be asked again.

    It is kept here and not in memory, so that a new process is as polite as the one before it.
    """

    __tablename__ = "crawl_hosts"

    origin: Mapped[str] = mapped_column(String(300), primary_key=True)
    robots: Mapped[str] = mapped_column(Text, default="")
    robots_status: Mapped[int] = mapped_column(default=0)
    robots_at: Mapped[datetime | None]
    not_before: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)


class CrawlPage(Base):
    """An address of a source. ``run_id`` is the last run that dealt with it: a run's queue is what it has not."""

    __tablename__ = "crawl_pages"
    __table_args__ = (
        UniqueConstraint("source_id", "address_key"),
        Index("ix_crawl_pages_queue", "source_id", "state", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    address: Mapped[str] = mapped_column(Text)
    address_key: Mapped[str] = mapped_column(String(64))
    origin: Mapped[str] = mapped_column(String(300))
    shape: Mapped[str] = mapped_column(String(200), default="")
    depth: Mapped[int] = mapped_column(default=0)
    state: Mapped[PageState] = mapped_column(enum_column(PageState), default=PageState.WAITING)
    run_id: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime | None]
    etag: Mapped[str] = mapped_column(String(300), default="")
    last_modified: Mapped[str] = mapped_column(String(100), default="")
    status: Mapped[int] = mapped_column(default=0)
    fetched_at: Mapped[datetime | None]
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listings.id"), index=True)


class RemotePicture(Base):
    """A picture's address: fetched once, however many listings show it."""

    __tablename__ = "remote_pictures"
    __table_args__ = (Index("ix_remote_pictures_due", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    address_key: Mapped[str] = mapped_column(String(64), unique=True)
    origin: Mapped[str] = mapped_column(String(300))
    state: Mapped[PictureState] = mapped_column(enum_column(PictureState), default=PictureState.WAITING)
    sha256: Mapped[str | None] = mapped_column(ForeignKey("stored_files.sha256"))
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime]


class ListingRemotePicture(Base):
    """That a listing shows the picture of an address, at ``position``."""

    __tablename__ = "listing_remote_pictures"
    __table_args__ = (UniqueConstraint("listing_id", "remote_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listings.id"))
    remote_id: Mapped[int] = mapped_column(ForeignKey("remote_pictures.id"), index=True)
    position: Mapped[int]
