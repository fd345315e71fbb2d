"""Matches: a filed design seen again, in a listing or in a later filing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.columns import enum_column
from ipreg.models.designs import Filing, FilingView
from ipreg.models.listings import Listing, ListingPicture


class MatchKind(StrEnum):
    """What was recognised: the picture; the goods, in another picture; or goods of a similar design."""

    COPY = "copy"
    NEW_PHOTOGRAPH = "new_photograph"
    SIMILAR = "similar"


class Match(Base):
    """A filing and what looks like it: a listing, or somebody else's later filing. One row a pair.

    ``probability`` is that of the best pair of pictures (``view`` and ``picture`` or ``later_view``) and
    ``reason`` the evidence for it, as ``similarity.verdict.Reason.to_dict`` gives it. ``pairs`` are all pairs of
    pictures that were found. ``considered`` is false while what is new in it has not been looked at for alerts.
    ``kind``: whether the picture was copied or its goods were recognised; ``probability`` is that of just that.
    """

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("filing_id", "listing_id"),
        UniqueConstraint("filing_id", "later_filing_id"),
        Index("ix_matches_filing", "filing_id", "id"),
        CheckConstraint("(listing_id IS NULL) <> (later_filing_id IS NULL)", name="one_counterpart"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    view_id: Mapped[int] = mapped_column(ForeignKey("filing_views.id"))
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listings.id"), index=True)
    picture_id: Mapped[int | None] = mapped_column(ForeignKey("listing_pictures.id"))
    later_filing_id: Mapped[int | None] = mapped_column(ForeignKey("filings.id"), index=True)
    later_view_id: Mapped[int | None] = mapped_column(ForeignKey("filing_views.id"))
    probability: Mapped[float]
    reason: Mapped[dict[str, Any]] = mapped_column(JSON)
    algorithm: Mapped[str] = mapped_column(String(64))
    kind: Mapped[MatchKind] = mapped_column(
        enum_column(MatchKind), default=MatchKind.COPY, server_default=MatchKind.COPY.value
    )
    found_at: Mapped[datetime]
    considered: Mapped[bool] = mapped_column(default=False, server_default="0", index=True)

    filing: Mapped[Filing] = relationship(foreign_keys=filing_id, lazy="selectin")
    view: Mapped[FilingView] = relationship(foreign_keys=view_id, lazy="selectin")
    listing: Mapped[Listing | None] = relationship(lazy="selectin")
    picture: Mapped[ListingPicture | None] = relationship(lazy="selectin")
    later_filing: Mapped[Filing | None] = relationship(foreign_keys=later_filing_id, lazy="selectin")
    later_view: Mapped[FilingView | None] = relationship(foreign_keys=later_view_id, lazy="selectin")
    pairs: Mapped[list[MatchPair]] = relationship(order_by="MatchPair.probability.desc()", lazy="select")


class MatchPair(Base):
    """Two pictures of a match that look alike: a view of the design, and ``seen`` (SHA-256) on the other side."""

    __tablename__ = "match_pairs"
    __table_args__ = (UniqueConstraint("match_id", "view_id", "seen"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id"))
    view_id: Mapped[int] = mapped_column(ForeignKey("filing_views.id"))
    seen: Mapped[str] = mapped_column(String(64), index=True)
    probability: Mapped[float]
    found_at: Mapped[datetime]
