"""Personal tokens: made, found, used so and so often, revoked."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, MissingError, PermissionDeniedError
from ipreg.models import Account, ApiAnswer, ApiToken, CallerCount, Scope
from ipreg.signins import shorten

PREFIX = "ipreg-pat-"
"""By which scanners for lost secrets know one."""
MOST, LONGEST_DAYS, NAME = 50, 366, 100
WINDOW = timedelta(minutes=1)
_KEPT_FOR, _ANSWERS_KEPT_FOR = timedelta(days=90), timedelta(days=7)
_MS = 1000
Counted = ApiToken | CallerCount


@dataclass(frozen=True)
class Allowance:
    """What is left of ``limit`` requests a minute; ``reset`` and ``wait`` are seconds until all of them, and until
    the next one, are there again."""

    granted: bool
    limit: int
    left: int
    reset: int
    wait: int


def make(
    session: Session, *, account: Account, name: str, scopes: Iterable[str], days: int, now: datetime
) -> tuple[ApiToken, str]:
    """A new token and its row; the token itself is told once. Raises ``CallerError`` with the field."""
    name = " ".join(name.split())
    asked = set(scopes)
    if not name or len(name) > NAME:
        raise CallerError("field_too_long" if name else "field_empty", field="name", most=NAME)
    if not asked or not asked <= set(Scope):
        raise CallerError("scope_none" if not asked else "choice_wrong", field="scopes")
    if not 1 <= days <= LONGEST_DAYS:
        raise CallerError("number_wrong", field="days", least=1, most=LONGEST_DAYS)
    if len([one for one in tokens_of(session, account=account) if holds(one, now)]) >= MOST:
        raise CallerError("tokens_too_many", field="name", most=MOST)
    token = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken(
        account=account,
        name=name,
        token_hash=_hash(token),
        hint=token[-4:],
        scopes=tuple(one.value for one in Scope if one in asked),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(made)
    session.flush()
    return made, token


def find(session: Session, *, token: str, now: datetime) -> ApiToken:
    """The row of that token; raises ``PermissionDeniedError`` (``token_wrong``, ``token_over``)."""
    found = session.scalar(select(ApiToken).where(ApiToken.token_hash == _hash(token)))
    if found is None or found.account.erased_at is not None:
        raise PermissionDeniedError("token_wrong")
    if not holds(found, now):
        raise PermissionDeniedError("token_over")
    return found


def holds(one: ApiToken, now: datetime) -> bool:
    """Neither revoked nor past its day."""
    return one.revoked_at is None and now < one.expires_at


def tokens_of(session: Session, *, account: Account) -> list[ApiToken]:
    """The account's tokens, the newest first."""
    wanted = select(ApiToken).where(ApiToken.account_id == account.id).order_by(ApiToken.id.desc())
    return list(session.scalars(wanted))


def revoke(session: Session, *, account: Account, token_id: int, now: datetime) -> None:
    """Ends one of the account's tokens; ended already, it stays so."""
    found = session.get(ApiToken, token_id)
    if found is None or found.account_id != account.id:
        raise MissingError("api_token_missing")
    found.revoked_at = found.revoked_at or now
    session.flush()


def revoke_all(session: Session, *, account: Account, now: datetime) -> None:
    """Ends all tokens of the account."""
    mine = update(ApiToken).where(ApiToken.account_id == account.id, ApiToken.revoked_at.is_(None))
    session.execute(mine.values(revoked_at=now))


def spend(session: Session, *, token_id: int, limit: int, address: str, now: datetime) -> Allowance:
    """Takes one request off the token's allowance, and notes when and from where it was used.

    The generic cell rate algorithm (ATM Forum TM 4.0, 4.4.2): one number says until when the token would be busy if
    its requests came evenly. One statement, so web processes that ask at once count together. It goes past the
    session's own record of writes: asking is no act for the audit trail.
    """
    more = {"last_used_at": now, "last_address": shorten(address)}
    return _spend(session, ApiToken, ApiToken.id == token_id, limit, now, more)


def spend_of(session: Session, *, whom: str, limit: int, now: datetime) -> Allowance:
    """The same for who has no personal token: ``whom`` is a source, or the network that one asks from."""
    key = hashlib.sha256(whom.encode()).hexdigest()
    known = session.connection().execute(select(CallerCount.key).where(CallerCount.key == key)).scalar()
    if known is None:
        _begin_to_count(session, key, now)
    return _spend(session, CallerCount, CallerCount.key == key, limit, now, {})


def house_of(address: str) -> str:
    """Whom an address without a token stands for: itself, in IPv6 its /64, which is one connection's."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _begin_to_count(session: Session, key: str, now: datetime) -> None:
    kind = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    fresh = kind(CallerCount).values(key=key, busy_until_ms=round(now.timestamp() * _MS))
    session.connection().execute(fresh.on_conflict_do_nothing())


def _spend(
    session: Session,
    table: type[Counted],
    mine: ColumnElement[bool],
    limit: int,
    now: datetime,
    more: dict[str, Any],
) -> Allowance:
    at, each, window = round(now.timestamp() * _MS), _each(limit), round(WINDOW.total_seconds() * _MS)
    until_now = table.busy_until_ms
    busy = case((until_now > at, until_now), else_=at) + each
    taken = update(table).where(mine, busy <= at + window).values(busy_until_ms=busy, **more).returning(until_now)
    until = session.connection().execute(taken).scalar_one_or_none()
    if until is not None:
        return Allowance(True, limit, (at + window - until) // each, _seconds(until - at), 0)
    until = session.connection().execute(select(until_now).where(mine)).scalar_one()
    return Allowance(False, limit, 0, _seconds(until - at), max(1, _seconds(until + each - at - window)))


def forget(session: Session, *, now: datetime) -> None:
    """Tokens that ended long ago, and answers that nobody asks for again."""
    over = (ApiToken.expires_at < now - _KEPT_FOR) | (ApiToken.revoked_at < now - _KEPT_FOR)
    session.execute(delete(ApiToken).where(over))
    session.execute(delete(ApiAnswer).where(ApiAnswer.at < now - _ANSWERS_KEPT_FOR))
    session.execute(delete(CallerCount).where(CallerCount.busy_until_ms < round(now.timestamp() * _MS)))


def _each(limit: int) -> int:
    return max(1, round(WINDOW.total_seconds() * _MS / limit))


def _seconds(ms: int) -> int:
    return -(-ms // _MS)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
