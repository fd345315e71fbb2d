"""Figures of a large registry are counted ahead by a job, so that nobody waits at a page for seconds.

What was asked once is counted again as long as somebody looks at it. ``docs/statistics.md`` says how old a figure
may be; each page says when its figures were counted.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg import interest, jobtable
from ipreg.errors import MissingError
from ipreg.models import Alert, Case, CountedFigures, Filing, Industry
from ipreg.statistics import BEIJING, Asked, Figures, Median, Stage, Table

MANY = 5_000
"""So many filings, alerts and cases together are counted at once when somebody asks."""
FRESH, FRESH_WHEN_OVER = timedelta(minutes=10), timedelta(days=1)
"""After so long the figures of a period are counted again; of one that is over hardly a row changes."""
LOOKED_AT = timedelta(days=30)
MOST_WAITING, LONGEST_KEY = 200, 700
JOB = "figures"


def is_many(session: Session) -> bool:
    """Whether counting takes so long that it is done ahead."""
    rows = (
        session.scalar(select(func.count()).select_from(select(table.id).limit(MANY + 1).subquery())) or 0
        for table in (Case, Filing, Alert)
    )
    return sum(rows) > MANY


def kept(session: Session, *, asked: Asked, now: datetime) -> tuple[Figures, datetime] | None:
    """The figures and when they were counted; None where there are none, or too old ones (no job runs)."""
    row = session.get(CountedFigures, key_of(asked))
    if row is None or row.made_at is None:
        return None
    return (_read(asked, row.figures), row.made_at) if now - row.made_at <= 3 * _fresh(asked, now) else None


def not_looked_at(session: Session, *, asked: Asked, now: datetime) -> bool:
    """Whether it is news that somebody looks at them: it is noted once an hour at most."""
    return interest.is_news(session, CountedFigures, key_of(asked), now)


def looked_at(session: Session, *, asked: Asked, now: datetime) -> None:
    """They are looked at, so they are kept fresh."""
    interest.note(session, CountedFigures, key_of(asked), now)


def ask(session: Session, *, asked: Asked, now: datetime) -> bool:
    """Has the figures counted by the job; False where none is going to do it."""
    if len(key_of(asked)) > LONGEST_KEY:
        return False
    if session.get(CountedFigures, key_of(asked)) is None:
        waiting = select(func.count()).select_from(CountedFigures).where(CountedFigures.made_at.is_(None))
        if (session.scalar(waiting) or 0) >= MOST_WAITING:
            return False
        _add(session, key_of(asked), now)
    looked_at(session, asked=asked, now=now)
    if jobtable.keeper(session, now=now) is None:
        return False
    try:
        jobtable.ask(session, name=JOB, now=now)
    except MissingError:
        return False  # a scheduler of an older version
    session.flush()
    return True


def keep(session: Session, *, asked: Asked, found: Figures, now: datetime) -> None:
    """Keeps what was counted."""
    if len(key_of(asked)) > LONGEST_KEY:
        return
    row = session.get(CountedFigures, key_of(asked)) or _add(session, key_of(asked), now)
    if row is not None:
        row.made_at, row.figures = now, _written(found)
        session.flush()


def due(session: Session, *, now: datetime) -> list[Asked]:
    """What is to be counted, what is waited for first."""
    looked = CountedFigures.looked_at > now - LOOKED_AT
    old = or_(CountedFigures.made_at.is_(None), CountedFigures.made_at <= now - FRESH)
    rows = session.scalars(
        select(CountedFigures)
        .where(looked, old)
        .order_by(CountedFigures.made_at.is_not(None), CountedFigures.made_at)
    )
    found = [(one.made_at, asked_of(one.key)) for one in rows]
    return [asked for made_at, asked in found if made_at is None or made_at <= now - _fresh(asked, now)]


def forget(session: Session, *, now: datetime) -> None:
    """Removes what nobody looks at any more."""
    session.execute(delete(CountedFigures).where(CountedFigures.looked_at <= now - LOOKED_AT))


def key_of(asked: Asked) -> str:
    """What was asked, as text."""
    until = asked.until.isoformat() if asked.until else ""
    said = [asked.year, until, asked.industry or "", asked.district, asked.platform]
    return json.dumps(said, ensure_ascii=False)


def asked_of(key: str) -> Asked:
    """What ``key_of`` was given."""
    year, until, industry, district, platform = json.loads(key)
    return Asked(
        year,
        datetime.fromisoformat(until) if until else None,
        Industry(industry) if industry else None,
        district,
        platform,
    )


def _add(session: Session, key: str, now: datetime) -> CountedFigures | None:
    """A new row; None where somebody else was faster."""
    row = CountedFigures(key=key, looked_at=now)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        return session.get(CountedFigures, key)
    return row


def _fresh(asked: Asked, now: datetime) -> timedelta:
    over = asked.ends <= now.astimezone(BEIJING)
    return FRESH_WHEN_OVER if over else FRESH


def _written(found: Figures) -> dict[str, Any]:
    said = asdict(found)
    del said["asked"]
    return said


def _read(asked: Asked, kept: dict[str, Any]) -> Figures:
    tables = tuple(
        Table(one["figure"], one["dimension"], tuple((name, count) for name, count in one["rows"]))
        for one in kept["tables"]
    )
    return Figures(asked, tables, tuple(_stage(one) for one in kept["stages"]), kept["repeat_sellers"])


def _stage(kept: dict[str, Any]) -> Stage:
    tables = tuple(
        (dimension, tuple((value, Median(**median)) for value, median in rows))
        for dimension, rows in kept["tables"]
    )
    return Stage(kept["name"], Median(**kept["whole"]), tables)
