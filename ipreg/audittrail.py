"""The audit trail as it is read: newest first, filtered, a page at a time, and as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from ipreg import access, audit, workdays
from ipreg.models import Account, AuditKind, AuditRow, Role

READERS = (Role.AUDITOR, Role.ADMINISTRATOR)
AT_ONCE = 50
MOST_EXPORTED = 100_000
COLUMNS = ("position", "at", "actor", "kind", "action", "subject", "result", "details", "previous", "digest")


@dataclass(frozen=True)
class Wanted:
    """Which rows: ``who`` is a name, an address or an actor as rows have it; days are whole days of
    Beijing, as the page shows times."""

    who: str = ""
    kind: AuditKind | None = None
    action: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Page:
    """Rows with the accounts that acted; ``before`` is where the next page begins, or None."""

    rows: Sequence[AuditRow]
    people: Mapping[str, Account]
    before: int | None


def page(
    session: Session, *, account: Account, wanted: Wanted, before: int | None = None, limit: int = AT_ONCE
) -> Page:
    """The newest rows below ``before``; raises ``PermissionDeniedError`` for whoever is no auditor."""
    access.require_role(account, *READERS)
    query = _query(session, wanted).limit(limit + 1)
    if before is not None:
        query = query.where(AuditRow.position < before)
    rows = session.scalars(query).all()
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, people(session, rows), rows[-1].position if more else None)


def people(session: Session, rows: Sequence[AuditRow]) -> dict[str, Account]:
    """The accounts that acted in ``rows``, by how they stand there."""
    ids = {int(row.actor.partition(":")[2]) for row in rows if row.actor.startswith("account:")}
    found = session.scalars(select(Account).where(Account.id.in_(ids))).unique()
    return {audit.label(one): one for one in found}


def details(row: AuditRow) -> dict[str, Any]:
    """What else the row says."""
    found = json.loads(row.details)
    return found if isinstance(found, dict) else {}


def export(session: Session, *, account: Account, wanted: Wanted) -> Iterator[str]:
    """The rows as CSV, line by line; with them the digests can be recomputed (docs/audit.md)."""
    access.require_role(account, *READERS)
    yield "\ufeff" + _line(COLUMNS)
    query = _query(session, wanted).limit(MOST_EXPORTED).execution_options(yield_per=1000)
    for row in session.scalars(query):
        yield _line([_cell(getattr(row, name)) for name in COLUMNS])


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value)


def _line(cells: Sequence[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()


def _query(session: Session, wanted: Wanted) -> Select[AuditRow]:
    query = select(AuditRow).order_by(AuditRow.position.desc())
    if wanted.who:
        query = query.where(AuditRow.actor.in_(_actors(session, wanted.who)))
    if wanted.kind is not None:
        query = query.where(AuditRow.kind == wanted.kind)
    if wanted.action:
        query = query.where(_begins(AuditRow.action, wanted.action))
    if wanted.subject:
        # Numbers of filings and cases are written in capitals, what stands before a colon in small letters.
        query = query.where(or_(*(_begins(AuditRow.subject, one) for one in _spellings(wanted.subject))))
    if wanted.since is not None:
        query = query.where(AuditRow.at >= workdays.end_of(wanted.since - timedelta(days=1)))
    if wanted.until is not None:
        query = query.where(AuditRow.at < workdays.end_of(wanted.until))
    return query


def _spellings(subject: str) -> set[str]:
    before, colon, number = subject.rpartition(":")
    return {subject, f"{before.lower()}{colon}{number.upper()}"}


def _begins(column: Any, text: str) -> Any:
    """A range and not LIKE: every database can use its index for it."""
    return (column >= text) & (column < text + "\U0010ffff")


def _actors(session: Session, who: str) -> list[str]:
    """``who`` as it may stand in rows."""
    text = who.strip()
    named = select(Account.id).where(or_(Account.email == text.lower(), Account.name == text)).limit(100)
    return [text, *(f"account:{one}" for one in session.scalars(named))]
