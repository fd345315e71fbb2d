"""One-time links: made, found, used up, taken back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from ipreg.errors import MissingError
from ipreg.keys import load_or_create_secret
from ipreg.models import Account, LinkPurpose, OneTimeLink

LASTS = {
    LinkPurpose.VERIFY_EMAIL: timedelta(days=3),
    LinkPurpose.CHANGE_EMAIL: timedelta(days=1),
    LinkPurpose.RESET_PASSWORD: timedelta(hours=1),
    LinkPurpose.INVITATION: timedelta(days=7),
}


def link_key(folder: Path) -> bytes:
    """The key that makes tokens, from the folder of secrets."""
    return load_or_create_secret(folder / "link-key", 32)


def issue(
    session: Session, key: bytes, *, purpose: LinkPurpose, email: str, account: Account | None, now: datetime
) -> OneTimeLink:
    """A new link; older ones for the same account and purpose work no more."""
    if account is not None:
        revoke_all(session, account=account, purpose=purpose, now=now)
    link = OneTimeLink(
        purpose=purpose,
        account=account,
        email=email,
        nonce=secrets.token_hex(16),
        created_at=now,
        expires_at=now + LASTS[purpose],
    )
    link.token_hash = _hash(token_of(key, link))
    session.add(link)
    session.flush()
    return link


def token_of(key: bytes, link: OneTimeLink) -> str:
    """What stands in the address: 43 letters, 256 bits."""
    made = hmac.digest(key, f"{link.purpose.value}:{link.nonce}".encode(), "sha256")
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def find(session: Session, *, purpose: LinkPurpose, token: str, now: datetime) -> OneTimeLink:
    """The open link of that token; raises ``MissingError`` (``link_over``) where it is used, old or unknown."""
    link = session.scalar(select(OneTimeLink).where(OneTimeLink.token_hash == _hash(token)))
    if link is None or link.purpose is not purpose or not is_open(link, now):
        raise MissingError("link_over")
    return link


def use(session: Session, *, link: OneTimeLink, now: datetime) -> None:
    """Uses it up, by compare-and-swap: of two who open it at once, one comes through."""
    taken = session.execute(
        update(OneTimeLink)
        .where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None), OneTimeLink.revoked_at.is_(None))
        .values(used_at=now)
    )
    if cast("CursorResult[Any]", taken).rowcount != 1:
        raise MissingError("link_over")


def revoke(session: Session, *, link: OneTimeLink, now: datetime) -> None:
    """It works no more; done already, this changes nothing."""
    if link.used_at is None and link.revoked_at is None:
        link.revoked_at = now
        session.flush()


def revoke_all(session: Session, *, account: Account, purpose: LinkPurpose, now: datetime) -> None:
    """All open links of that kind."""
    session.execute(
        update(OneTimeLink)
        .where(
            OneTimeLink.account_id == account.id,
            OneTimeLink.purpose == purpose,
            OneTimeLink.used_at.is_(None),
            OneTimeLink.revoked_at.is_(None),
        )
        .values(revoked_at=now)
    )


def is_open(link: OneTimeLink, now: datetime) -> bool:
    """Neither used, nor taken back, nor too old."""
    return link.used_at is None and link.revoked_at is None and now < link.expires_at


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
