"""An enterprise's people: who they are, which role each has, how they come and go.

An account belongs to at most one enterprise. Full members (owner, filer, viewer) work at the enterprise's desk;
contributors stay designers of their own. The right to do what stands here is asked in ``ipreg.access``.
"""

from __future__ import annotations

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.accounts import new_join_code, people
from ipreg.errors import ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Alert, AlertRecipient, Filing, Match, Organization, OrganizationRole, Role


def members(session: Session, *, account: Account, words: str = "", page: int = 1) -> list[Account]:
    """The people of the account's enterprise as ``accounts.people`` gives them, owners first; a contributor sees
    only himself."""
    if account.organization_role not in access.FULL_MEMBERS:
        return [account] if account.organization_id is not None else []
    rank = case({role.value: place for place, role in enumerate(OrganizationRole)}, value=Account.organization_role)
    wanted = select(Account).where(Account.organization_id == account.organization_id)
    return people(session, wanted.order_by(rank, Account.name, Account.id), words=words, page=page)


def change_role(session: Session, *, owner: Account, member_id: int, role: OrganizationRole) -> Account:
    """Gives a member another role. Raises ``ConflictError`` where no owner would be left."""
    member = _member(session, owner, member_id)
    if role is not OrganizationRole.OWNER:
        _keep_an_owner(session, member)
    place(member, owner.organization_id, role)
    session.flush()
    return member


def remove(session: Session, *, owner: Account, member_id: int) -> Account:
    """Takes a member out of the enterprise. What he filed for it stays the enterprise's."""
    member = _member(session, owner, member_id)
    _take_out(session, member)
    return member


def leave(session: Session, *, account: Account) -> None:
    """The account belongs to no enterprise any more. The last owner can't leave."""
    if account.organization_id is None:
        raise ConflictError("not_a_member")
    _take_out(session, account)


def renew_join_code(session: Session, *, owner: Account) -> str:
    """A new code for designers; the old one opens nothing any more."""
    organization = managed(session, owner)
    organization.join_code = new_join_code()
    session.flush()
    return organization.join_code


def place(account: Account, organization_id: int | None, role: OrganizationRole | None) -> None:
    """Puts the account into an enterprise (or none), and at the desk that goes with its role."""
    account.organization_id, account.organization_role = organization_id, role
    account.role = Role.ENTERPRISE if role in access.FULL_MEMBERS else Role.DESIGNER


def managed(session: Session, owner: Account) -> Organization:
    """The enterprise of one of its owners, locked: two owners who act at once do so one after the other."""
    if not access.manages_organization(owner):
        raise PermissionDeniedError("owners_only")
    return session.scalars(
        select(Organization).where(Organization.id == owner.organization_id).with_for_update()
    ).one()


def _member(session: Session, owner: Account, member_id: int) -> Account:
    organization = managed(session, owner)
    member = session.get(Account, member_id, populate_existing=True)
    if member is None or member.organization_id != organization.id:
        raise MissingError("member_missing")
    return member


def _keep_an_owner(session: Session, member: Account) -> None:
    if member.organization_role is not OrganizationRole.OWNER:
        return
    session.execute(select(Organization.id).where(Organization.id == member.organization_id).with_for_update())
    others = select(func.count()).where(
        Account.organization_id == member.organization_id,
        Account.organization_role == OrganizationRole.OWNER,
        Account.id != member.id,
    )
    if not session.scalar(others):
        raise ConflictError("last_owner")


def _take_out(session: Session, member: Account) -> None:
    _keep_an_owner(session, member)
    _empty_inbox(session, member)
    place(member, None, None)
    session.flush()
    session.refresh(member)


def _empty_inbox(session: Session, member: Account) -> None:
    """Alerts that he was told of as a member are the enterprise's and go out of his inbox."""
    of_others = (
        select(Alert.id)
        .join(Match, Alert.match_id == Match.id)
        .join(Filing, Match.filing_id == Filing.id)
        .where(Filing.organization_id == member.organization_id, Filing.applicant_id != member.id)
    )
    session.execute(
        delete(AlertRecipient)
        .where(AlertRecipient.account_id == member.id, AlertRecipient.alert_id.in_(of_others))
        .execution_options(synchronize_session=False)
    )
