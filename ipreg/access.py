"""Who may see and do what. Every service asks here; a thing that is somebody else's is simply not there."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Select, SelectBase, and_, or_, select, union_all
from sqlalchemy.orm import Session

from ipreg.db import utc_now
from ipreg.errors import PermissionDeniedError
from ipreg.models import (
    Absence,
    Account,
    Agreement,
    AgreementKind,
    AgreementState,
    Alert,
    AlertMatch,
    AlertRecipient,
    Case,
    CaseKind,
    CaseOpening,
    CaseState,
    FeedImport,
    Filing,
    Listing,
    ListingSighting,
    Match,
    OrganizationRole,
    Role,
)
from ipreg.workdays import shanghai_day

OFFICIALS = (Role.REGULATOR, Role.AUDITOR)
"""Who sees every case, and what a case shows."""
MOST_LOOKED_AT = 200
# Full members see all that is filed in the enterprise's name; a contributor sees what he filed himself.
FULL_MEMBERS = (OrganizationRole.OWNER, OrganizationRole.FILER, OrganizationRole.VIEWER)
ACTING_MEMBERS = (OrganizationRole.OWNER, OrganizationRole.FILER)


def require_role(account: Account, *roles: Role) -> None:
    """Raises ``PermissionDeniedError`` unless the account has one of ``roles``."""
    if account.role not in roles:
        raise PermissionDeniedError("role_refused", role=account.role.value)


def is_viewer(account: Account) -> bool:
    """Sees all of his enterprise's and changes nothing but his own account."""
    return account.organization_role is OrganizationRole.VIEWER


def manages_organization(account: Account) -> bool:
    """An owner: invites, removes, gives roles."""
    return account.organization_role is OrganizationRole.OWNER


def may_file(account: Account) -> bool:
    """Designers and enterprises, but those members who only look on."""
    return account.role in (Role.DESIGNER, Role.ENTERPRISE) and not is_viewer(account)


def require_filer(account: Account) -> None:
    """Raises ``PermissionDeniedError`` unless the account may file."""
    require_role(account, Role.DESIGNER, Role.ENTERPRISE)
    if is_viewer(account):
        raise PermissionDeniedError("viewer_only_sees")


def owns_filing(account: Account, filing: Filing) -> bool:
    """Who sees it as his own: at first the applicant, and the full members of the enterprise it was filed for;
    after a transfer who took it over, and the members of his."""
    return account.id == filing.owner_id or _full_member(account, filing)


def can_act_on_filing(account: Account, filing: Filing) -> bool:
    """Who changes it: its enterprise's owners and filers, and its own owner while he belongs to it.

    What belongs to no enterprise is its owner's alone. Who left sees what he filed and changes nothing.
    """
    if filing.owner_organization_id is None:
        return account.id == filing.owner_id
    if account.organization_id != filing.owner_organization_id or is_viewer(account):
        return False
    return account.organization_role in ACTING_MEMBERS or account.id == filing.owner_id


def owned_by(account: Account) -> ColumnElement[bool]:
    """``owns_filing`` as a condition on ``Filing``."""
    return or_(*ways_of_owning(account))


def ways_of_owning(account: Account) -> list[ColumnElement[bool]]:
    """The conditions of which ``owned_by`` asks for any; each one alone is answered by an index."""
    own: list[ColumnElement[bool]] = [Filing.owner_id == account.id]
    if account.organization_id is not None and account.organization_role in FULL_MEMBERS:
        own.append(Filing.owner_organization_id == account.organization_id)
    return own


def _full_member(account: Account, filing: Filing) -> bool:
    return (
        account.organization_id is not None
        and account.organization_id == filing.owner_organization_id
        and account.organization_role in FULL_MEMBERS
    )


def can_see_filing(session: Session, account: Account, filing: Filing) -> bool:
    """Its owners, who filed it, its licensees; where it is open also who was warned of it as a later filing, and
    a regulator once it is part of a case. What of it they see, ``can_see_files`` says."""
    if owns_filing(account, filing) or account.id == filing.applicant_id:
        return True
    if filing.vault_key_id is not None:
        return _holds_licence(session, account, filing) or _opened_for(session, account, filing)
    earlier = select(Match.id).where(Match.filing_id == filing.id)
    later = select(Match.id).where(Match.later_filing_id == filing.id)
    if _sees_match(session, account, union_all(earlier, later), later):
        return True
    return _holds_licence(session, account, filing)


def can_see_files(session: Session, account: Account, filing: Filing) -> bool:
    """Who may see what the filing shows. A sealed one: its present owner, his licensees, and an officer for whom it
    was opened in a case that is in his hands, or that waits for the approval of its decision."""
    if filing.files_destroyed_at is not None:
        return False
    if owns_filing(account, filing):
        return True
    if filing.vault_key_id is None:
        return can_see_filing(session, account, filing)
    return _holds_licence(session, account, filing) or _opened_for(session, account, filing)


def filings_of_case(case: Case) -> frozenset[int]:
    """Ids of the filings that the case is about."""
    match = case.match
    return frozenset(one for one in (match.filing_id, match.later_filing_id) if one is not None)


def _holds_licence(session: Session, account: Account, filing: Filing) -> bool:
    """A licence that both sides agreed to, whose first day has come, and that has not ended."""
    wanted = select(Agreement.id).where(
        Agreement.filing_id == filing.id,
        Agreement.taker_id == account.id,
        Agreement.kind == AgreementKind.LICENCE,
        Agreement.state == AgreementState.ACCEPTED,
        Agreement.started_at.is_not(None),
    )
    return session.scalar(wanted.limit(1)) is not None


def _opened_for(session: Session, account: Account, filing: Filing) -> bool:
    """While the case is in this officer's hands or he stands in for who has it, and while its decision waits for
    the approval of another officer."""
    if account.role is not Role.REGULATOR:
        return False
    wanted = (
        select(CaseOpening.id)
        .join(Case, CaseOpening.case_id == Case.id)
        .where(CaseOpening.filing_id == filing.id, CaseOpening.officer_id == account.id)
        .where(or_(Case.officer_id.in_(_in_whose_place(account)), Case.state == CaseState.DECISION_PROPOSED))
    )
    return session.scalar(wanted.limit(1)) is not None


def _in_whose_place(account: Account) -> Select[int]:
    """The account's own id, and those of the officers whose deputy it is today."""
    today = shanghai_day(utc_now())
    away = select(Absence.account_id).where(
        Absence.deputy_id == account.id, Absence.from_on <= today, Absence.until_on >= today
    )
    return select(Account.id).where(or_(Account.id == account.id, Account.id.in_(away)))


def can_see_listing(session: Session, account: Account, listing: Listing) -> bool:
    """Who brought it; who was warned of it; a regulator once it is part of a case."""
    imported = select(FeedImport.id).where(FeedImport.id == listing.import_id, FeedImport.account_id == account.id)
    sighted = select(ListingSighting.id).where(
        ListingSighting.listing_id == listing.id, ListingSighting.account_id == account.id
    )
    if session.scalar(imported) is not None or session.scalar(sighted) is not None:
        return True
    involved = select(Match.id).where(Match.listing_id == listing.id)
    return _sees_match(session, account, involved, involved)


def can_see_seller(session: Session, account: Account, seller_id: int) -> bool:
    """Who sees one of its listings."""
    of_seller = select(Listing).where(Listing.seller_id == seller_id)
    sighted = of_seller.join(ListingSighting).where(ListingSighting.account_id == account.id)
    if session.scalar(sighted.limit(1)) is not None:
        return True
    matched = of_seller.where(select(Match.id).where(Match.listing_id == Listing.id).exists())
    return any(can_see_listing(session, account, one) for one in session.scalars(matched.limit(MOST_LOOKED_AT)))


def can_see_alert(account: Account, alert: Alert) -> bool:
    """The owners of the design, and those of their enterprise who were told while they belong to it."""
    filing = alert.match.filing
    if owns_filing(account, filing):
        return True
    same = account.organization_id is not None and account.organization_id == filing.owner_organization_id
    return same and any(one.account_id == account.id for one in alert.recipients)


def alerts_seen_by(session: Session, account: Account) -> ColumnElement[bool]:
    """``can_see_alert`` as a condition on ``Alert``, for one index as far as that can be."""
    own = Alert.applicant_id == account.id
    if account.organization_id is None:
        return own
    theirs = Alert.organization_id == account.organization_id
    if account.organization_role in FULL_MEMBERS:
        return or_(own, theirs) if has_alerts_elsewhere(session, account) else theirs
    told = select(AlertRecipient.alert_id).where(AlertRecipient.account_id == account.id)
    return or_(own, and_(theirs, Alert.id.in_(told)))


def has_alerts_elsewhere(session: Session, account: Account) -> bool:
    """Whether the account has alerts of its own that do not belong to its enterprise."""
    elsewhere = Alert.organization_id.is_distinct_from(account.organization_id)
    wanted = select(Alert.id).where(Alert.applicant_id == account.id, elsewhere)
    return session.scalar(wanted.limit(1)) is not None


def alerts_decided_by(account: Account) -> ColumnElement[bool]:
    """``can_act_on_alert`` as a condition on ``Alert``."""
    alone = and_(Alert.organization_id.is_(None), Alert.applicant_id == account.id)
    if account.organization_id is None or account.organization_role not in ACTING_MEMBERS:
        return alone
    return or_(alone, Alert.organization_id == account.organization_id)


def can_act_on_alert(account: Account, alert: Alert) -> bool:
    """Who may go to the regulator with the design decides on its alerts."""
    return can_complain(account, alert.match.filing)


def can_complain(account: Account, filing: Filing) -> bool:
    """The enterprise's owners and filers decide for its designs; a designer without one decides himself."""
    if filing.owner_organization_id is None:
        return account.id == filing.owner_id
    return account.organization_id == filing.owner_organization_id and account.organization_role in ACTING_MEMBERS


def can_see_case(account: Account, case: Case) -> bool:
    """Officials, and the owners of the design; in a conflict the owners of both."""
    if account.role in OFFICIALS or owns_filing(account, case.match.filing):
        return True
    later = case.match.later_filing
    return case.kind is CaseKind.CONFLICT and later is not None and owns_filing(account, later)


def _sees_match(session: Session, account: Account, in_case: SelectBase, in_alert: SelectBase) -> bool:
    """Of a case and of an alert all listings count, not only the one that leads. Both are ids of matches: by a list
    of them the database goes through one index after the other, and not through all cases."""
    if account.role not in OFFICIALS:
        found = select(AlertMatch.id).join(Alert, AlertMatch.alert_id == Alert.id)
        found = found.where(AlertMatch.match_id.in_(in_alert), alerts_seen_by(session, account))
        return session.scalar(found.limit(1)) is not None
    direct = select(Case.id).where(Case.match_id.in_(in_case))
    further = select(AlertMatch.id).join(Case, Case.alert_id == AlertMatch.alert_id)
    further = further.where(AlertMatch.match_id.in_(in_case))
    return any(session.scalar(one.limit(1)) is not None for one in (direct, further))
