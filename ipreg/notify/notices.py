"""Telling an account something, once: a notice in its inbox, and into the outbox by each of its channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg.errors import MissingError
from ipreg.models import Account, Channel, Notice, Outgoing
from ipreg.notify import channels
from ipreg.notify.kinds import write
from ipreg.notify.rhythm import due_at


def tell(
    session: Session,
    *,
    account: Account,
    kind: str,
    values: Mapping[str, Any],
    path: str,
    key: str,
    now: datetime,
) -> Notice | None:
    """Tells ``account``, within the caller's transaction; None where it was told this ``key`` before.

    ``kind`` names the words in ``ipreg.notify.kinds``, ``values`` (JSON) fills them, ``path`` is the page of ours
    that it leads to. Raises ``KeyError`` where the kind is unknown or a value is missing.
    """
    write(kind, values, str)  # what can't be said must not be stored
    if not path.startswith("/") or path.startswith("//"):
        raise ValueError(f"not a path of ours: {path}")
    if session.scalar(select(Notice.id).where(Notice.account_id == account.id, Notice.key == key)):
        return None
    notice = Notice(account=account, kind=kind, values=dict(values), path=path, key=key, created_at=now)
    try:
        with session.begin_nested():
            session.add(notice)
    except IntegrityError:
        return None  # another transaction was faster
    for channel in channels.open_to(session, account=account, now=now):
        send_by(session, notice=notice, channel=channel, now=now)
    return notice


def send_by(session: Session, *, notice: Notice, channel: Channel, now: datetime) -> None:
    """Puts ``notice`` into the outbox for ``channel``; once, whoever of a group was told it first."""
    there = select(Outgoing.id).where(Outgoing.channel_id == channel.id, Outgoing.key == notice.key)
    if session.scalar(there) is not None:
        return
    try:
        with session.begin_nested():
            session.add(
                Outgoing(
                    notice=notice,
                    channel_id=channel.id,
                    key=notice.key,
                    created_at=now,
                    due_at=due_at(channel, now),
                )
            )
    except IntegrityError:
        return


def inbox(
    session: Session, *, account: Account, unread: bool = False, limit: int = 50, offset: int = 0
) -> list[Notice]:
    """The account's notices, newest first."""
    wanted = select(Notice).where(Notice.account_id == account.id)
    if unread:
        wanted = wanted.where(Notice.read_at.is_(None))
    return list(session.scalars(wanted.order_by(Notice.id.desc()).limit(limit).offset(offset)))


def count_unread(session: Session, *, account: Account, most: int = 100) -> int:
    """How many notices the account has not read; counted up to ``most``."""
    unread = select(Notice.id).where(Notice.account_id == account.id, Notice.read_at.is_(None)).limit(most)
    return session.scalar(select(func.count()).select_from(unread.subquery())) or 0


def get_notice(session: Session, *, notice_id: int, account: Account) -> Notice:
    """The account's notice; raises ``MissingError``."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.account_id != account.id:
        raise MissingError("notice_missing")
    return notice


def mark_read(session: Session, *, account: Account, path: str | None = None, now: datetime) -> None:
    """All notices of the account count as read, or those that lead to ``path``."""
    unread = update(Notice).where(Notice.account_id == account.id, Notice.read_at.is_(None))
    session.execute((unread if path is None else unread.where(Notice.path == path)).values(read_at=now))
