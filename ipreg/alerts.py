"""Matches above the threshold become alerts: raised once, told to those concerned, confirmed or dismissed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ipreg import access, cases
from ipreg.errors import ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    Alert,
    AlertRecipient,
    AlertState,
    Case,
    DismissReason,
    Filing,
    Listing,
    Match,
    Role,
)
from ipreg.notify import notices
from ipreg.notify.likeness import match_values


def matches_without_alert(session: Session, *, threshold: float, old_after: timedelta | None = None) -> list[int]:
    """Ids of the matches of at least ``threshold`` that nobody has been told of, oldest first.

    With ``old_after``, not those of listings that nobody had seen for so long when the match was found.
    """
    told = select(Alert.id).where(Alert.match_id == Match.id).exists()
    wanted = select(Match.id, Match.found_at, Listing.last_seen_at).outerjoin(
        Listing, Match.listing_id == Listing.id
    )
    found = session.execute(wanted.where(Match.probability >= threshold, ~told).order_by(Match.id))
    return [
        match_id
        for match_id, found_at, seen_at in found
        if old_after is None or seen_at is None or found_at - seen_at <= old_after
    ]


def raise_alert(session: Session, *, match: Match, now: datetime) -> Alert:
    """Tells the designer and the enterprise of a match: in their inboxes, and by a notice each."""
    alert = Alert(match=match, state=AlertState.OPEN, raised_at=now)
    session.add(alert)
    session.flush()
    for account in _concerned(session, match.filing):
        alert.recipients.append(AlertRecipient(account=account))
        notices.tell(
            session,
            account=account,
            kind="alert",
            values=match_values(match),
            path=f"/alerts/{alert.id}",
            key=f"alert-{alert.id}",
            now=now,
        )
    session.flush()
    return alert


def inbox(
    session: Session,
    *,
    account: Account,
    state: AlertState | None = AlertState.OPEN,
    limit: int = 50,
    offset: int = 0,
) -> list[Alert]:
    """The account's alerts, most probable first, then newest."""
    wanted = (
        select(Alert)
        .join(AlertRecipient)
        .join(Match, Alert.match_id == Match.id)
        .where(AlertRecipient.account_id == account.id)
        .order_by(Match.probability.desc(), Alert.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(session.scalars(wanted if state is None else wanted.where(Alert.state == state)).unique())


def count_open(session: Session, account: Account) -> int:
    """How many alerts wait in the account's inbox."""
    waiting = (
        select(func.count())
        .select_from(AlertRecipient)
        .join(Alert)
        .where(AlertRecipient.account_id == account.id, Alert.state == AlertState.OPEN)
    )
    return session.scalar(waiting) or 0


def get_alert(session: Session, *, alert_id: int, account: Account, now: datetime | None = None) -> Alert:
    """The alert, if the account may see it (``MissingError`` otherwise); with ``now`` it counts as read."""
    alert = session.get(Alert, alert_id)
    if alert is None or not access.can_see_alert(account, alert):
        raise MissingError("alert_missing")
    for recipient in alert.recipients:
        if now is not None and recipient.account_id == account.id and recipient.read_at is None:
            recipient.read_at = now
    session.flush()
    return alert


def confirm(session: Session, *, alert: Alert, account: Account, note: str = "", now: datetime) -> Case:
    """The alert is true: it becomes a case in the regulator's queue. Confirmed again, it is the same case."""
    _require_decider(account, alert)
    if alert.state is AlertState.CONFIRMED:
        return cases.case_of_alert(session, alert)
    _decide(session, alert, account, AlertState.CONFIRMED, None, note, now)
    return cases.open_case(session, alert=alert, account=account, note=note, now=now)


def dismiss(
    session: Session,
    *,
    alert: Alert,
    account: Account,
    reason: DismissReason,
    note: str = "",
    now: datetime,
) -> Alert:
    """The alert is not acted on, for a reason."""
    _require_decider(account, alert)
    if alert.state is AlertState.DISMISSED and alert.dismiss_reason is reason:
        return alert
    _decide(session, alert, account, AlertState.DISMISSED, reason, note, now)
    return alert


def reopen(session: Session, *, alert: Alert, account: Account) -> Alert:
    """Takes a dismissal back."""
    _require_decider(account, alert)
    if alert.state is not AlertState.DISMISSED:
        raise ConflictError("alert_not_dismissed")
    alert.state, alert.dismiss_reason, alert.note = AlertState.OPEN, None, ""
    alert.decided_at, alert.decided_by = None, None
    _flush(session)
    return alert


def _require_decider(account: Account, alert: Alert) -> None:
    if not access.can_act_on_alert(account, alert):
        raise PermissionDeniedError("alert_not_yours_to_decide")


def _decide(
    session: Session,
    alert: Alert,
    account: Account,
    state: AlertState,
    reason: DismissReason | None,
    note: str,
    now: datetime,
) -> None:
    if alert.state is not AlertState.OPEN:
        raise ConflictError("alert_already_decided", state=alert.state.value)
    alert.state, alert.dismiss_reason, alert.note = state, reason, note.strip()[:2000]
    alert.decided_at, alert.decided_by = now, account
    _flush(session)


def _flush(session: Session) -> None:
    try:
        session.flush()
    except StaleDataError as fault:
        raise ConflictError("changed_meanwhile") from fault


def _concerned(session: Session, filing: Filing) -> list[Account]:
    if filing.organization_id is None:
        return [filing.applicant]
    enterprise = select(Account).where(
        Account.organization_id == filing.organization_id,
        Account.role == Role.ENTERPRISE,
        Account.id != filing.applicant_id,
    )
    return [filing.applicant, *session.scalars(enterprise)]
