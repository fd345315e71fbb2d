"""The audit trail: every write, every refused write and every read of sealed material, chained by digests.

Rows are written by themselves. Whoever acts is told once (``acting``): the web layer does it for each request, the
command line for each command. What a session writes meanwhile gets its row in the same transaction, just before the
commit: there is no write without its row, and writers wait for each other only for that moment.

``digest`` = SHA-256 of the row as canonical JSON (RFC 8785), with the digest of the row before in it. The newest
digest goes into the transparency log (``commit_head``), so that nobody can rewrite the chain, ourselves included.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import rfc8785
from sqlalchemy import Table, bindparam, event, insert, inspect, select, update
from sqlalchemy.orm import ORMExecuteState, Session, sessionmaker

from ipreg import log
from ipreg.db import Clock, utc_now
from ipreg.models import Account, AuditHead, AuditKind, AuditRow, LogEntry

FORMAT = "ipreg-audit/1"
HEAD_FORMAT = "ipreg-audit-head/1"
HEAD_KIND = HEAD_SUBJECT = "audit_head"
START = "0" * 64
_MOST_CHANGES = 12
_LONGEST = {"actor": 64, "action": 64, "subject": 128, "result": 32}
_QUEUE, _TOUCHED, _ANCHOR = "audit-queue", "audit-touched", "audit-anchor"


@dataclass(frozen=True)
class Entry:
    """What one row is going to say. No secrets and no names in it: it can't be taken back."""

    at: datetime
    actor: str
    kind: AuditKind
    action: str
    subject: str
    result: str = "done"
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass
class Acting:
    """Somebody at work in this process: what his rows have in common."""

    actor: Callable[[], str]
    action: Callable[[], str]
    subject: str = ""
    details: Mapping[str, object] = field(default_factory=dict)
    clock: Clock = utc_now
    sessions: list[Session] = field(default_factory=list)
    written: bool = False

    def entry(self, kind: AuditKind, result: str = "done", more: Mapping[str, object] | None = None) -> Entry:
        details = {**self.details, **(more or {})}
        return Entry(self.clock(), self.actor(), kind, self.action(), self.subject, result, details)


_ACTING: ContextVar[Acting | None] = ContextVar("audit-acting", default=None)


def label(actor: Account | str) -> str:
    """How an actor stands in a row: ``account:7``; a text stands for itself."""
    return actor if isinstance(actor, str) else f"account:{actor.id}"


def new_request_id() -> str:
    """By which the rows of one request are found."""
    return secrets.token_hex(8)


def record(
    session: Session,
    *,
    actor: Account | str,
    action: str,
    subject: str,
    now: datetime,
    details: Mapping[str, object] | None = None,
    kind: AuditKind = AuditKind.READ,
) -> None:
    """One row, for what the hooks can't see by themselves: a read of sealed material, a job that acts for somebody.

    It is written when the session commits; where a request or a command only reads, at its end and before anything
    is answered.
    """
    common = _ACTING.get()
    told = {**(common.details if common else {}), **(details or {})}
    queue = session.info.setdefault(_QUEUE, [])
    queue.append(Entry(now, label(actor), kind, action, subject, details=told))
    if common is not None and session not in common.sessions:
        common.sessions.append(session)


def anchor_soon(session: Session) -> None:
    """What this session commits next is grave: the log commits to its audit rows in the same transaction."""
    session.info[_ANCHOR] = True


# --- Who is at work


def begin(work: Acting) -> None:
    """From now on what this thread writes is ``work``'s."""
    _ACTING.set(work)


def current() -> Acting | None:
    """Who is at work in this thread, if anybody."""
    return _ACTING.get()


def end() -> None:
    """Nobody is at work any more."""
    _ACTING.set(None)


@contextmanager
def acting(actor: Account | str, action: str, *, subject: str = "", **details: object) -> Iterator[Acting]:
    """For a job that acts for somebody, or on somebody's case: what is written inside gets its rows. Who learns the
    subject only inside says it there."""
    work = Acting(lambda: label(actor), lambda: action, subject, details)
    before = _ACTING.get()
    _ACTING.set(work)
    try:
        yield work
    finally:
        settle(work)  # what was read was read, however it ended
        _ACTING.set(before)


def settle(work: Acting, *more: Entry, sessions: sessionmaker[Session] | None = None) -> None:
    """Writes what ``work`` has to say and no commit has carried, ``more`` included, in a transaction of its own."""
    waiting = [*(one for session in work.sessions for one in session.info.pop(_QUEUE, [])), *more]
    if not waiting:
        return
    opened = sessions() if sessions is not None else Session(work.sessions[0].get_bind())
    with opened as session, session.begin():
        session.connection(execution_options={"writes": True})
        _chain(session, waiting)


# --- What sessions tell


def watch(sessions: sessionmaker[Session]) -> None:
    """From now on sessions of this factory write the rows of whoever is at work."""
    event.listen(sessions, "after_flush", _note_flush)
    event.listen(sessions, "do_orm_execute", _note_statement)
    event.listen(sessions, "before_commit", _before_commit)
    event.listen(sessions, "after_rollback", _forget)


def _touched(session: Session) -> list[tuple[str, object]]:
    return cast("list[tuple[str, object]]", session.info.setdefault(_TOUCHED, []))


def _note_flush(session: Session, _context: object) -> None:
    if _ACTING.get() is None:
        return
    touched = _touched(session)
    touched += [("new", one) for one in session.new]
    touched += [("changed", one) for one in session.dirty if session.is_modified(one)]
    touched += [("deleted", one) for one in session.deleted]


def _note_statement(state: ORMExecuteState) -> None:
    if _ACTING.get() is not None and (state.is_insert or state.is_update or state.is_delete):
        _touched(state.session).append(("bulk", None))


def _forget(session: Session) -> None:
    """What was written is gone; what was read was read."""
    session.info[_QUEUE] = [one for one in session.info.get(_QUEUE, []) if one.kind is AuditKind.READ]
    session.info.pop(_TOUCHED, None)
    session.info.pop(_ANCHOR, None)


def _before_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.flush()
    work = _ACTING.get()
    entries: list[Entry] = session.info.pop(_QUEUE, [])
    touched: list[tuple[str, object]] = session.info.pop(_TOUCHED, [])
    if work is not None and touched:
        entries.append(work.entry(AuditKind.WRITE, more=_changes(touched)))
        work.written = True
    if entries:
        _chain(session, entries)
    if session.info.pop(_ANCHOR, False) and entries:
        commit_head(session, now=entries[-1].at)
        session.flush()
        session.info.pop(_TOUCHED, None)  # the entry about the rows needs none itself


def _changes(touched: Sequence[tuple[str, object]]) -> dict[str, object]:
    """Which rows were written, each once, without what stands in them; the log's own are left out."""
    shown = [(verb, one) for verb, one in touched if one is not None and not _of_the_log(one)]
    found = list(dict.fromkeys(f"{verb} {_name(one)}" for verb, one in shown))
    more = len(found) - _MOST_CHANGES
    return {"changes": [*found[:_MOST_CHANGES], *([f"and {more} more"] if more > 0 else [])]} if found else {}


def _of_the_log(one: object) -> bool:
    return type(one).__name__.startswith("Log")


def _name(one: object) -> str:
    number = getattr(one, "number", None)
    if not isinstance(number, str):
        number = "-".join(str(part) for part in inspect(one, raiseerr=True).identity or ())[:24]
    return f"{type(one).__name__} {number}".strip()


# --- The chain

_HEAD = cast("Table", AuditHead.__table__)
_HOLD_HEAD = update(_HEAD).where(_HEAD.c.id == 1).values(size=_HEAD.c.size)
_READ_HEAD = select(_HEAD.c.size, _HEAD.c.digest).where(_HEAD.c.id == 1)
_MOVE_HEAD = update(_HEAD).where(_HEAD.c.id == 1).values(size=bindparam("grown"), digest=bindparam("newest"))
_INSERT = insert(cast("Table", AuditRow.__table__))


def _chain(session: Session, entries: Sequence[Entry]) -> None:
    """Appends ``entries``. The write to the head comes first: a second writer waits there and not half way."""
    connection = session.connection()
    connection.execute(_HOLD_HEAD)
    size, previous = connection.execute(_READ_HEAD).one()
    rows = []
    for position, entry in enumerate(entries, size):
        row = _row(position, entry, previous)
        row["digest"] = previous = digest_of(row)
        rows.append(row)
    connection.execute(_INSERT, rows)
    connection.execute(_MOVE_HEAD, {"grown": size + len(rows), "newest": previous})


def _row(position: int, entry: Entry, previous: str) -> dict[str, Any]:
    texts = {name: getattr(entry, name)[:most] for name, most in _LONGEST.items()}
    details = rfc8785.dumps(cast("dict[str, Any]", dict(entry.details))).decode()
    at = entry.at.astimezone(UTC)
    return {**texts, "position": position, "at": at, "kind": entry.kind, "details": details, "previous": previous}


def digest_of(row: Mapping[str, Any]) -> str:
    """The digest of a row, in hex: SHA-256 of its canonical JSON. ``details`` is committed to as the text it is."""
    return hashlib.sha256(
        rfc8785.dumps(
            {
                "format": FORMAT,
                "position": row["position"],
                "previous": row["previous"],
                "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"),
                "actor": row["actor"],
                "kind": str(row["kind"]),
                "action": row["action"],
                "subject": row["subject"],
                "result": row["result"],
                "details": row["details"],
            }
        )
    ).hexdigest()


def commit_head(session: Session, *, now: datetime) -> LogEntry | None:
    """The newest digest as an entry of the transparency log; None where the chain has not grown since the last."""
    size, digest = session.execute(_READ_HEAD).one()
    last = latest_anchor(session)
    statement = {"format": HEAD_FORMAT, "size": size, "digest": digest}
    if size == 0 or (last is not None and last.statement == rfc8785.dumps(statement).decode()):
        return None
    return log.append_entry(session, kind=HEAD_KIND, subject=HEAD_SUBJECT, statement=statement, now=now)


def latest_anchor(session: Session) -> LogEntry | None:
    """The log entry that commits to the chain as it was last, if there is one."""
    wanted = select(LogEntry).where(LogEntry.subject == HEAD_SUBJECT, LogEntry.kind == HEAD_KIND)
    return session.scalar(wanted.order_by(LogEntry.index.desc()).limit(1))
