"""Who may see and do what. Every service asks here; a thing that is somebody else's is simply not there."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from ipreg.errors import PermissionDeniedError
from ipreg.models import (
    Account,
    Alert,
    AlertRecipient,
    Case,
    FeedImport,
    Filing,
    Listing,
    ListingSighting,
    Match,
    Role,
)

OFFICIALS = (Role.REGULATOR, Role.AUDITOR)
"""Who sees every case, and what a case shows."""


def require_role(account: Account, *roles: Role) -> None:
    """Raises ``PermissionDeniedError`` unless the account has one of ``roles``."""
    if account.role not in roles:
        raise PermissionDeniedError("role_refused", role=account.role.value)


def owns_filing(account: Account, filing: Filing) -> bool:
    """The applicant, or the enterprise on whose behalf he filed."""
    if account.id == filing.applicant_id:
        return True
    return account.role is Role.ENTERPRISE and (
        account.organization_id is not None and account.organization_id == filing.organization_id
    )


def owned_by(account: Account) -> ColumnElement[bool]:
    """``owns_filing`` as a condition on ``Filing``."""
    own = Filing.applicant_id == account.id
    if account.role is Role.ENTERPRISE and account.organization_id is not None:
        return or_(own, Filing.organization_id == account.organization_id)
    return own


def can_see_filing(session: Session, account: Account, filing: Filing) -> bool:
    """Its owners; who was warned of it as a later filing; a regulator once it is part of a case."""
    if owns_filing(account, filing):
        return True
    involved = or_(Match.filing_id == filing.id, Match.later_filing_id == filing.id)
    return _sees_match(session, account, involved, Match.later_filing_id == filing.id)


def can_see_listing(session: Session, account: Account, listing: Listing) -> bool:
    """Who brought it; who was warned of it; a regulator once it is part of a case."""
    imported = select(FeedImport.id).where(FeedImport.id == listing.import_id, FeedImport.account_id == account.id)
    sighted = select(ListingSighting.id).where(
        ListingSighting.listing_id == listing.id, ListingSighting.account_id == account.id
    )
    if session.scalar(imported) is not None or session.scalar(sighted) is not None:
        return True
    involved = Match.listing_id == listing.id
    return _sees_match(session, account, involved, involved)


def can_see_alert(account: Account, alert: Alert) -> bool:
    """Those who were told, and the owners of the design."""
    return any(one.account_id == account.id for one in alert.recipients) or owns_filing(account, alert.match.filing)


def can_act_on_alert(account: Account, alert: Alert) -> bool:
    """The enterprise decides on its designs; a designer without one decides himself."""
    filing = alert.match.filing
    if filing.organization_id is None:
        return account.id == filing.applicant_id
    return account.role is Role.ENTERPRISE and account.organization_id == filing.organization_id


def can_see_case(account: Account, case: Case) -> bool:
    """Officials, and the owners of the design."""
    return account.role in OFFICIALS or owns_filing(account, case.alert.match.filing)


def _sees_match(
    session: Session, account: Account, in_case: ColumnElement[bool], in_alert: ColumnElement[bool]
) -> bool:
    if account.role in OFFICIALS:
        found = select(Case.id).join(Alert, Case.alert_id == Alert.id).join(Match).where(in_case)
    else:
        found = (
            select(Alert.id)
            .join(Match)
            .join(AlertRecipient)
            .where(in_alert, AlertRecipient.account_id == account.id)
        )
    return session.scalar(found.limit(1)) is not None
