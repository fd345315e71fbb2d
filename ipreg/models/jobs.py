"""The schedule's jobs as a person sees them, and who of several schedulers leads."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ipreg.db import Base
from ipreg.models.columns import enum_column


class JobResult(StrEnum):
    """``CUT``: the process that ran it ended in the midst of it."""

    DONE = "done"
    FAILED = "failed"
    CUT = "cut"


class JobState(Base):
    """One job. ``begun_at`` without a later ``ended_at`` is a run under way; ``result`` is that of the one before.

    ``wanted_at`` asks for a run now. ``done`` and ``total`` say how far the run is, where the job tells it.
    """

    __tablename__ = "job_states"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seconds: Mapped[int]
    paused: Mapped[bool] = mapped_column(default=False)
    wanted_at: Mapped[datetime | None]
    begun_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    took: Mapped[float | None]
    result: Mapped[JobResult | None] = mapped_column(enum_column(JobResult))
    fault: Mapped[str] = mapped_column(Text, default="")
    failed_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    done: Mapped[int | None]
    total: Mapped[int | None]

    @property
    def running(self) -> bool:
        return self.begun_at is not None and (self.ended_at is None or self.ended_at < self.begun_at)


class Lease(Base):
    """Who does what only one may do. ``beat`` grows as long as ``holder`` lives; the holder may be nobody."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(String(200), default="")
    beat: Mapped[int] = mapped_column(default=0)
    seen_at: Mapped[datetime]
