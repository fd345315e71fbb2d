"""How often something may be tried, counted in the database: all web processes count together."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ipreg.models import Attempt

LONGEST = timedelta(days=1)


def allow(session: Session, *, what: str, whom: str, most: int, within: timedelta, now: datetime) -> bool:
    """Notes a try of ``whom``; False where there were ``most`` of them ``within`` that time already."""
    if spent(session, what=what, whom=whom, most=most, within=within, now=now):
        return False
    note(session, what=what, whom=whom, now=now)
    return True


def spent(session: Session, *, what: str, whom: str, most: int, within: timedelta, now: datetime) -> bool:
    """Whether there were ``most`` tries ``within`` that time."""
    tried = select(func.count()).where(Attempt.key == _key(what, whom), Attempt.at > now - within)
    return (session.scalar(tried) or 0) >= most


def note(session: Session, *, what: str, whom: str, now: datetime) -> None:
    """One more try of ``whom``."""
    session.add(Attempt(key=_key(what, whom), at=now))
    session.flush()


def forget(session: Session, *, now: datetime) -> None:
    """Tries that no limit looks back to."""
    session.execute(delete(Attempt).where(Attempt.at < now - LONGEST))


def _key(what: str, whom: str) -> str:
    return hashlib.sha256(f"{what}:{whom}".encode()).hexdigest()
