"""Invitations into an enterprise: by mail, for one address, once, for seven days, and to be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, accounts, links, organizations, throttle
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Invitation, LinkPurpose, OneTimeLink, OrganizationRole, Role
from ipreg.notify.letters import write_letter

N_ = str  # marks a text for extraction
ROLES = {
    OrganizationRole.OWNER: N_("Owner"),
    OrganizationRole.FILER: N_("Filer"),
    OrganizationRole.VIEWER: N_("Viewer"),
    OrganizationRole.CONTRIBUTOR: N_("Outside designer"),
}
A_DAY = 50


def invite(
    session: Session, key: bytes, *, owner: Account, email: str, role: OrganizationRole, now: datetime
) -> Invitation:
    """Invites an address, which need have no account. One that was invited before gets a new link instead."""
    organization = organizations.managed(session, owner)
    email = accounts.checked_email(email)
    known = session.scalar(select(Account).where(Account.email == email))
    if known is not None and known.organization_id == organization.id:
        raise CallerError("member_already", field="email")
    day = timedelta(days=1)
    if not throttle.allow(session, what="invite", whom=str(organization.id), most=A_DAY, within=day, now=now):
        raise CallerError("mail_too_often", field="email")
    for one in open_invitations(session, owner=owner, now=now):
        if one.email == email:
            links.revoke(session, link=one.link, now=now)
    link = links.issue(session, key, purpose=LinkPurpose.INVITATION, email=email, account=None, now=now)
    made = Invitation(
        organization=organization, email=email, role=role, invited_by=owner, link=link, created_at=now
    )
    session.add(made)
    values = {"inviter": owner.name, "organization": organization.name, "role": ROLES[role], "email": email}
    write_letter(session, kind="invitation", email=email, locale=owner.locale, link=link, values=values, now=now)
    return made


def open_invitations(session: Session, *, owner: Account, now: datetime) -> list[Invitation]:
    """Those of the owner's enterprise that can still be accepted, newest first."""
    wanted = (
        select(Invitation)
        .join(OneTimeLink, Invitation.link_id == OneTimeLink.id)
        .where(
            Invitation.organization_id == owner.organization_id,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.revoked_at.is_(None),
            OneTimeLink.expires_at > now,
        )
    )
    return list(session.scalars(wanted.order_by(Invitation.id.desc())))


def revoke(session: Session, *, owner: Account, invitation_id: int, now: datetime) -> None:
    """Takes an invitation back."""
    organization = organizations.managed(session, owner)
    found = session.get(Invitation, invitation_id)
    if found is None or found.organization_id != organization.id:
        raise MissingError("invitation_missing")
    links.revoke(session, link=found.link, now=now)


def find(session: Session, *, token: str, now: datetime) -> Invitation:
    """The open invitation of that link; raises ``MissingError``."""
    link = links.find(session, purpose=LinkPurpose.INVITATION, token=token, now=now)
    return session.scalars(select(Invitation).where(Invitation.link_id == link.id)).one()


def accept(session: Session, *, token: str, account: Account, now: datetime) -> Invitation:
    """The account becomes a member. The invitation is for one address, and the account must have it."""
    found = find(session, token=token, now=now)
    if account.email != found.email:
        raise PermissionDeniedError("invitation_for_another", email=found.email)
    if account.role not in (Role.DESIGNER, Role.ENTERPRISE):
        raise PermissionDeniedError("invitation_not_for_officers")
    if account.organization_id is not None:
        same = account.organization_id == found.organization_id
        raise ConflictError("member_already" if same else "member_elsewhere")
    if not access.manages_organization(found.invited_by) or (
        found.invited_by.organization_id != found.organization_id
    ):
        raise MissingError("link_over")  # who invited is no owner any more
    links.use(session, link=found.link, now=now)
    organizations.place(account, found.organization_id, found.role)
    account.email_verified_at = account.email_verified_at or now
    found.accepted_at, found.accepted_by_id = now, account.id
    session.flush()
    session.refresh(account, ["organization"])
    return found
