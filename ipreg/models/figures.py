"""Figures that were counted ahead."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from ipreg.db import Base


class CountedFigures(Base):
    """The figures of one question (``key``); while they are waited for ``made_at`` is None, ``figures`` empty."""

    __tablename__ = "counted_figures"

    key: Mapped[str] = mapped_column(String(700), primary_key=True)
    looked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    figures: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
