"""What was issued about a filing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.designs import Filing


class Certificate(Base):
    """The signed certificate of a filing: issued once, kept in the store under ``sha256``, the same ever after."""

    __tablename__ = "certificates"

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"), unique=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    sm3: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    issued_at: Mapped[datetime]

    filing: Mapped[Filing] = relationship(lazy="joined")
