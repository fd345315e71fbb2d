"""Everything a case stands on that is in the log, verified from the ground up at the moment somebody asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import log, logcheck, stamping
from ipreg.errors import IpregError, MissingError
from ipreg.models import Capture, Case, LogEntry, LogTimeStamp, StampState
from ipreg.storage import Store
from ipreg.tlog.note import Verifier


@dataclass(frozen=True)
class Proved:
    """One entry of the log. ``faults`` are codes with their values; ``waiting``: no checkpoint covers it yet."""

    what: str
    number: str
    index: int | None
    at: datetime | None
    size: int | None
    waiting: bool
    faults: tuple[tuple[str, dict[str, object]], ...]

    @property
    def holds(self) -> bool:
        return not self.waiting and not self.faults


@dataclass(frozen=True)
class Stamped:
    """A time stamp over a checkpoint, as it verified just now."""

    authority: str
    size: int
    gen_time: datetime | None
    fault: tuple[str, dict[str, object]] | None


@dataclass(frozen=True)
class Checked:
    entries: list[Proved]
    stamps: list[Stamped]

    @property
    def holds(self) -> bool:
        return all(one.holds for one in self.entries) and all(one.fault is None for one in self.stamps)

    @property
    def broken(self) -> bool:
        return any(one.faults for one in self.entries) or any(one.fault for one in self.stamps)


def check(session: Session, store: Store, *, case: Case, verifiers: Sequence[Verifier]) -> Checked:
    """The filings, the captured evidence and each step: row against statement, statement against leaf, leaf in the
    signed tree; and the time stamps that cover the newest checkpoint used."""
    entries = [
        _prove(session, store, what, number, index, verifiers) for what, number, index in _entries(session, case)
    ]
    sizes = {one.size for one in entries if one.size is not None}
    return Checked(entries, [stamp for size in sorted(sizes) for stamp in _stamps(session, size)])


def _entries(session: Session, case: Case) -> Iterator[tuple[str, str, int | None]]:
    for filing in (case.match.filing, case.match.later_filing):
        if filing is not None:
            yield "filing", filing.number, filing.log_index
    if case.alert_id is not None:
        for capture in session.scalars(select(Capture).where(Capture.alert_id == case.alert_id)):
            if capture.captured_at is not None:
                yield "evidence", str(capture.id), capture.log_index
    for event in case.events:
        yield event.action, str(event.position + 1), event.log_index


def _prove(
    session: Session, store: Store, what: str, number: str, index: int | None, verifiers: Sequence[Verifier]
) -> Proved:
    entry = session.get(LogEntry, index) if index is not None else None
    if entry is None:
        fault: tuple[str, dict[str, object]] = ("check_entry_missing", {"subject": number, "index": index})
        return Proved(what, number, index, None, None, False, (fault,))
    faults: list[tuple[str, dict[str, object]]] = []
    size = None
    try:
        proof = log.prove_inclusion(session, index=entry.index)
        proof.verify(*verifiers)
        size = proof.head.size
        if log.leaf_data(kind=entry.kind, statement=entry.statement, salt=entry.salt) != entry.leaf:
            faults.append(("log_statement_changed", {"index": entry.index}))
    except MissingError:
        return Proved(what, number, index, entry.created_at, None, True, ())
    except IpregError as error:
        faults.append((error.code, error.values))
    faults += [(one.code, dict(one.values)) for one in logcheck.CHECKS[entry.kind](session, store, entry)]
    return Proved(what, number, index, entry.created_at, size, False, tuple(faults))


def _stamps(session: Session, size: int) -> Iterator[Stamped]:
    wanted = select(LogTimeStamp).where(LogTimeStamp.size >= size, LogTimeStamp.state == StampState.STAMPED)
    for stamp in session.scalars(wanted.order_by(LogTimeStamp.size).limit(3)):
        try:
            found = stamping.verify_stamp(session, stamp)
            yield Stamped(stamp.authority, stamp.size, found.gen_time, None)
        except IpregError as fault:
            yield Stamped(stamp.authority, stamp.size, None, (fault.code, fault.values))
