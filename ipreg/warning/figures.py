"""The figures of an owner's alerts, all counted by the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Integer, case, cast, extract, func, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import Account, Alert, AlertState, Filing, Seller

WEEKS = 12
TOP = 8
_HOURS = ((24, "day"), (72, "three_days"), (168, "week"))


@dataclass(frozen=True)
class Figures:
    """``weeks``: (Monday, raised, confirmed, dismissed); the tops: (name, alerts); ``value``: (currency, sum).

    ``hours``: the mean time from alert to decision; ``within``: how many were decided so soon.
    """

    weeks: list[tuple[date, int, int, int]]
    designs: list[tuple[str, int]]
    sellers: list[tuple[str, int]]
    platforms: list[tuple[str, int]]
    states: dict[str, int]
    hours: float | None
    within: dict[str, int]
    value: list[tuple[str, Decimal]]


def figures(session: Session, *, account: Account, now: datetime) -> Figures:
    """Of the alerts that the account sees, raised in the last ``WEEKS`` weeks."""
    monday = now.date() - timedelta(days=now.weekday(), weeks=WEEKS - 1)
    since = datetime(monday.year, monday.month, monday.day, tzinfo=now.tzinfo)
    where = access.alerts_seen_by(session, account) & (Alert.raised_at >= since)
    hours, within = _acting(session, where)
    return Figures(
        _weeks(session, where, monday),
        _named(session, Filing.title, Filing.id, _top(session, Alert.filing_id, where)),
        _named(session, Seller.name, Seller.id, _top(session, Alert.seller_id, where)),
        _top(session, Alert.platform, where & (Alert.platform != "")),
        {row[0].value: row[1] for row in _grouped(session, Alert.state, where)},
        hours,
        within,
        _value(session, where),
    )


def _grouped(session: Session, column: Any, where: Any) -> Any:
    return session.execute(select(column, func.count()).where(where).group_by(column))


def _weeks(session: Session, where: Any, monday: date) -> list[tuple[date, int, int, int]]:
    day = func.date(Alert.raised_at)
    wanted = select(day, Alert.state, func.count()).where(where).group_by(day, Alert.state)
    counts: Counter[tuple[int, str]] = Counter()
    for on, state, count in session.execute(wanted):
        week = (date.fromisoformat(str(on)) - monday).days // 7
        counts[week, "all"] += count
        counts[week, state.value] += count
    return [
        (monday + timedelta(weeks=n), counts[n, "all"], counts[n, "confirmed"], counts[n, "dismissed"])
        for n in range(WEEKS)
    ]


def _top(session: Session, column: Any, where: Any) -> list[tuple[Any, int]]:
    count = func.count()
    found = select(column, count).where(where, column.is_not(None)).group_by(column)
    return [(row[0], row[1]) for row in session.execute(found.order_by(count.desc(), column).limit(TOP))]


def _named(session: Session, name: Any, by: Any, top: list[tuple[Any, int]]) -> list[tuple[str, int]]:
    """Names only for those that are shown: to join them to all alerts takes as long as everything else."""
    names = {row[0]: row[1] for row in session.execute(select(by, name).where(by.in_([one for one, _ in top])))}
    return [(names.get(one) or "—", count) for one, count in top]


def _acting(session: Session, where: Any) -> tuple[float | None, dict[str, int]]:
    seconds = extract("epoch", Alert.decided_at) - extract("epoch", Alert.raised_at)
    decided = where & Alert.decided_at.is_not(None)
    mean = session.scalar(select(func.avg(cast(seconds, Integer))).where(decided))
    bucket = case(*((seconds <= 3600 * most, name) for most, name in _HOURS), else_="later")
    counts = {row[0]: row[1] for row in _grouped(session, bucket, decided)}
    within = {name: counts.get(name, 0) for name in (*(name for _, name in _HOURS), "later")}
    return (float(mean) / 3600 if mean is not None else None), within


def _value(session: Session, where: Any) -> list[tuple[str, Decimal]]:
    """At the asked prices of what is open or confirmed, by currency."""
    total = func.sum(Alert.price * Alert.listing_count)
    live = where & (Alert.state != AlertState.DISMISSED) & Alert.price.is_not(None)
    found = session.execute(
        select(Alert.currency, total).where(live).group_by(Alert.currency).order_by(total.desc())
    )
    return [(currency, Decimal(str(value))) for currency, value in found]
