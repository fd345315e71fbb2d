"""Who owns the designs of a case."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.models import Account, Case, Filing, OrganizationRole

_ACTING = (OrganizationRole.OWNER, OrganizationRole.FILER)


def filings_of(case: Case) -> list[Filing]:
    """The design of the case; in a conflict of filings both, the earlier first."""
    return [one for one in (case.match.filing, case.match.later_filing) if one is not None]


def owners_of(session: Session, filing: Filing) -> list[Account]:
    """The owner, and those who act for the enterprise that it belongs to."""
    if filing.owner_organization_id is None:
        return [filing.owner]
    members = select(Account).where(
        Account.organization_role.in_(_ACTING), Account.organization_id == filing.owner_organization_id
    )
    return list({one.id: one for one in [filing.owner, *session.scalars(members)]}.values())
