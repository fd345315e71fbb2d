"""Stored bytes by digest, and the fingerprints of those that are pictures."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

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


class VaultKey(Base):
    """The key of one sealed filing's files, itself encrypted (``wrapped``) by the configured key ``wrapped_by``.

    Without ``wrapped`` nobody can read them any more. What is ``ended`` is removed from disk by a job (``swept``).
    """

    __tablename__ = "vault_keys"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    wrapped_by: Mapped[str] = mapped_column(String(16), index=True)
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    swept_at: Mapped[datetime | None]


class PictureFingerprint(Base):
    """The fingerprint of one stored picture by one algorithm; ``data`` is None where it has none (``fault``).

    With a ``vault_key`` the data are encrypted under it, as the picture is.
    """

    __tablename__ = "picture_fingerprints"
    __table_args__ = (UniqueConstraint("sha256", "algorithm"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("stored_files.sha256"))
    algorithm: Mapped[str] = mapped_column(String(64))
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    fault: Mapped[str | None] = mapped_column(String(64))
    vault_key_id: Mapped[int | None] = mapped_column(ForeignKey("vault_keys.id"), index=True)
    created_at: Mapped[datetime]

    vault_key: Mapped[VaultKey | None] = relationship(lazy="joined")
