"""What an operator wants to know of the registry at a glance: how much there is, how much waits, since when."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from ipreg import schema
from ipreg.models import (
    AuditHead,
    Delivery,
    FeedImport,
    Filing,
    FilingView,
    ImportState,
    Letter,
    LetterState,
    ListingPicture,
    LogCheckpoint,
    LogHead,
    LogTimeStamp,
    Match,
    Outgoing,
    PictureFingerprint,
    StampState,
)
from ipreg.runtime import Runtime

_ROOM = 512 * 2**20
"""Less than this on the disk, and nothing more is taken in."""
_WAITING: Mapping[str, tuple[Any, ColumnElement[bool]]] = {
    "imports": (FeedImport, FeedImport.state == ImportState.WAITING),
    "views_to_compare": (FilingView, FilingView.compared_by.is_(None)),
    "pictures_to_compare": (ListingPicture, ListingPicture.compared_by.is_(None)),
    "matches_to_consider": (Match, Match.considered.is_(False)),
    "notices_to_pack": (Outgoing, Outgoing.delivery_id.is_(None)),
    "letters": (Letter, Letter.state == LetterState.WAITING),
    "time_stamps": (LogTimeStamp, LogTimeStamp.state == StampState.WAITING),
}


@dataclass(frozen=True)
class Stock:
    """Counts, but for ``checkpoint_age``: seconds since the newest checkpoint was signed, None without one."""

    filings: int
    fingerprints: int
    log_entries: int
    log_uncovered: int
    checkpoint_age: float | None
    audit_rows: int
    waiting: Mapping[str, int] = field(default_factory=dict)
    deliveries: Mapping[str, int] = field(default_factory=dict)


def take(session: Session, *, now: datetime) -> Stock:
    """Counted by indexes only, so that it may be asked every few seconds."""
    size = session.scalar(select(LogHead.size)) or 0
    covered, signed_at = session.execute(
        select(LogCheckpoint.size, LogCheckpoint.signed_at).order_by(LogCheckpoint.size.desc()).limit(1)
    ).first() or (0, None)
    states = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state))
    return Stock(
        filings=session.scalar(select(func.max(Filing.id))) or 0,  # their numbers have no gaps
        fingerprints=session.scalar(select(func.count(PictureFingerprint.id))) or 0,
        log_entries=size,
        log_uncovered=size - covered,
        checkpoint_age=None if signed_at is None else (now - signed_at).total_seconds(),
        audit_rows=session.scalar(select(AuditHead.size)) or 0,
        waiting={
            name: session.scalar(select(func.count()).select_from(kind).where(which)) or 0
            for name, (kind, which) in _WAITING.items()
        },
        deliveries={state.value: count for state, count in states},
    )


def unready(runtime: Runtime) -> dict[str, str]:
    """What keeps this process from serving, by name; empty where it is ready. Says nothing that is a secret."""
    found = {}
    engine = runtime.sessions.kw["bind"]
    try:
        at = schema.revision(engine)
        # One that is newer is fine: for one release old and new processes run side by side.
        if at is None or at < schema.newest():
            found["schema"] = f"at {at or 'none'}, wanted {schema.newest()}"
    except DBAPIError:
        found["database"] = "no answer"
    try:
        if shutil.disk_usage(runtime.config.var).free < _ROOM:
            found["disk"] = "nearly full"
        if not os.access(runtime.config.var, os.W_OK):
            found["disk"] = "can't be written to"
    except OSError:
        found["disk"] = "not there"
    return found
