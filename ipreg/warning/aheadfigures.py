"""Figures of readers with very many alerts, counted ahead by a job: nobody waits for 200,000 to be counted."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg import access, interest
from ipreg.models import Account, Alert, AlertFigures
from ipreg.warning.figures import Figures, figures

MANY = 5_000
"""So many alerts are counted while the reader waits; of more, the figures are a few minutes old."""
FRESH = timedelta(minutes=5)
LOOKED_AT = timedelta(days=7)
"""So long after somebody looked they are counted again and again."""


def kept(session: Session, *, account: Account, now: datetime) -> tuple[Figures, datetime] | None:
    """What was counted ahead for the account, and when; None where that is not done."""
    found = session.get(AlertFigures, _key(session, account))
    if found is None or not timedelta(0) <= now - found.made_at <= 3 * FRESH:
        return None
    return _read(found.figures), found.made_at


def is_many(session: Session, *, account: Account) -> bool:
    """Whether the account sees so many alerts that they are counted ahead."""
    seen = select(Alert.id).where(access.alerts_seen_by(session, account)).limit(MANY + 1)
    return (session.scalar(select(func.count()).select_from(seen.subquery())) or 0) > MANY


def keep(session: Session, *, account: Account, found: Figures, looked: bool, now: datetime) -> None:
    """Keeps them for whoever sees the same alerts; ``looked``: somebody has just looked at them."""
    key = _key(session, account)
    row = session.get(AlertFigures, key)
    if row is None:
        row = AlertFigures(key=key, looked_at=now)
        session.add(row)
    row.account_id, row.made_at, row.figures = account.id, now, _written(found)
    if looked:
        row.looked_at = now
    session.flush()


def not_looked_at(session: Session, *, account: Account, now: datetime) -> bool:
    """Whether it is news that somebody looks at them: it is noted once an hour at most."""
    return interest.is_news(session, AlertFigures, _key(session, account), now)


def looked_at(session: Session, *, account: Account, now: datetime) -> None:
    """They are looked at, so they are kept up to date."""
    interest.note(session, AlertFigures, _key(session, account), now)


def due(session: Session, *, now: datetime) -> list[str]:
    """Keys of those to be counted again."""
    wanted = select(AlertFigures.key).where(
        AlertFigures.made_at <= now - FRESH, AlertFigures.looked_at > now - LOOKED_AT
    )
    return list(session.scalars(wanted.order_by(AlertFigures.made_at)))


def count_again(session: Session, *, key: str, now: datetime) -> tuple[Account, Figures] | None:
    """For whom, and the figures as they are now. Only reads."""
    row = session.get(AlertFigures, key)
    if row is None or _key(session, row.account) != key:
        return None
    return row.account, figures(session, account=row.account, now=now)


def _key(session: Session, account: Account) -> str:
    """Full members of an enterprise who have no alerts of their own elsewhere see the very same, in one zone."""
    theirs = account.organization_id is not None and account.organization_role in access.FULL_MEMBERS
    if theirs and not access.has_alerts_elsewhere(session, account):
        return f"organization:{account.organization_id} {account.time_zone}"
    return f"account:{account.id} {account.time_zone}"


def _written(found: Figures) -> dict[str, Any]:
    return {
        **asdict(found),
        "weeks": [[one[0].isoformat(), *one[1:]] for one in found.weeks],
        "value": [[currency, str(value)] for currency, value in found.value],
    }


def _read(kept: dict[str, Any]) -> Figures:
    pairs = {name: [(one[0], one[1]) for one in kept[name]] for name in ("designs", "sellers", "platforms")}
    return Figures(
        **{
            **kept,
            **pairs,
            "weeks": [(date.fromisoformat(one[0]), one[1], one[2], one[3]) for one in kept["weeks"]],
            "value": [(currency, Decimal(value)) for currency, value in kept["value"]],
        }
    )
