"""Matches become alerts: one for a design and a seller, that grows with what is found later and says what changed.

``consider`` takes up one match that is new or has new evidence. A match is marked as considered in the transaction
that writes its alert, so a run that is killed leaves it waiting, and a second run finds nothing to do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.orm import Session

from ipreg.models import (
    Alert,
    AlertEvent,
    AlertMatch,
    AlertRecipient,
    AlertState,
    Case,
    ChangeKind,
    DismissReason,
    EventKind,
    Filing,
    ListingChange,
    Match,
    MatchKind,
    MatchPair,
    Notice,
)
from ipreg.warning import learning
from ipreg.warning.owners import Owner
from ipreg.warning.sellers import allowance
from ipreg.warning.severity import weigh
from ipreg.warning.watches import LOOK, Policy, accepting, not_before, policies, price_of, recipients

BATCH = 1000
"""So many are taken up in a run at most; the next run takes the next ones."""
_NOT_THE_SELLER = (DismissReason.NOT_SIMILAR, DismissReason.OTHER)
_HIGHER = 0.01


@dataclass(frozen=True)
class Settings:
    """``threshold`` where a watch sets none, ``look`` likewise for goods photographed anew; listings unseen for
    ``old_after`` when they matched do not alert."""

    threshold: float
    old_after: timedelta | None = None
    look: float = LOOK


def waiting_matches(session: Session) -> list[int]:
    """Ids of the matches that are to be considered, oldest first."""
    return list(session.scalars(select(Match.id).where(~Match.considered).order_by(Match.id).limit(BATCH)))


def consider(session: Session, *, match_id: int, settings: Settings, now: datetime) -> Alert | None:
    """The alert that the match raised or changed, if any. Considered before, it does nothing."""
    match = session.get_one(Match, match_id)
    if match.considered:
        return None
    match.considered = True
    held = session.scalar(select(AlertMatch).where(AlertMatch.match_id == match.id))
    if held is not None:
        return _grow(session, held, settings, now)
    if not _alerts(session, match, settings):
        session.flush()
        return None
    wanted = select(Alert).where(Alert.filing_id == match.filing_id, Alert.counterpart == counterpart(match))
    alert = session.scalar(wanted.order_by(Alert.round.desc()).limit(1))
    if alert is None or _closed(session, alert):
        return _raise(session, match, 1 if alert is None else alert.round + 1, settings, now)
    return _join(session, alert, match, settings, now)


def raise_by_hand(session: Session, *, match: Match, now: datetime) -> Alert:
    """The alert of a match that the design's owner brings himself, however probable it is: nobody is told of it."""
    match.considered = True
    held = session.scalar(select(AlertMatch).where(AlertMatch.match_id == match.id))
    if held is not None:
        alert = held.alert
    else:
        wanted = select(Alert).where(Alert.filing_id == match.filing_id, Alert.counterpart == counterpart(match))
        latest = session.scalar(wanted.order_by(Alert.round.desc()).limit(1))
        if latest is None or _closed(session, latest):
            return _raise(session, match, 1 if latest is None else latest.round + 1, None, now)
        alert = _join(session, latest, match, None, now)
    if alert.state is AlertState.DISMISSED:
        _bring_back(session, alert, match, now)
    session.flush()
    return alert


def counterpart(match: Match) -> str:
    """With whom the match is: the seller where one is known, else that listing, or that later filing."""
    if match.listing is None:
        return f"filing:{match.later_filing_id}"
    return f"seller:{match.listing.seller_id}" if match.listing.seller_id else f"listing:{match.listing_id}"


def waiting_changes(session: Session) -> list[int]:
    """Ids of changes that the alerts of their listings have not taken up, oldest first; others are ticked off."""
    alerted = select(Match.listing_id).join(AlertMatch).where(Match.listing_id == ListingChange.listing_id)
    session.execute(
        update(ListingChange).where(~ListingChange.considered, ~alerted.exists()).values(considered=True)
    )
    waiting = select(ListingChange.id).where(~ListingChange.considered).order_by(ListingChange.id)
    return list(session.scalars(waiting.limit(BATCH)))


def take_change(session: Session, *, change_id: int, settings: Settings, now: datetime) -> None:
    """The listing's alerts have the change in their history."""
    change = session.get_one(ListingChange, change_id)
    if change.considered:
        return
    change.considered = True
    of_listing = select(AlertMatch).join(Match).where(Match.listing_id == change.listing_id)
    for held in session.scalars(of_listing.where(AlertMatch.dismissed_at.is_(None))):
        alert = held.alert
        values = {} if change.kind is ChangeKind.PICTURES else {"before": change.before, "after": change.after}
        note(session, alert, EventKind(change.kind.value), change.at, match=held.match, **values)
        if alert.match_id == held.match_id:
            follow_lead(session, alert)
        weigh(session, alert)
    session.flush()


def wake_due(session: Session, *, settings: Settings, now: datetime) -> int:
    """Snoozed alerts whose time has come lie in the inbox again; how many."""
    due = select(Alert).where(Alert.state == AlertState.OPEN, Alert.snoozed_until <= now).limit(BATCH)
    found = list(session.scalars(due).unique())
    for alert in found:
        alert.snoozed_until = alert.action_id = None
        note(session, alert, EventKind.WOKEN, now)
        plan_telling(session, alert, settings, now)
    session.flush()
    return len(found)


def note(
    session: Session, alert: Alert, kind: EventKind, at: datetime, *, match: Match | None = None, **values: Any
) -> None:
    """A line in the alert's history that nobody wrote, and the alert counts as changed."""
    session.add(AlertEvent(alert_id=alert.id, kind=kind, at=at, match=match, values=values))
    alert.changed_at = max(at, alert.changed_at)


def plan_telling(session: Session, alert: Alert, settings: Settings, now: datetime) -> None:
    """Those who watch the design are to be told of the alert as it is now, each outside of his quiet hours.

    Of goods photographed anew nobody is written to, they wait in the inbox for a look; nor of a copy that no watch
    accepts any more, but to who was told of it before.
    """
    filing = alert.match.filing
    found = _policies(session, filing, settings)
    accepted = accepting(found, alert.match, alert.probability)
    alert.evidence += 1
    present = {one.account_id: one for one in alert.recipients}
    for account_id, policy in recipients(session, filing, accepted or found).items():
        recipient = present.get(account_id)
        if recipient is None:
            recipient = AlertRecipient(account_id=account_id)
            alert.recipients.append(recipient)
        if shows_copy(session, alert) and (accepted or _was_told(session, account_id, alert)):
            recipient.tell_at = not_before(policy, now)
    session.flush()


def _alerts(session: Session, match: Match, settings: Settings) -> bool:
    listing = match.listing
    if listing is not None:
        if settings.old_after is not None and match.found_at - listing.last_seen_at > settings.old_after:
            return False
        if allowance(session, match.filing, listing) is not None:
            return False
    if not accepting(_policies(session, match.filing, settings), match, learning.probability_of(session, match)):
        return False
    return bool(_fresh(session, match))


def _policies(session: Session, filing: Filing, settings: Settings) -> list[Policy]:
    return policies(session, filing, threshold=settings.threshold, look=settings.look)


def _was_told(session: Session, account_id: int, alert: Alert) -> bool:
    first = select(Notice.id).where(Notice.account_id == account_id, Notice.key == first_key(alert))
    return session.scalar(first) is not None


def shows_copy(session: Session, alert: Alert) -> bool:
    """Whether a copied picture is among its evidence: a decided one may be led by goods that were recognised."""
    held = AlertMatch.alert_id == alert.id, AlertMatch.kind == MatchKind.COPY, AlertMatch.dismissed_at.is_(None)
    if alert.state is AlertState.OPEN:
        return alert.kind is MatchKind.COPY
    return session.scalar(select(AlertMatch.id).where(*held).limit(1)) is not None


def first_key(alert: Alert) -> str:
    """The key of the first notice of an alert."""
    return f"alert-{alert.id}"


def strength(session: Session, match: Match) -> tuple[bool, float]:
    """Which of an alert's matches leads: a copied picture before goods that were recognised, then the surer one."""
    return match.kind is MatchKind.COPY, learning.probability_of(session, match)


def _fresh(session: Session, match: Match) -> set[str]:
    """Of the match's pictures those that were not dismissed as not similar to this design, with whatever seller."""
    shown = set(session.scalars(select(MatchPair.seen).where(MatchPair.match_id == match.id))) or {_seen(match)}
    wholly = and_(
        MatchPair.found_at <= Alert.decided_at,
        Alert.state == AlertState.DISMISSED,
        Alert.dismiss_reason.in_(_NOT_THE_SELLER),
    )
    alone = AlertMatch.dismissed_at
    settled = (
        select(MatchPair.seen)
        .join(AlertMatch, AlertMatch.match_id == MatchPair.match_id)
        .join(Alert, Alert.id == AlertMatch.alert_id)
        .where(
            MatchPair.seen.in_(shown), Alert.filing_id == match.filing_id, or_(wholly, MatchPair.found_at <= alone)
        )
    )
    return shown - set(session.scalars(settled))


def _seen(match: Match) -> str:
    return match.picture.sha256 if match.picture else match.later_view.sha256 if match.later_view else ""


def _closed(session: Session, alert: Alert) -> bool:
    """Decided by a regulator: what the seller offers from now on is another infringement."""
    decided = select(Case.id).where(Case.alert_id == alert.id, Case.decided_at.is_not(None))
    return session.scalar(decided) is not None


def _raise(session: Session, match: Match, number: int, settings: Settings | None, now: datetime) -> Alert:
    alert = Alert(
        filing_id=match.filing_id,
        counterpart=counterpart(match),
        round=number,
        match=match,
        applicant_id=match.filing.owner_id,
        organization_id=match.filing.owner_organization_id,
        seller_id=match.listing.seller_id if match.listing else None,
        listing_count=1,
        state=AlertState.OPEN,
        evidence=0,
        raised_at=now,
        changed_at=now,
        recipients=[],
    )
    follow_lead(session, alert)
    weigh(session, alert)
    session.add(alert)
    session.flush()
    _hold(session, alert, match, now)
    note(session, alert, EventKind.RAISED, now, match=match, round=number)
    if settings is not None:
        plan_telling(session, alert, settings, now)
    return alert


def _join(session: Session, alert: Alert, match: Match, settings: Settings | None, now: datetime) -> Alert:
    """Another listing of the same seller."""
    _hold(session, alert, match, now)
    alert.listing_count += 1
    note(session, alert, EventKind.LISTING_ADDED, now, match=match)
    _changed(session, alert, match, settings, now)
    return alert


def _grow(session: Session, held: AlertMatch, settings: Settings, now: datetime) -> Alert | None:
    """More pictures of a listing that the alert has, or a stronger likeness."""
    match, alert = held.match, held.alert
    pictures, before = _pictures(session, match), held.probability
    if held.dismissed_at is not None:
        return _take_in(session, held, pictures, settings, now) if _fresh(session, match) else None
    copied = match.kind is MatchKind.COPY and held.kind is not MatchKind.COPY
    if not copied and pictures <= held.pictures and match.probability < before + _HIGHER:
        session.flush()
        return None
    if copied:
        note(session, alert, EventKind.LIKELIER, now, match=match, copied=match.probability)
    elif match.probability >= before + _HIGHER:
        note(session, alert, EventKind.LIKELIER, now, match=match, before=before, after=match.probability)
    if pictures > held.pictures:
        note(session, alert, EventKind.PICTURE_ADDED, now, match=match, count=pictures)
    held.kind, held.pictures, held.probability = match.kind, pictures, match.probability
    _changed(session, alert, match, settings, now)
    return alert


def _take_in(session: Session, held: AlertMatch, pictures: int, settings: Settings, now: datetime) -> Alert:
    """A listing that was dismissed alone shows another picture that is alike: it is evidence again."""
    match, alert = held.match, held.alert
    held.dismissed_at, held.kind = None, match.kind
    held.pictures, held.probability = pictures, match.probability
    alert.listing_count += 1
    note(session, alert, EventKind.CAME_BACK, now, match=match)
    _changed(session, alert, match, settings, now)
    return alert


def _changed(session: Session, alert: Alert, match: Match, settings: Settings | None, now: datetime) -> None:
    """New evidence: the strongest match leads while nobody has decided; a dismissal may not cover it any more."""
    tell = True
    if alert.state is AlertState.DISMISSED:
        tell = alert.dismiss_reason in _NOT_THE_SELLER and bool(_fresh(session, match))
        if tell:
            _bring_back(session, alert, match, now)
    if alert.state is AlertState.OPEN:
        if strength(session, match) > strength(session, alert.match):
            alert.match = match
        follow_lead(session, alert)
    alert.kind = alert.match.kind
    weigh(session, alert)
    session.flush()
    if settings is not None and tell and alert.snoozed_until is None:
        plan_telling(session, alert, settings, now)


def _bring_back(session: Session, alert: Alert, match: Match, now: datetime) -> None:
    alert.state, alert.dismiss_reason, alert.note = AlertState.OPEN, None, ""
    alert.decided_at = alert.decided_by = alert.action_id = alert.snoozed_until = None
    note(session, alert, EventKind.CAME_BACK, now, match=match)


def follow_lead(session: Session, alert: Alert) -> None:
    """Sets the columns that repeat what the leading match says."""
    listing = alert.match.listing
    alert.kind = alert.match.kind
    alert.calibration_id = learning.calibration_id_of(session, alert.match)
    alert.probability = learning.probability_of(session, alert.match)
    alert.platform = listing.platform if listing else ""
    alert.price, alert.currency = price_of(alert.match), listing.currency if listing else ""


def _hold(session: Session, alert: Alert, match: Match, now: datetime) -> None:
    session.add(
        AlertMatch(
            alert=alert,
            match=match,
            added_at=now,
            kind=match.kind,
            probability=match.probability,
            pictures=_pictures(session, match),
        )
    )


def _pictures(session: Session, match: Match) -> int:
    counted = select(func.count(func.distinct(MatchPair.seen))).where(MatchPair.match_id == match.id)
    return max(1, session.scalar(counted) or 0)


def consider_again(session: Session, owner: Owner) -> None:
    """The owner's matches that did not alert are looked at again: a watch or the allowed sellers have changed."""
    held = select(AlertMatch.id).where(AlertMatch.match_id == Match.id)
    mine = Match.filing_id.in_(select(Filing.id).where(owner.filed()))
    session.execute(update(Match).where(mine, Match.considered, ~held.exists()).values(considered=False))


def judge_again(session: Session, owner: Owner) -> None:
    """Another calibration holds: the gravest open alerts get its probability, and the rest when it next changes."""
    consider_again(session, owner)
    wanted = select(Alert).where(owner.alerted(), Alert.state == AlertState.OPEN)
    for alert in session.scalars(wanted.order_by(Alert.severity.desc()).limit(BATCH)).unique():
        follow_lead(session, alert)
        weigh(session, alert)
    session.flush()
