"""What is done to a filing after it was filed, on the record: a row, and an entry of the transparency log.

The log's statement names persons only by salted digests; the names and the salt stay in our tables, so an account
can be deleted and the log need not change.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rfc8785
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ipreg import log
from ipreg.errors import ConflictError
from ipreg.models import Account, Filing, FilingAct

ACT_FORMAT = "ipreg-filing-act/1"
KIND = "filing_act"


def record(
    session: Session,
    *,
    filing: Filing,
    action: str,
    parties: Mapping[str, Account],
    details: Mapping[str, Any] | None = None,
    now: datetime,
) -> FilingAct:
    """The act's row, and its log entry. ``details`` are JSON and name nobody.

    Raises ``ConflictError`` (``changed_meanwhile``) where somebody else changed the filing in the same moment.
    """
    flush(session)
    last = session.scalar(select(func.max(FilingAct.position)).where(FilingAct.filing_id == filing.id))
    act = FilingAct(
        filing=filing,
        position=0 if last is None else last + 1,
        at=now,
        action=action,
        parties={part: account.id for part, account in parties.items()},
        details=dict(details or {}),
        salt=secrets.token_hex(32),
    )
    said = statement(act, parties)
    entry = log.append_entry(session, kind=KIND, subject=filing.number, statement=said, now=now)
    act.log_index = entry.index
    session.add(act)
    flush(session)
    return act


def statement(act: FilingAct, parties: Mapping[str, Account]) -> dict[str, Any]:
    """What the act's log entry commits to."""
    return {
        "format": ACT_FORMAT,
        "filing": act.filing.number,
        "position": act.position,
        "at": act.at.isoformat(),
        "action": act.action,
        "parties": {part: digest_of(account, act.salt, act.at) for part, account in parties.items()},
        "details": act.details,
    }


def parties_of(session: Session, act: FilingAct) -> dict[str, Account]:
    """The accounts that took part, by their part."""
    return {part: session.get_one(Account, account_id) for part, account_id in act.parties.items()}


def digest_of(account: Account, salt: str, at: datetime) -> str:
    """SHA-256 over salt, name and address as they were at that moment."""
    name, email = account.known_as(at)
    return hashlib.sha256(rfc8785.dumps({"salt": salt, "name": name, "email": email})).hexdigest()


def acts_of(session: Session, filing: Filing) -> list[FilingAct]:
    """The filing's acts, oldest first."""
    wanted = select(FilingAct).where(FilingAct.filing_id == filing.id).order_by(FilingAct.position)
    return list(session.scalars(wanted))


def flush(session: Session) -> None:
    """Flushes; who was slower than somebody else is told so."""
    try:
        session.flush()
    except (StaleDataError, IntegrityError) as fault:
        raise ConflictError("changed_meanwhile") from fault
