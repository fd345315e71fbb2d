"""Accounts: signing up, signing in, belonging to an enterprise."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import available_timezones

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import Account, FormerName, Organization, OrganizationRole, Role
from ipreg.plaintext import has_controls, is_blank

PASSWORD_MIN, PASSWORD_MAX = 10, 200
MAX_FAILED_SIGN_INS = 10
LOCK_FOR = timedelta(minutes=15)
LOCALES = ("zh", "en")
PAGE = 50
"""So many people stand on a page."""
_REGIONS = ("Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
_SELF_SERVICE = (Role.DESIGNER, Role.ENTERPRISE)
# No 0/O or 1/I/L: the code is read out and typed in.
_CODE_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy_hash() -> str:
    return _hasher().hash(secrets.token_hex(16))


def sign_up(
    session: Session,
    *,
    email: str,
    password: str,
    name: str,
    role: Role,
    locale: str = "zh",
    organization_name: str | None = None,
    join_code: str | None = None,
    now: datetime,
) -> Account:
    """A new account that a stranger opens for himself; only designers and enterprises may."""
    if role not in _SELF_SERVICE:
        raise PermissionDeniedError("role_not_self_service", role=role.value)
    account = create_account(
        session,
        email=email,
        password=password,
        name=name,
        role=role,
        locale=locale,
        organization_name=organization_name,
        join_code=join_code,
        now=now,
    )
    account.email_verified_at = None  # nobody has looked at it
    session.flush()
    return account


def create_account(
    session: Session,
    *,
    email: str,
    password: str,
    name: str,
    role: Role,
    locale: str = "zh",
    organization_name: str | None = None,
    join_code: str | None = None,
    now: datetime,
) -> Account:
    """A new account, whose address the operator vouches for. A designer may join an enterprise by code.

    Raises ``CallerError`` with the field at fault; ``email_taken`` where the address has an account.
    """
    organization_id = _organization(session, role, organization_name, join_code, now)
    account = Account(
        email=checked_email(email),
        password_hash=_hasher().hash(_checked_password(password)),
        name=_checked_text(name, "name", 200),
        role=role,
        locale=locale if locale in LOCALES else "zh",
        organization_id=organization_id,
        organization_role=_first_role(role) if organization_id is not None else None,
        created_at=now,
        email_verified_at=now,
        former_names=[],
    )
    if session.scalar(select(Account.id).where(Account.email == account.email)):
        raise CallerError("email_taken", field="email")
    session.add(account)
    try:
        session.flush()
    except IntegrityError as fault:
        raise CallerError("email_taken", field="email") from fault
    return account


@dataclass(frozen=True)
class Compared:
    """That a password fits what was kept for an address at that moment, or not; None where no account has it."""

    password_hash: str | None
    fits: bool


def kept_hash(session: Session, *, email: str) -> str | None:
    """What ``compare`` needs."""
    return session.scalar(select(Account.password_hash).where(Account.email == email.strip().lower()))


def compare(password_hash: str | None, password: str) -> Compared:
    """Takes a tenth of a second on purpose: not while a transaction is open. For an address without an account as
    long as for one with, so that addresses can't be probed by the clock."""
    return Compared(password_hash, _matches(password_hash or _decoy_hash(), password))


def sign_in(
    session: Session, *, email: str, password: str, compared: Compared | None = None, now: datetime
) -> Account:
    """The account of that address and password. What was ``compared`` before need not be here.

    Raises ``CallerError``: ``sign_in_refused`` without saying which of both was wrong, ``sign_in_locked`` after
    too many failures. The caller commits even then, so that failures are counted.
    """
    account = session.scalar(select(Account).where(Account.email == email.strip().lower()))
    kept = None if account is None else account.password_hash
    if compared is None or compared.password_hash != kept:
        compared = compare(kept, password)
    if account is None:
        raise CallerError("sign_in_refused")
    if account.locked_until and now < account.locked_until:
        raise CallerError("sign_in_locked", minutes=1 + (account.locked_until - now).seconds // 60)
    if not compared.fits:
        _count_failure(account, now)
        session.flush()
        raise CallerError("sign_in_refused")
    account.failed_sign_ins, account.locked_until = 0, None
    if _hasher().check_needs_rehash(account.password_hash):
        account.password_hash = _hasher().hash(password)
    session.flush()
    return account


def prove_password(session: Session, *, account: Account, password: str, field: str, now: datetime) -> None:
    """The password once more, before something that matters. Failures count as those of signing in do.

    Raises ``CallerError`` at ``field``; the caller commits even then.
    """
    if account.locked_until and now < account.locked_until:
        minutes = 1 + (account.locked_until - now).seconds // 60
        raise CallerError("sign_in_locked", field=field, minutes=minutes)
    if not _matches(account.password_hash, password):
        _count_failure(account, now)
        session.flush()
        raise CallerError("password_wrong", field=field)


def set_password(account: Account, password: str, field: str = "password") -> None:
    """Another password, checked as at the opening of an account."""
    account.password_hash = _hasher().hash(_checked_password(password, field))


def get_account(session: Session, account_id: int) -> Account | None:
    """The account, or None."""
    return session.get(Account, account_id)


def by_email(session: Session, email: str) -> Account | None:
    """The account of that address, or None."""
    return session.scalar(select(Account).where(Account.email == email.strip().lower()))


def join_organization(session: Session, *, account: Account, join_code: str) -> Organization:
    """Lets a designer file on behalf of the enterprise whose code it gave him."""
    if account.role is not Role.DESIGNER:
        raise PermissionDeniedError("only_designers_join")
    found = _by_code(session, join_code)
    if account.organization_id == found.id:
        return found
    if account.organization_id is not None:
        raise ConflictError("member_elsewhere")
    account.organization_id, account.organization_role = found.id, OrganizationRole.CONTRIBUTOR
    session.flush()
    session.refresh(account)
    return found


def people(session: Session, wanted: Select[Account], *, words: str, page: int) -> list[Account]:
    """Of the ``wanted`` whose name or address holds ``words``: one page, and one more where there is another."""
    if words := words.strip()[:100]:
        named = Account.name.icontains(words, autoescape=True)
        wanted = wanted.where(or_(named, Account.email.icontains(words, autoescape=True)))
    return list(session.scalars(wanted.limit(PAGE + 1).offset((page - 1) * PAGE)).unique())


def rename(session: Session, *, account: Account, name: str, now: datetime) -> None:
    """Another name from now on. What was filed or said before goes on naming the old one."""
    name = _checked_text(name, "name", 200)
    if name != account.name:
        remember_name(account, now)
        account.name = name
        session.flush()


def choose_zone(session: Session, *, account: Account, name: str) -> None:
    """Times are shown in that zone from now on. Raises ``choice_wrong`` for what is no place of the database."""
    if name not in zones():
        raise CallerError("choice_wrong", field="time_zone")
    account.time_zone = name
    session.flush()


@cache
def zones() -> frozenset[str]:
    """Names of zones that are places; neither offsets nor abbreviations."""
    return frozenset(name for name in available_timezones() if name.split("/")[0] in _REGIONS)


def remember_name(account: Account, now: datetime) -> None:
    """Call it before name or address change: what was committed to until now names these."""
    account.former_names.append(FormerName(name=account.name, email=account.email, until=now))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher().verify(password_hash, password[: PASSWORD_MAX + 1])
    except (VerificationError, InvalidHashError):
        return False


def _count_failure(account: Account, now: datetime) -> None:
    account.failed_sign_ins += 1
    if account.failed_sign_ins >= MAX_FAILED_SIGN_INS:
        account.failed_sign_ins, account.locked_until = 0, now + LOCK_FOR


def _organization(
    session: Session, role: Role, name: str | None, join_code: str | None, now: datetime
) -> int | None:
    if join_code and join_code.strip() and role is Role.DESIGNER:
        return _by_code(session, join_code).id
    if role is not Role.ENTERPRISE:
        return None
    if join_code and join_code.strip():
        raise CallerError("join_code_for_designers", field="join_code")
    made = Organization(
        name=_checked_text(name or "", "organization_name", 200), join_code=new_join_code(), created_at=now
    )
    session.add(made)
    session.flush()
    return made.id


def _first_role(role: Role) -> OrganizationRole:
    """Who opens an enterprise owns it; who comes by its code is an outside designer."""
    return OrganizationRole.OWNER if role is Role.ENTERPRISE else OrganizationRole.CONTRIBUTOR


def new_join_code() -> str:
    """Twelve letters, about 59 bits: can't be guessed, can be read out."""
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:]))


def _by_code(session: Session, join_code: str) -> Organization:
    found = session.scalar(select(Organization).where(Organization.join_code == join_code.strip().upper()))
    if found is None:
        raise CallerError("join_code_unknown", field="join_code")
    return found


def checked_email(email: str) -> str:
    """The address as it is kept; raises ``CallerError``."""
    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized.lower()
    except EmailNotValidError as fault:
        raise CallerError("email_wrong", field="email") from fault


def _checked_password(password: str, field: str = "password") -> str:
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise CallerError("password_length", field=field, least=PASSWORD_MIN, most=PASSWORD_MAX)
    return password


def _checked_text(value: str, field: str, most: int) -> str:
    value = " ".join(value.split())
    if is_blank(value):
        raise CallerError("field_empty", field=field)
    if len(value) > most:
        raise CallerError("field_too_long", field=field, most=most)
    if has_controls(value):
        raise CallerError("field_control_characters", field=field)
    return value
