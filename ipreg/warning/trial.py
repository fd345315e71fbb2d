"""Thresholds tried on what has been: how many alerts there would have been, and how many of them false."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from ipreg.models import Alert, AlertMatch, AlertState, DismissReason, Filing, Match, MatchKind
from ipreg.warning.owners import Owner

THRESHOLDS = (0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99)


@dataclass(frozen=True)
class Tried:
    """``unseen`` are matches that did not alert at the time, so nobody has said whether they are true."""

    threshold: float
    alerts: int
    confirmed: int
    false: int
    unseen: int


def try_thresholds(session: Session, owner: Owner) -> list[Tried]:
    """Each of ``THRESHOLDS`` on all of the owner's copied pictures so far, counted by the database."""
    false = (Alert.state == AlertState.DISMISSED) & (Alert.dismiss_reason == DismissReason.NOT_SIMILAR)
    columns = []
    for threshold in THRESHOLDS:
        above = Alert.probability >= threshold
        for which in (above, above & (Alert.state == AlertState.CONFIRMED), above & false):
            columns.append(func.coalesce(func.sum(case((which, 1), else_=0)), 0))
    alerts = session.execute(select(*columns).where(owner.alerted(), Alert.kind == MatchKind.COPY)).one()
    held = select(AlertMatch.id).where(AlertMatch.match_id == Match.id)
    more = [func.coalesce(func.sum(case((Match.probability >= one, 1), else_=0)), 0) for one in THRESHOLDS]
    unseen = session.execute(
        select(*more)
        .join(Filing, Match.filing_id == Filing.id)
        .where(owner.filed(), Match.kind == MatchKind.COPY, ~held.exists())
    ).one()
    return [
        Tried(threshold, int(alerts[3 * at]), int(alerts[3 * at + 1]), int(alerts[3 * at + 2]), int(unseen[at]))
        for at, threshold in enumerate(THRESHOLDS)
    ]
