"""How grave an alert is: a sum that can be read, from likeness, reach, price and what the seller did before."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from ipreg.models import Alert, AlertState, Case, CaseOutcome, MatchKind
from ipreg.warning.owners import owner_of

LEVELS = (("urgent", 70), ("high", 50), ("medium", 30), ("low", 0))
"""A level's name and the least figure that has it, the gravest first."""
# Points a piece, and the most that one reason may give.
_POINTS = {
    "listings": (3, 12),
    "sellers": (2, 10),
    "platforms": (4, 8),
    "infringing": (15, 30),
    "confirmed": (5, 10),
    "not_infringing": (-10, -20),
}
_VALUES = ((10_000, 10), (1_000, 6), (200, 3))


def level(severity: int) -> str:
    """The name of the figure's level."""
    return next(name for name, least in LEVELS if severity >= least)


def between(name: str) -> tuple[int, int]:
    """The least and the greatest figure of a level."""
    names = [one for one, _ in LEVELS]
    at = names.index(name)
    return LEVELS[at][1], LEVELS[at - 1][1] - 1 if at else 100


def weigh(session: Session, alert: Alert) -> None:
    """Sets severity and its reasons from what is known now. Only the owner's own alerts and cases count."""
    counts = {
        "listings": alert.listing_count - 1,
        **_reach(session, alert),
        **(_history(session, alert) if alert.seller_id is not None else {}),
    }
    reasons: list[dict[str, Any]] = [_likeness(alert)]
    for kind, (each, most) in _POINTS.items():
        count = counts.get(kind, 0)
        if count > 0:
            points = each * count
            reasons.append(_reason(kind, count, max(points, most) if each < 0 else min(points, most)))
    if value := _value(alert):
        reasons.append(value)
    alert.severity_reasons = reasons
    alert.severity = max(0, min(100, sum(one["points"] for one in reasons)))


def _likeness(alert: Alert) -> dict[str, Any]:
    """Goods that were recognised weigh half of a picture that was copied: it is less certain."""
    kind, most = ("likeness", 50) if alert.kind is MatchKind.COPY else ("goods", 25)
    return _reason(kind, round(alert.probability * 100), round(max(0.0, alert.probability - 0.5) * 2 * most))


def _reason(kind: str, count: int, points: int) -> dict[str, Any]:
    return {"kind": kind, "count": count, "points": points}


def _value(alert: Alert) -> dict[str, Any] | None:
    """What is at stake at the asked price; only for prices in yuan, since nothing here knows rates of exchange."""
    if alert.price is None or alert.currency not in ("", "CNY"):
        return None
    value = int(alert.price * alert.listing_count)
    points = next((points for least, points in _VALUES if value >= least), 0)
    return _reason("value", value, points) if points else None


def _reach(session: Session, alert: Alert) -> dict[str, int]:
    others = and_(
        Alert.filing_id == alert.filing_id,
        Alert.state != AlertState.DISMISSED,
        Alert.counterpart != alert.counterpart,
    )
    sellers = session.scalar(select(func.count(func.distinct(Alert.counterpart))).where(others)) or 0
    platforms = select(func.count(func.distinct(Alert.platform))).where(others, Alert.platform != alert.platform)
    return {"sellers": sellers, "platforms": session.scalar(platforms) or 0}


def _history(session: Session, alert: Alert) -> dict[str, int]:
    mine: ColumnElement[bool] = and_(
        Alert.seller_id == alert.seller_id, owner_of(alert.match.filing).alerted(), Alert.id != (alert.id or 0)
    )
    decided = select(Case.outcome, func.count()).join(Alert, Case.alert_id == Alert.id).where(mine)
    outcomes = {row[0]: row[1] for row in session.execute(decided.group_by(Case.outcome))}
    confirmed = select(func.count()).select_from(Alert).where(mine, Alert.state == AlertState.CONFIRMED)
    known = outcomes.get(CaseOutcome.INFRINGING, 0), outcomes.get(CaseOutcome.NOT_INFRINGING, 0)
    return {
        "infringing": known[0],
        "not_infringing": known[1],
        "confirmed": max(0, (session.scalar(confirmed) or 0) - sum(known)),
    }
