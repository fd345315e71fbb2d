"""Sign-ins as they are kept: opened, found by their token, seen again, ended by whoever they belong to."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session
from ua_parser import parse

from ipreg.errors import MissingError
from ipreg.models import Account, Role, SignIn

LONGEST = timedelta(days=90)
IDLE = timedelta(days=30)
# Who decides about others is asked again each working day.
IDLE_ON_DUTY = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=5)
KEPT_FOR = timedelta(days=30)


def open_sign_in(
    session: Session, *, account: Account, user_agent: str, address: str, second_factor: bool, now: datetime
) -> tuple[SignIn, str]:
    """A new sign-in, and the token that the device keeps."""
    token = secrets.token_urlsafe(32)
    made = SignIn(
        account=account,
        token_hash=_hash(token),
        device=device_of(user_agent),
        address=shorten(address),
        second_factor=second_factor,
        created_at=now,
        last_seen_at=now,
    )
    session.add(made)
    session.flush()
    return made, token


def find(session: Session, *, token: str, now: datetime) -> SignIn | None:
    """The sign-in of that token, while it holds."""
    found = session.scalar(select(SignIn).where(SignIn.token_hash == _hash(token)))
    return found if found is not None and holds(found, now) else None


def holds(one: SignIn, now: datetime) -> bool:
    """Neither ended, nor left alone for too long, nor too old."""
    on_duty = one.account.role not in (Role.DESIGNER, Role.ENTERPRISE)
    idle = IDLE_ON_DUTY if on_duty else IDLE
    return one.revoked_at is None and now < one.last_seen_at + idle and now < one.created_at + LONGEST


def see(session: Session, *, sign_in_id: int, now: datetime) -> None:
    """It was used just now. Past the session's own record of writes: looking is no act for the audit trail."""
    session.connection().execute(update(SignIn).where(SignIn.id == sign_in_id).values(last_seen_at=now))


def current(session: Session, *, account: Account, now: datetime) -> list[SignIn]:
    """The account's sign-ins that hold, the last used first."""
    wanted = select(SignIn).where(SignIn.account_id == account.id, SignIn.revoked_at.is_(None))
    return [one for one in session.scalars(wanted.order_by(SignIn.last_seen_at.desc())) if holds(one, now)]


def end(session: Session, *, account: Account, sign_in_id: int, now: datetime) -> None:
    """Ends one of the account's sign-ins."""
    found = session.get(SignIn, sign_in_id)
    if found is None or found.account_id != account.id:
        raise MissingError("sign_in_missing")
    found.revoked_at = found.revoked_at or now
    session.flush()


def end_all(session: Session, *, account: Account, but: int | None = None, now: datetime) -> None:
    """Ends all sign-ins of the account, but one."""
    wanted = update(SignIn).where(SignIn.account_id == account.id, SignIn.revoked_at.is_(None))
    if but is not None:
        wanted = wanted.where(SignIn.id != but)
    session.execute(wanted.values(revoked_at=now))


def forget(session: Session, *, now: datetime) -> None:
    """Sign-ins that have been over for so long that nobody looks for them."""
    session.execute(delete(SignIn).where(SignIn.last_seen_at < now - LONGEST - KEPT_FOR))
    session.execute(delete(SignIn).where(SignIn.revoked_at < now - KEPT_FOR))


def device_of(user_agent: str) -> str:
    """Browser and system, as its owner would call them; empty where neither is known."""
    found = parse(user_agent[:500])
    names = (found.user_agent.family if found.user_agent else "", found.os.family if found.os else "")
    return " · ".join(one for one in names if one)[:100]


def shorten(address: str) -> str:
    """Enough to know one's own network by, too little to find a person: /24 of IPv4, /48 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
