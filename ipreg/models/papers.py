"""What was issued about a filing."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.designs import Filing


class Certificate(Base):
    """The signed certificate of a version of a filing: issued once, kept under ``sha256``, the same ever after.

    That of a ``sealed`` filing does not show it; once the filing is open there is another that does. ``rights``
    says which public rights it names (``ipreg.rights.records.key_of``): after each change there is another.
    """

    __tablename__ = "certificates"
    __table_args__ = (UniqueConstraint("filing_id", "version", "sealed", "rights"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    filing_id: Mapped[int] = mapped_column(ForeignKey("filings.id"))
    version: Mapped[int] = mapped_column(default=1)
    sealed: Mapped[bool] = mapped_column(default=False)
    rights: Mapped[str] = mapped_column(String(64), default="", server_default="")
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    sm3: Mapped[str] = mapped_column(String(64), index=True)
    size: Mapped[int]
    issued_at: Mapped[datetime]

    filing: Mapped[Filing] = relationship(lazy="joined")
