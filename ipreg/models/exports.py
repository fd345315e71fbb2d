"""Copies of all that is kept about an account, made for it to download."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column


class ExportState(StrEnum):
    WAITING = "waiting"
    READY = "ready"
    FAILED = "failed"
    OVER = "over"


class DataExport(Base):
    """One ZIP. ``file`` is its name in the folder of exports, drawn at random."""

    __tablename__ = "data_exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    state: Mapped[ExportState] = mapped_column(enum_column(ExportState), default=ExportState.WAITING, index=True)
    file: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(default=0)
    requested_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")
