"""Whether somebody still looks at figures that a job counts ahead: only while he does, they are counted again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from ipreg.models import AlertFigures, CountedFigures

NOTED_EVERY = timedelta(hours=1)
"""A look is noted so often at most: reading a page shall not write each time."""
Counted = TypeVar("Counted", AlertFigures, CountedFigures)


def is_news(session: Session, table: type[Counted], key: str, now: datetime) -> bool:
    """Whether a look at the figures of ``key`` is to be noted."""
    row = session.get(table, key)
    return row is not None and not timedelta(0) <= now - row.looked_at < NOTED_EVERY


def note(session: Session, table: type[Counted], key: str, now: datetime) -> None:
    """They are looked at, so they are kept up to date."""
    if is_news(session, table, key, now):
        session.get_one(table, key).looked_at = now
