"""Deleting an account: what tells of the person goes, what the log must keep stays (docs/personal-data.md)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text, cast, delete, func, or_, select, update
from sqlalchemy.orm import Session

from ipreg import accounts, agreements, batches, drafts, links, organizations, signins, twofactor
from ipreg.casework.table import ENDED
from ipreg.errors import ConflictError, PermissionDeniedError
from ipreg.models import (
    Account,
    AlertFigures,
    ApiAnswer,
    ApiToken,
    Batch,
    BatchState,
    Case,
    CaseEvent,
    CaseState,
    Channel,
    DataExport,
    Delivery,
    ExportState,
    Filing,
    FilingAct,
    FormerName,
    Invitation,
    Letter,
    LinkPurpose,
    Match,
    Notice,
    OneTimeLink,
    OrganizationRole,
    Outgoing,
    Role,
    SignIn,
)
from ipreg.notify.letters import write_letter

_DONE = (*ENDED, CaseState.DECIDED)


def erase(session: Session, *, account: Account, password: str, now: datetime) -> None:
    """Deletes what tells of the person, for good. His filings stay provable, but no longer as his.

    Raises ``PermissionDeniedError`` for officers, ``ConflictError`` while he is the only owner of an enterprise
    with other people, or a case about his designs is open.
    """
    accounts.prove_password(session, account=account, password=password, field="password", now=now)
    _require_free(session, account)
    email, locale = account.email, account.locale
    agreements.forget_offers(session, account=account, now=now)
    if account.organization_id is not None:
        _leave(session, account)
    kept = _on_the_record(session, account)
    if kept:
        accounts.remember_name(account, now)  # the record of a procedure goes on naming who acted in it
    _forget_filings(session, account)
    _forget_traces(session, account, email, now=now, names=not kept)
    _forget_notices(session, account)
    _forget_unfinished(session, account, now)
    account.name, account.email = f"#{account.id}", f"erased-{account.id}@invalid"
    account.password_hash, account.email_verified_at, account.erased_at = "!", None, now
    session.flush()
    write_letter(session, kind="account_deleted", email=email, locale=locale, now=now)


def _require_free(session: Session, account: Account) -> None:
    if account.role not in (Role.DESIGNER, Role.ENTERPRISE):
        raise PermissionDeniedError("erase_officers")
    mine = select(Filing.id).where(or_(Filing.owner_id == account.id, Filing.applicant_id == account.id))
    about = or_(Match.filing_id.in_(mine), Match.later_filing_id.in_(mine))
    open_cases = select(Case.id).join(Match, Case.match_id == Match.id).where(about, Case.state.not_in(_DONE))
    if session.scalar(open_cases.limit(1)) is not None:
        raise ConflictError("erase_open_case")


def _leave(session: Session, account: Account) -> None:
    """The last person of an enterprise may go; its filings stay its own."""
    others = select(func.count()).where(
        Account.organization_id == account.organization_id, Account.id != account.id
    )
    if account.organization_role is OrganizationRole.OWNER and not session.scalar(others):
        organizations.renew_join_code(session, owner=account)  # nobody comes in by the old one
        organizations.place(account, None, None)
    else:
        organizations.leave(session, account=account)


def _on_the_record(session: Session, account: Account) -> bool:
    """Whether he acted in a case, or in what was done to a filing: the law has that record kept."""
    if session.scalar(select(CaseEvent.id).where(CaseEvent.actor_id == account.id).limit(1)) is not None:
        return True
    parties = cast(FilingAct.parties, Text)
    maybe = select(FilingAct).where(parties.contains(str(account.id)))
    return any(account.id in act.parties.values() for act in session.scalars(maybe))


def _forget_filings(session: Session, account: Account) -> None:
    """Names and salt open the commitment to the applicant; without them it stays closed for ever."""
    session.execute(
        update(Filing)
        .where(Filing.applicant_id == account.id)
        .values(applicant_name="", applicant_email="", applicant_salt="")
        .execution_options(synchronize_session="fetch")
    )


def _forget_traces(session: Session, account: Account, email: str, *, now: datetime, names: bool) -> None:
    signins.end_all(session, account=account, now=now)
    session.execute(delete(SignIn).where(SignIn.account_id == account.id))
    session.execute(delete(AlertFigures).where(AlertFigures.account_id == account.id))
    session.execute(delete(ApiToken).where(ApiToken.account_id == account.id))
    session.execute(delete(ApiAnswer).where(ApiAnswer.caller == f"account:{account.id}"))
    twofactor.switch_off(session, account=account)
    for purpose in LinkPurpose:
        links.revoke_all(session, account=account, purpose=purpose, now=now)
    session.execute(delete(Letter).where(Letter.email == email))
    session.execute(update(OneTimeLink).where(OneTimeLink.email == email).values(email="", revoked_at=now))
    session.execute(update(Invitation).where(Invitation.email == email).values(email=""))
    session.execute(
        update(DataExport)
        .where(DataExport.account_id == account.id, DataExport.state == ExportState.READY)
        .values(expires_at=now)
    )
    if names:
        session.execute(delete(FormerName).where(FormerName.account_id == account.id))
        session.refresh(account, ["former_names"])


def _forget_notices(session: Session, account: Account) -> None:
    """What he was told, and the ways to reach him; what waits to be sent goes with them."""
    told = select(Notice.id).where(Notice.account_id == account.id)
    ways = select(Channel.id).where(Channel.account_id == account.id)
    for statement in (
        delete(Outgoing).where(or_(Outgoing.notice_id.in_(told), Outgoing.channel_id.in_(ways))),
        delete(Delivery).where(Delivery.channel_id.in_(ways)),
        delete(Channel).where(Channel.account_id == account.id),
        delete(Notice).where(Notice.account_id == account.id),
    ):
        session.execute(statement.execution_options(synchronize_session=False))


def _forget_unfinished(session: Session, account: Account, now: datetime) -> None:
    """Drafts, and batches with their tables; a batch that is being filed stops. What was filed stays filed."""
    for draft in drafts.open_drafts(session, account=account):
        drafts.discard(session, draft=draft, now=now)
    for batch in session.scalars(select(Batch).where(Batch.account_id == account.id)):
        batch.state = BatchState.DONE
        batches.discard(session, batch=batch, now=now)
