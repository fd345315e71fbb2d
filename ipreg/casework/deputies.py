"""Who acts for whom today."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.models import Absence, Account
from ipreg.workdays import shanghai_day


def stands_in_for(session: Session, *, deputy: Account, now: datetime) -> list[int]:
    """Ids of the officers who are away today and whose deputy the account is."""
    today = shanghai_day(now)
    away = select(Absence.account_id).where(
        Absence.deputy_id == deputy.id, Absence.from_on <= today, Absence.until_on >= today
    )
    return list(session.scalars(away.distinct()))


def deputy_of(session: Session, *, account_id: int, now: datetime) -> Account | None:
    """Who acts for the officer today; None while he is there."""
    today = shanghai_day(now)
    away = select(Absence).where(
        Absence.account_id == account_id, Absence.from_on <= today, Absence.until_on >= today
    )
    found = session.scalar(away.limit(1))
    return found.deputy if found else None
