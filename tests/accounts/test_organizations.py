"""Who belongs to an enterprise, and what each of its people may do."""

from __future__ import annotations

import pytest
from scenery import PASSWORD, HandClock, People, design_form, one_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, accounts, alerts, manifest, organizations, registry
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Alert, AlertState, DismissReason, Filing, OrganizationRole, Role
from ipreg.runtime import Runtime


def file(session: Session, runtime: Runtime, account: Account, clock: HandClock) -> Filing:
    return registry.register_design(
        session, runtime.store, applicant=account, form=design_form(), pictures=one_picture(),
        request_key="k", now=clock(),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("role", "sees", "acts", "files", "manages"),
    [
        (OrganizationRole.OWNER, True, True, True, True),
        (OrganizationRole.FILER, True, True, True, False),
        (OrganizationRole.VIEWER, True, False, False, False),
        (OrganizationRole.CONTRIBUTOR, False, False, True, False),
    ],
)
def test_the_rights_of_each_role(
    session: Session, people: People, runtime: Runtime, clock: HandClock,
    role: OrganizationRole, sees: bool, acts: bool, files: bool, manages: bool,
) -> None:  # fmt: skip
    filing = file(session, runtime, people.designer, clock)
    member = people.freelancer
    organizations.place(member, people.enterprise.organization_id, role)
    session.flush()
    assert access.owns_filing(member, filing) is sees
    assert (session.scalar(select(Filing.id).where(access.owned_by(member))) is not None) is sees
    assert access.can_act_on_filing(member, filing) is acts
    assert access.may_file(member) is files
    assert access.manages_organization(member) is manages
    if not files:
        with pytest.raises(PermissionDeniedError, match="viewer_only_sees"):
            file(session, runtime, member, clock)


def test_the_code_makes_a_contributor_and_no_member(session: Session, people: People, clock: HandClock) -> None:
    assert people.designer.organization_role is OrganizationRole.CONTRIBUTOR
    assert people.enterprise.organization_role is OrganizationRole.OWNER
    assert organizations.members(session, account=people.designer) == [people.designer]
    code = people.enterprise.organization.join_code  # type: ignore[union-attr]
    with pytest.raises(CallerError, match="join_code_for_designers"):
        accounts.create_account(
            session, email="x@ipreg.example", password="long enough it is", name="x", role=Role.ENTERPRISE,
            join_code=code, now=clock(),
        )  # fmt: skip
    with pytest.raises(ConflictError, match="member_elsewhere"):
        accounts.join_organization(
            session,
            account=people.designer,
            join_code=people.rival.organization.join_code,  # type: ignore[union-attr]
        )
    organizations.renew_join_code(session, owner=people.enterprise)
    with pytest.raises(CallerError, match="join_code_unknown"):
        accounts.join_organization(session, account=people.freelancer, join_code=code)


def test_an_enterprise_never_loses_its_last_owner(session: Session, people: People) -> None:
    owner, designer = people.enterprise, people.designer
    with pytest.raises(ConflictError, match="last_owner"):
        organizations.leave(session, account=owner)
    with pytest.raises(ConflictError, match="last_owner"):
        organizations.change_role(session, owner=owner, member_id=owner.id, role=OrganizationRole.VIEWER)
    organizations.change_role(session, owner=owner, member_id=designer.id, role=OrganizationRole.OWNER)
    assert designer.role is Role.ENTERPRISE
    organizations.leave(session, account=owner)
    assert (owner.role, owner.organization) == (Role.DESIGNER, None)
    with pytest.raises(ConflictError, match="last_owner"):
        organizations.remove(session, owner=designer, member_id=designer.id)


def test_only_owners_manage_and_only_their_own_people(session: Session, people: People) -> None:
    with pytest.raises(PermissionDeniedError, match="owners_only"):
        organizations.remove(session, owner=people.designer, member_id=people.enterprise.id)
    for stranger in (people.rival.id, people.freelancer.id, 10**6):
        with pytest.raises(MissingError):
            organizations.remove(session, owner=people.enterprise, member_id=stranger)


def test_who_left_sees_what_he_filed_and_decides_nothing(
    session: Session, people: People, runtime: Runtime, clock: HandClock
) -> None:
    filing = file(session, runtime, people.designer, clock)
    organizations.remove(session, owner=people.enterprise, member_id=people.designer.id)
    assert access.owns_filing(people.designer, filing) and access.owns_filing(people.enterprise, filing)
    assert not access.can_act_on_filing(people.designer, filing)


def test_who_left_no_longer_finds_the_enterprises_alerts(site: object, runtime: Runtime) -> None:
    with runtime.sessions() as session:
        by_name = {one.name: one for one in session.scalars(select(Account)).unique()}
        member = by_name["enterprise"]
        organizations.change_role(
            session, owner=member, member_id=by_name["designer"].id, role=OrganizationRole.OWNER
        )
        alert = session.scalars(select(Alert)).unique().one()
        assert alerts.get_alert(session, alert_id=alert.id, account=member) is alert
        organizations.leave(session, account=member)
        session.expire_all()
        assert alerts.inbox(session, account=member, state=None) == []
        with pytest.raises(MissingError):
            alerts.get_alert(session, alert_id=alert.id, account=member)
        alert.state = AlertState.OPEN
        with pytest.raises(PermissionDeniedError):
            alerts.dismiss(session, alert=alert, account=member, reason=DismissReason.MINE, now=alert.raised_at)


def test_what_was_filed_under_an_older_name_still_opens_its_commitment(
    session: Session, people: People, runtime: Runtime, clock: HandClock
) -> None:
    filing = file(session, runtime, people.freelancer, clock)
    committed = manifest.applicant_commitment(filing)
    accounts.rename(session, account=people.freelancer, name="周宁宁", now=clock.move(days=1))
    accounts.rename(session, account=people.freelancer, name="周安宁", now=clock.move(days=1))
    assert manifest.applicant_commitment(filing) == committed
    assert manifest.applicant_opening(filing)["applicant"] == "freelancer"


def test_people_come_in_pages_and_are_found(session: Session, people: People, clock: HandClock) -> None:
    assert people.enterprise.organization is not None
    code = people.enterprise.organization.join_code
    for n in range(accounts.PAGE + 5):
        accounts.create_account(
            session, email=f"person{n}@ipreg.example", password=PASSWORD, name=f"张三{n}", role=Role.DESIGNER,
            join_code=code, now=clock(),
        )  # fmt: skip
    first = organizations.members(session, account=people.enterprise)
    second = organizations.members(session, account=people.enterprise, page=2)
    assert first[0] is people.enterprise and len(first) == accounts.PAGE + 1 and len(second) == 7
    found = organizations.members(session, account=people.enterprise, words="PERSON54@")
    assert [one.name for one in found] == ["张三54"]
    assert organizations.members(session, account=people.enterprise, words="%") == []
