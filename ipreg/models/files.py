"""Stored bytes by digest, and the fingerprints of those that are pictures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipreg.db import Base


class StoredFile(Base):
    """One content, however often it is used. The bytes lie in the store under ``sha256`` (hex).

    Width and height in pixels; 0 where the file is no picture that we can read.
    """

    __tablename__ = "stored_files"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    sm3: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    media_type: Mapped[str] = mapped_column(String(100))
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[datetime]


class PictureFingerprint(Base):
    """The fingerprint of one stored picture by one algorithm; ``data`` is None where it has none (``fault``)."""

    __tablename__ = "picture_fingerprints"
    __table_args__ = (UniqueConstraint("sha256", "algorithm"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"))
    algorithm: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    fault: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
