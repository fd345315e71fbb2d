"""The figures of an owner's alerts, all counted by the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, case, cast, extract, func, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import Account, Alert, AlertState, Filing, Seller

WEEKS = 12
TOP = 8
# Shops of one name on two platforms are two.
_SELLER = func.nullif(Seller.name, "") + " · " + Seller.platform
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
    """Of the alerts that the account sees, raised in the last ``WEEKS`` weeks, which begin by its clock."""
    mondays = _mondays(now, account.time_zone)
    where = access.alerts_seen_by(session, account) & (Alert.raised_at >= _begins(mondays[0], account.time_zone))
    hours, within = _acting(session, where)
    return Figures(
        _weeks(session, where, mondays, account.time_zone),
        _named(session, Filing.title, Filing.id, _top(session, Alert.filing_id, where)),
        _named(session, _SELLER, Seller.id, _top(session, Alert.seller_id, where)),
        _top(session, Alert.platform, where & (Alert.platform != "")),
        {row[0].value: row[1] for row in _grouped(session, Alert.state, where)},
        hours,
        within,
        _value(session, where),
    )


def _grouped(session: Session, column: Any, where: Any) -> Any:
    return session.execute(select(column, func.count()).where(where).group_by(column))


def _mondays(now: datetime, zone: str) -> list[date]:
    """The first days of the weeks, the oldest first."""
    today = now.astimezone(ZoneInfo(zone)).date()
    return [today - timedelta(days=today.weekday(), weeks=WEEKS - 1 - n) for n in range(WEEKS)]


def _begins(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)


def _weeks(session: Session, where: Any, mondays: list[date], zone: str) -> list[tuple[date, int, int, int]]:
    # By the moments at which weeks begin: neither database knows the reader's days, and some have 23 or 25 hours.
    ends = [(Alert.raised_at < _begins(day, zone), n) for n, day in enumerate(mondays[1:])]
    week = case(*ends, else_=WEEKS - 1)
    counts: Counter[tuple[int, str]] = Counter()
    wanted = select(week, Alert.state, func.count()).where(where).group_by(week, Alert.state)
    for n, state, count in session.execute(wanted):
        counts[n, "all"] += count
        counts[n, state.value] += count
    return [
        (day, counts[n, "all"], counts[n, "confirmed"], counts[n, "dismissed"]) for n, day in enumerate(mondays)
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
