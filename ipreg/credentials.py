"""Passwords and addresses: proved, changed and won back. Who may do so has shown a password or a link."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import accounts, links, signins, throttle, tokens
from ipreg.errors import CallerError
from ipreg.models import Account, LinkPurpose, OneTimeLink
from ipreg.notify.letters import write_letter

RESETS, RESETS_FROM_ONE_PLACE = 3, 20
TAKEN_TOLD = 5
WITHIN = timedelta(hours=1)


def ask_to_verify(session: Session, key: bytes, *, account: Account, now: datetime) -> None:
    """A letter with a link to the account's address; at most three an hour."""
    if account.email_verified_at is not None:
        return
    if not throttle.allow(session, what="verify", whom=account.email, most=3, within=WITHIN, now=now):
        raise CallerError("mail_too_often")
    link = links.issue(
        session, key, purpose=LinkPurpose.VERIFY_EMAIL, email=account.email, account=account, now=now
    )
    write_letter(session, kind="verify_email", email=account.email, locale=account.locale, link=link, now=now)


def told_often(session: Session, *, place: str, now: datetime) -> bool:
    """Whether one ``place`` (an IP address) has been told of too many addresses that they are taken."""
    return throttle.spent(session, what="taken", whom=place, most=TAKEN_TOLD, within=WITHIN, now=now)


def tell_taken(session: Session, *, email: str, place: str, now: datetime) -> None:
    """Somebody opened an account with an address that has one: its owner hears of it, once a day."""
    throttle.note(session, what="taken", whom=place, now=now)
    account = session.scalar(select(Account).where(Account.email == accounts.checked_email(email)))
    day = timedelta(days=1)
    if account is not None and throttle.allow(
        session, what="in-use", whom=account.email, most=1, within=day, now=now
    ):
        write_letter(session, kind="email_in_use", email=account.email, locale=account.locale, now=now)


def verify(session: Session, *, token: str, now: datetime) -> Account:
    """The address is its owner's: he opened the link."""
    link = links.find(session, purpose=LinkPurpose.VERIFY_EMAIL, token=token, now=now)
    links.use(session, link=link, now=now)
    account = _owner(link)
    if account.email == link.email:
        account.email_verified_at = account.email_verified_at or now
    session.flush()
    return account


def ask_for_reset(session: Session, key: bytes, *, email: str, place: str, now: datetime) -> None:
    """A letter with a link, where the address has an account. The caller answers the same in any case.

    Raises ``CallerError`` (``too_often``) after too many from one ``place`` (an IP address), whatever was asked.
    """
    email = email.strip().lower()[:254]
    if not throttle.allow(
        session, what="reset-from", whom=place, most=RESETS_FROM_ONE_PLACE, within=WITHIN, now=now
    ):
        raise CallerError("too_often")
    allowed = throttle.allow(session, what="reset", whom=email, most=RESETS, within=WITHIN, now=now)
    account = session.scalar(select(Account).where(Account.email == email))
    if account is None or account.erased_at is not None or not allowed:
        return
    link = links.issue(session, key, purpose=LinkPurpose.RESET_PASSWORD, email=email, account=account, now=now)
    write_letter(session, kind="reset_password", email=email, locale=account.locale, link=link, now=now)


def reset(session: Session, *, token: str, password: str, now: datetime) -> Account:
    """A new password by the link. Every device is signed out; a second factor is still asked for."""
    link = links.find(session, purpose=LinkPurpose.RESET_PASSWORD, token=token, now=now)
    account = _owner(link)
    accounts.set_password(account, password)
    links.use(session, link=link, now=now)
    account.email_verified_at = account.email_verified_at or now
    account.failed_sign_ins, account.locked_until = 0, None
    signins.end_all(session, account=account, now=now)
    tokens.revoke_all(session, account=account, now=now)
    _tell_password_changed(session, account, now)
    return account


def change_password(
    session: Session, *, account: Account, current: str, new: str, sign_in_id: int | None, now: datetime
) -> None:
    """Another password, for who knows the present one. Other devices are signed out."""
    accounts.prove_password(session, account=account, password=current, field="current", now=now)
    accounts.set_password(account, new, field="new")
    links.revoke_all(session, account=account, purpose=LinkPurpose.RESET_PASSWORD, now=now)
    signins.end_all(session, account=account, but=sign_in_id, now=now)
    _tell_password_changed(session, account, now)


def ask_to_change_email(
    session: Session, key: bytes, *, account: Account, email: str, password: str, now: datetime
) -> None:
    """A link to the new address; the old one is told. Nothing changes before the link is opened.

    Whether the new address has an account shows only in the letter that goes to it.
    """
    accounts.prove_password(session, account=account, password=password, field="password", now=now)
    email = accounts.checked_email(email)
    if email == account.email:
        raise CallerError("email_same", field="email")
    if not throttle.allow(session, what="change", whom=str(account.id), most=5, within=WITHIN, now=now):
        raise CallerError("mail_too_often", field="email")
    values = {"new": email}
    write_letter(
        session, kind="email_change_asked", email=account.email, locale=account.locale, values=values, now=now
    )
    if session.scalar(select(Account.id).where(Account.email == email)) is not None:
        write_letter(session, kind="email_in_use", email=email, locale=account.locale, now=now)
        return
    link = links.issue(session, key, purpose=LinkPurpose.CHANGE_EMAIL, email=email, account=account, now=now)
    write_letter(session, kind="change_email", email=email, locale=account.locale, link=link, now=now)


def change_email(session: Session, *, token: str, now: datetime) -> Account:
    """The new address is proved and becomes the account's."""
    link = links.find(session, purpose=LinkPurpose.CHANGE_EMAIL, token=token, now=now)
    links.use(session, link=link, now=now)
    account, old = _owner(link), _owner(link).email
    if session.scalar(select(Account.id).where(Account.email == link.email)) is not None:
        raise CallerError("email_taken")
    accounts.remember_name(account, now)
    account.email, account.email_verified_at = link.email, now
    links.revoke_all(session, account=account, purpose=LinkPurpose.RESET_PASSWORD, now=now)
    session.flush()
    write_letter(
        session, kind="email_changed", email=old, locale=account.locale, values={"new": link.email}, now=now
    )
    return account


def _owner(link: OneTimeLink) -> Account:
    if link.account is None:
        raise ValueError("a link of an account without one")
    return link.account


def _tell_password_changed(session: Session, account: Account, now: datetime) -> None:
    session.flush()
    write_letter(session, kind="password_changed", email=account.email, locale=account.locale, now=now)
