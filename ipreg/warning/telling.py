"""Who is due is told of his alert: a notice, written in the transaction that ticks him off."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import Alert, AlertEvent, AlertRecipient, AlertState, MatchKind, Notice
from ipreg.notify import notices
from ipreg.notify.likeness import match_values
from ipreg.warning.raising import first_key, shows_copy
from ipreg.warning.severity import level
from ipreg.warning.words import GRAVITIES, TOLD, event_values, event_words, money

N_ = str  # marks a text for extraction
BATCH = 1000
NEWS = 5
"""So many changes are told at most; the page has all."""


def due_recipients(session: Session, *, now: datetime) -> list[int]:
    """Ids of the recipients who are to be told now."""
    due = select(AlertRecipient.id).where(AlertRecipient.tell_at <= now)
    return list(session.scalars(due.order_by(AlertRecipient.id).limit(BATCH)))


def tell(session: Session, *, recipient_id: int, now: datetime) -> None:
    """The notice to one recipient; none where the alert was dismissed meanwhile, has no copied picture any more, or
    is no longer his to see."""
    recipient = session.get_one(AlertRecipient, recipient_id)
    alert = recipient.alert
    if recipient.tell_at is None:
        return
    recipient.tell_at = None
    if alert.state is AlertState.DISMISSED or not shows_copy(session, alert):
        return
    if not access.can_see_alert(recipient.account, alert):
        return
    said = {
        "account": recipient.account,
        "values": _values(session, recipient, alert),
        "path": f"/alerts/{alert.id}",
        "now": now,
    }
    led = alert.match.kind is MatchKind.COPY
    first = notices.tell(session, kind="alert" if led else "alert_changed", key=first_key(alert), **said)  # type: ignore[arg-type]
    if first is None and alert.evidence > 1:
        key = f"alert-{alert.id}-{alert.evidence}"
        notices.tell(session, kind="alert_changed", key=key, **said)  # type: ignore[arg-type]
    session.flush()


def _values(session: Session, recipient: AlertRecipient, alert: Alert) -> dict[str, Any]:
    """What is needed to act: what changed since he was told, how grave it is, what it costs, how much there is."""
    values = match_values(alert.match)
    news = [[N_("New"), {"say": event_words(one), "with": event_values(one)}] for one in _news(session, recipient)]
    more: list[list[Any]] = [[N_("Severity"), {"say": GRAVITIES[level(alert.severity)]}]]
    if alert.price is not None:
        more.append([N_("Price"), money(alert.price, alert.currency)])
    if alert.listing_count > 1:
        more.append([N_("Listings of this seller"), alert.listing_count])
    return {**values, "facts": [*news, *values["facts"], *more]}


def _news(session: Session, recipient: AlertRecipient) -> list[AlertEvent]:
    """What happened to the evidence since the last notice of this alert; nothing before the first one."""
    mine = Notice.account_id == recipient.account_id, Notice.path == f"/alerts/{recipient.alert_id}"
    last = session.scalar(select(func.max(Notice.created_at)).where(*mine))
    if last is None:
        return []
    wanted = select(AlertEvent).where(
        AlertEvent.alert_id == recipient.alert_id, AlertEvent.at > last, AlertEvent.kind.in_(TOLD)
    )
    return list(session.scalars(wanted.order_by(AlertEvent.id.desc()).limit(NEWS)))[::-1]
