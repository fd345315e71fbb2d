"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for when it is lost."""

from __future__ import annotations

import base64
import hmac
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pyotp
from cryptography.fernet import Fernet
from sqlalchemy import CursorResult, delete, func, select, update
from sqlalchemy.orm import Session

from ipreg.accounts import new_join_code
from ipreg.errors import CallerError, ConflictError
from ipreg.keys import load_or_create_secret
from ipreg.models import Account, RecoveryCode, TwoFactor

STEP = 30
MAX_FAILURES = 8
LOCK_FOR = timedelta(minutes=15)
RECOVERY_CODES = 10


def two_factor_key(folder: Path) -> bytes:
    """The key that encrypts secrets, from the folder of secrets."""
    return load_or_create_secret(folder / "two-factor-key", 32)


def is_on(session: Session, *, account: Account) -> bool:
    """Whether signing in needs a code."""
    found = session.get(TwoFactor, account.id)
    return found is not None and found.confirmed_at is not None


def begin(session: Session, key: bytes, *, account: Account) -> None:
    """Draws a secret; it counts once a code has been given by it. Begun before, that secret is forgotten."""
    found = session.get(TwoFactor, account.id)
    if found is not None and found.confirmed_at is not None:
        raise ConflictError("two_factor_on")
    found = found or TwoFactor(account_id=account.id)
    found.secret, found.last_step = _seal(key, pyotp.random_base32()), 0
    found.failures, found.locked_until = 0, None
    session.add(found)
    session.flush()


def address_of(session: Session, key: bytes, *, account: Account, issuer: str) -> tuple[str, str] | None:
    """The secret that was begun with, and its otpauth address for the app; None where nothing is begun."""
    found = session.get(TwoFactor, account.id)
    if found is None or found.confirmed_at is not None:
        return None
    secret = _open(key, found.secret)
    return secret, pyotp.TOTP(secret).provisioning_uri(name=account.email, issuer_name=issuer)


def confirm(session: Session, key: bytes, *, account: Account, code: str, now: datetime) -> list[str]:
    """The first code by the new secret switches the second factor on. Returns the recovery codes, once."""
    found = session.get(TwoFactor, account.id)
    if found is None or found.confirmed_at is not None:
        raise ConflictError("two_factor_not_begun")
    _take(session, key, found, code, now)
    found.confirmed_at = now
    return renew_recovery_codes(session, key, account=account)


def check(session: Session, key: bytes, *, account: Account, code: str, now: datetime) -> None:
    """A code of the app, or a recovery code, each taken once.

    Raises ``CallerError``: ``code_wrong``, or ``sign_in_locked`` after too many. The caller commits even then.
    """
    found = session.get(TwoFactor, account.id, populate_existing=True)
    if found is None or found.confirmed_at is None:
        raise ConflictError("two_factor_not_begun")
    if len(code.strip()) > 9:
        _refuse_locked(found, now)
        if not _use_recovery_code(session, key, account, code, now):
            _count_failure(session, found, now)
        found.failures = 0
    else:
        _take(session, key, found, code, now)
    session.flush()


def renew_recovery_codes(session: Session, key: bytes, *, account: Account) -> list[str]:
    """New recovery codes; the old ones work no more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    codes = [new_join_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(account_id=account.id, code_hash=_code_hash(key, account, one)) for one in codes)
    session.flush()
    return codes


def codes_left(session: Session, *, account: Account) -> int:
    """How many recovery codes are unused."""
    unused = select(func.count()).where(RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None))
    return session.scalar(unused) or 0


def switch_off(session: Session, *, account: Account) -> None:
    """No second factor any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    session.execute(delete(TwoFactor).where(TwoFactor.account_id == account.id))


def _take(session: Session, key: bytes, found: TwoFactor, code: str, now: datetime) -> None:
    """Accepts the code of this step, the last or the next, where it is newer than the last one taken."""
    _refuse_locked(found, now)
    totp = pyotp.TOTP(_open(key, found.secret))
    given = "".join(code.split())
    step = int(now.timestamp()) // STEP
    for one in (step - 1, step, step + 1):
        if one > found.last_step and secrets.compare_digest(totp.at(one * STEP).encode(), given.encode()):
            # Two processes that are given the same code at once: one of them is the first.
            taken = session.execute(
                update(TwoFactor)
                .where(TwoFactor.account_id == found.account_id, TwoFactor.last_step < one)
                .values(last_step=one, failures=0)
            )
            if cast("CursorResult[Any]", taken).rowcount == 1:
                session.refresh(found)
                return
    _count_failure(session, found, now)


def _refuse_locked(found: TwoFactor, now: datetime) -> None:
    if found.locked_until and now < found.locked_until:
        raise CallerError("sign_in_locked", field="code", minutes=1 + (found.locked_until - now).seconds // 60)


def _count_failure(session: Session, found: TwoFactor, now: datetime) -> None:
    found.failures += 1
    if found.failures >= MAX_FAILURES:
        found.failures, found.locked_until = 0, now + LOCK_FOR
    session.flush()
    raise CallerError("code_wrong", field="code")


def _use_recovery_code(session: Session, key: bytes, account: Account, code: str, now: datetime) -> bool:
    used = session.execute(
        update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.code_hash == _code_hash(key, account, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return cast("CursorResult[Any]", used).rowcount == 1


def _code_hash(key: bytes, account: Account, code: str) -> str:
    letters = "".join(one for one in code.upper() if one.isalnum())
    return hmac.digest(key, f"recovery:{account.id}:{letters}".encode(), "sha256").hex()


def _seal(key: bytes, secret: str) -> str:
    return Fernet(base64.urlsafe_b64encode(key)).encrypt(secret.encode()).decode()


def _open(key: bytes, sealed: str) -> str:
    return Fernet(base64.urlsafe_b64encode(key)).decrypt(sealed.encode()).decode()
