"""``ipreg audit check``: the chain of the audit rows against itself and against the transparency log.

Named is all that differs. A row that was edited no longer has its digest; one that was taken out leaves a gap, one
that was put in or moved does not fit its neighbours; a shorter or a rewritten chain is not the one that the log
committed to. Whoever rewrites the log as well meets its checkpoints, which strangers keep.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from ipreg import audit, log
from ipreg.errors import MissingError, ProofError
from ipreg.models import AuditHead, AuditRow, LogEntry
from ipreg.models.audit import TRIGGERS
from ipreg.tlog.note import Verifier

_AT_ONCE = 2000
_TRIGGER_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_rows'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_rows'::regclass AND tgenabled = 'O'",
}


@dataclass(frozen=True)
class Fault:
    """What does not agree: a code, and values for its message."""

    code: str
    values: Mapping[str, object]


@dataclass(frozen=True)
class Checked:
    """How many rows there are, up to which the log covers them, and all that differs."""

    size: int
    committed: int
    faults: tuple[Fault, ...]


def check(session: Session, *, verifiers: Sequence[Verifier]) -> Checked:
    """Checks every row, the head, the log with all its entries about them, and the database's triggers.

    ``verifiers`` are the keys the log ever had. Reads a million rows in pieces, never all of them at once.
    """
    found = _check(session, verifiers, 0, _anchors(session))
    try:
        log.verify_log(session, verifier=verifiers)
    except ProofError as fault:
        return Checked(found.size, found.committed, (*found.faults, Fault(fault.code, fault.values)))
    return found


def check_newest(session: Session, *, verifiers: Sequence[Verifier], rows: int = _AT_ONCE) -> Checked:
    """The same for the newest ``rows`` and the log's newest entry about them: while somebody looks at the page."""
    size = session.scalar(select(AuditHead.size)) or 0
    newest = audit.latest_anchor(session)
    return _check(session, verifiers, max(0, size - rows), [] if newest is None else [_read_anchor(newest)])


def _check(session: Session, verifiers: Sequence[Verifier], start: int, anchors: Iterable[_Anchor]) -> Checked:
    chain = _Chain(start, _digest_before(session, start))
    faults = list(chain.walk(session))
    faults += _head(session, chain)
    committed = 0
    for anchor in anchors:
        faults += _anchor(session, anchor, chain, verifiers)
        committed = max(committed, anchor.size)
    faults += [Fault("audit_trigger_missing", {"name": name}) for name in _missing_triggers(session)]
    return Checked(chain.size, committed, tuple(faults))


class _Chain:
    """A walk along the rows; afterwards ``size`` and ``digest`` are those of the end."""

    def __init__(self, start: int, digest: str) -> None:
        self.start, self.size, self.digest = start, start, digest

    def walk(self, session: Session) -> Iterator[Fault]:
        while rows := _rows(session, self.size):
            for row in rows:
                yield from self._step(row)

    def _step(self, row: Mapping[str, object]) -> Iterator[Fault]:
        position = int(str(row["position"]))
        if position != self.size:
            yield Fault("audit_row_lost", {"first": self.size, "last": position - 1})
        elif row["previous"] != self.digest:
            yield Fault("audit_chain_broken", {"position": position})
        if audit.digest_of(row) != row["digest"]:
            yield Fault("audit_row_changed", {"position": position})
        self.size, self.digest = position + 1, str(row["digest"])


def _rows(session: Session, start: int) -> list[Mapping[str, object]]:
    wanted = select(AuditRow.__table__).where(AuditRow.position >= start).order_by(AuditRow.position)
    return [dict(row) for row in session.execute(wanted.limit(_AT_ONCE)).mappings()]


def _digest_before(session: Session, start: int) -> str:
    found = session.scalar(select(AuditRow.digest).where(AuditRow.position == start - 1))
    return found or audit.START


def _head(session: Session, chain: _Chain) -> Iterator[Fault]:
    found = session.execute(select(AuditHead.size, AuditHead.digest)).first()
    if found is None or tuple(found) != (chain.size, chain.digest):
        yield Fault("audit_head_wrong", {"found": chain.size, "size": found.size if found else "?"})


# --- What the log says


@dataclass(frozen=True)
class _Anchor:
    entry: LogEntry
    size: int
    digest: str


def _anchors(session: Session) -> Iterator[_Anchor]:
    wanted = select(LogEntry).where(LogEntry.subject == audit.HEAD_SUBJECT, LogEntry.kind == audit.HEAD_KIND)
    for entry in session.scalars(wanted.order_by(LogEntry.index)):
        yield _read_anchor(entry)


def _read_anchor(entry: LogEntry) -> _Anchor:
    try:
        said = json.loads(entry.statement)
        return _Anchor(entry, int(said["size"]), str(said["digest"]))
    except (ValueError, KeyError, TypeError):
        return _Anchor(entry, 0, "")  # its leaf won't hold


def _anchor(session: Session, anchor: _Anchor, chain: _Chain, verifiers: Sequence[Verifier]) -> Iterator[Fault]:
    entry = anchor.entry
    told = {"index": entry.index, "size": anchor.size}
    if entry.leaf != log.leaf_data(kind=entry.kind, statement=entry.statement, salt=entry.salt) or not _proved(
        session, entry, verifiers
    ):
        yield Fault("audit_anchor_unproved", told)
    if anchor.size > chain.size:
        yield Fault("audit_cut_off", {**told, "found": chain.size})
    elif session.scalar(select(AuditRow.digest).where(AuditRow.position == anchor.size - 1)) != anchor.digest:
        yield Fault("audit_anchor_differs", told)


def _proved(session: Session, entry: LogEntry, verifiers: Sequence[Verifier]) -> bool:
    """False where a checkpoint covers the entry and the proof does not hold."""
    try:
        log.prove_inclusion(session, index=entry.index).verify(*verifiers)
    except MissingError:
        return True  # no checkpoint covers it yet
    except ProofError:
        return False
    return True


def _missing_triggers(session: Session) -> list[str]:
    query = _TRIGGER_NAMES.get(session.get_bind().dialect.name)
    if query is None:
        return []
    found = set(session.scalars(text(query)))
    return [name for name in TRIGGERS if name not in found]


def check_anchor(session: Session, entry: LogEntry) -> bool:
    """Whether the chain still holds the row that the log's ``entry`` commits to."""
    anchor = _read_anchor(entry)
    return session.scalar(select(AuditRow.digest).where(AuditRow.position == anchor.size - 1)) == anchor.digest
