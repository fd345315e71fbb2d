"""One listing of an alert that is no copy, while the seller's others are: it is left out, and may be taken back in.

The same picture does not come back, with whatever seller; another picture of the listing may.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from ipreg.errors import ConflictError, MissingError
from ipreg.models import Account, Alert, AlertEvent, AlertMatch, AlertState, EventKind
from ipreg.warning.acting import require_current, require_decider
from ipreg.warning.raising import follow_lead, strength
from ipreg.warning.severity import weigh


def leave_out(
    session: Session, *, alert: Alert, match_id: int, account: Account, row_version: int | None, now: datetime
) -> None:
    """Dismisses this listing alone. Raises ``ConflictError`` where it is the only one, or the alert is decided."""
    held = _held(alert, match_id, account, row_version)
    if held.dismissed_at is not None:
        return
    if alert.listing_count < 2:
        raise ConflictError("listing_is_last")
    held.dismissed_at = now
    _settle(session, alert, held, EventKind.DISMISSED, account, now)


def take_in(
    session: Session, *, alert: Alert, match_id: int, account: Account, row_version: int | None, now: datetime
) -> None:
    """It is one of the alert's listings again."""
    held = _held(alert, match_id, account, row_version)
    if held.dismissed_at is None:
        return
    held.dismissed_at = None
    _settle(session, alert, held, EventKind.REOPENED, account, now)


def _held(alert: Alert, match_id: int, account: Account, row_version: int | None) -> AlertMatch:
    require_decider(account, alert)
    held = next((one for one in alert.matches if one.match_id == match_id), None)
    if held is None:
        raise MissingError("alert_missing")
    require_current(alert, row_version)
    if alert.state is not AlertState.OPEN:
        raise ConflictError("alert_already_decided", state=alert.state.value)
    return held


def _settle(
    session: Session, alert: Alert, held: AlertMatch, kind: EventKind, account: Account, now: datetime
) -> None:
    """The strongest of those that are left leads, and the figures are theirs."""
    left = [one for one in alert.matches if one.dismissed_at is None]
    alert.match = max((one.match for one in left), key=lambda one: strength(session, one))
    alert.listing_count, alert.changed_at = len(left), now
    session.add(AlertEvent(alert_id=alert.id, kind=kind, at=now, actor=account, match=held.match))
    follow_lead(session, alert)
    weigh(session, alert)
    session.flush()
