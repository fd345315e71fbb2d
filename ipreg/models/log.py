"""The transparency log: its entries, the hashes of its complete subtrees, its head, its checkpoints."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ipreg.db import Base
from ipreg.models.columns import enum_column


class LogEntry(Base):
    """One leaf. It commits to ``statement`` (canonical JSON) under ``salt``; only ``leaf`` is public."""

    __tablename__ = "log_entries"

    index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64), index=True)
    statement: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime]


class LogNode(Base):
    """The hash of a complete subtree over leaves [position << level, (position + 1) << level)."""

    __tablename__ = "log_nodes"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class LogHead(Base):
    """One row: how many leaves there are. It moves by compare-and-swap, so there are never two heads."""

    __tablename__ = "log_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    last_at: Mapped[datetime | None]


class LogCheckpoint(Base):
    """A signed tree head: ``note`` is what strangers get."""

    __tablename__ = "log_checkpoints"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]


class StampState(StrEnum):
    WAITING = "waiting"
    STAMPED = "stamped"
    SUPERSEDED = "superseded"


class LogTimeStamp(Base):
    """One authority's time stamp on one checkpoint, asked for until it is there.

    ``answer`` is the whole TimeStampResp (DER) over SHA-256 of the checkpoint's ``note``; ``certificates`` (PEM)
    are what it is checked with, kept as they were then. A waiting row is superseded by a newer checkpoint, which
    covers all that the older one does.
    """

    __tablename__ = "log_time_stamps"
    __table_args__ = (
        UniqueConstraint("size", "authority"),
        Index("ix_log_time_stamps_due", "state", "next_try_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoints.size"))
    authority: Mapped[str] = mapped_column(String(64))
    embedded: Mapped[bool]
    state: Mapped[StampState] = mapped_column(enum_column(StampState), default=StampState.WAITING)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_fault: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    gen_time: Mapped[datetime | None]
    serial: Mapped[str] = mapped_column(String(64), default="")
    policy: Mapped[str] = mapped_column(String(128), default="")
    signer: Mapped[str] = mapped_column(Text, default="")
    certificates: Mapped[str] = mapped_column(Text, default="")


class LogKey(Base):
    """One key of the log, from the first rotation on (before it there is the first key alone, and no row).

    ``key_id`` is the note's, in hex. The entries say in the log itself that the key came and that it went.
    """

    __tablename__ = "log_keys"

    key_id: Mapped[str] = mapped_column(String(8), primary_key=True)
    verifier_key: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]
    added_index: Mapped[int | None] = mapped_column(unique=True)
    retired_index: Mapped[int | None] = mapped_column(unique=True)


class LogWitness(Base):
    """What is known of a configured witness: the size it cosigned last, and when it is asked next."""

    __tablename__ = "log_witnesses"

    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    last_size: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    next_try_at: Mapped[datetime]
    last_fault: Mapped[str] = mapped_column(Text, default="")


class LogCosignature(Base):
    """A witness's signature line for one checkpoint."""

    __tablename__ = "log_cosignatures"
    __table_args__ = (UniqueConstraint("size", "witness"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(ForeignKey("log_checkpoints.size"))
    witness: Mapped[str] = mapped_column(String(255))
    line: Mapped[str] = mapped_column(Text)
    cosigned_at: Mapped[datetime]
