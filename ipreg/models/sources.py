"""Where listings come from by themselves, and each run of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ipreg.db import Base
from ipreg.models.accounts import Account
from ipreg.models.columns import enum_column


class SourceKind(StrEnum):
    FEED = "feed"
    PUSH = "push"
    CRAWL = "crawl"
    REPORT = "report"


class SourceState(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"


class RunState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Source(Base):
    """A source of listings. ``settings`` are what its owner chose, ``memory`` what it keeps between runs.

    A removed one stays as what its listings came from, and is seen and run no more.
    """

    __tablename__ = "sources"
    __table_args__ = (Index("ix_sources_due", "state", "next_run_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    kind: Mapped[SourceKind] = mapped_column(enum_column(SourceKind))
    name: Mapped[str] = mapped_column(String(200))
    state: Mapped[SourceState] = mapped_column(enum_column(SourceState), default=SourceState.ACTIVE)
    platform: Mapped[str] = mapped_column(String(100), default="")
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    memory: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    every_minutes: Mapped[int] = mapped_column(default=0)
    next_run_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]

    account: Mapped[Account] = relationship(lazy="joined")


class SourceRun(Base):
    """One run: ``found`` rows or pages, ``kept`` as listings, ``refused`` with a reason each."""

    __tablename__ = "source_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    state: Mapped[RunState] = mapped_column(enum_column(RunState), default=RunState.RUNNING, index=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    found: Mapped[int] = mapped_column(default=0)
    kept: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str | None] = mapped_column(String(64))
    fault_values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    detail: Mapped[str] = mapped_column(Text, default="")

    source: Mapped[Source] = relationship(lazy="joined")
