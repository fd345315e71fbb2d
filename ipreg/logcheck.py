"""``ipreg log check``: the log against itself, and then against the database and the files that it speaks of.

Each kind of entry has a check that knows which rows its statement was made from. All that differs is named, not
only the first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import rfc8785
from sqlalchemy import CompoundSelect, select
from sqlalchemy.orm import Session, lazyload, selectinload

from ipreg import acts, audit, auditcheck, log, logkeys, stamping
from ipreg.casework import machine, table
from ipreg.digests import digests
from ipreg.errors import IpregError, MissingError, ProofError
from ipreg.manifest import amends, manifest
from ipreg.models import (
    Capture,
    Case,
    CaseEvent,
    Filing,
    FilingAct,
    FilingVersion,
    LegalEvent,
    LegalLetter,
    LogCheckpoint,
    LogCosignature,
    LogEntry,
    LogKey,
    LogTimeStamp,
    RightRecord,
    StampState,
)
from ipreg.response import steps
from ipreg.rights import records
from ipreg.sightings import capture
from ipreg.storage import Shelf, Store
from ipreg.tlog.cosignature import Cosigner, cosignatures
from ipreg.tlog.note import Verifier


@dataclass(frozen=True)
class Difference:
    """What does not agree: a code with values for its message, and the log entry's index (None: no entry's)."""

    code: str
    index: int | None
    values: Mapping[str, object]


Check = Callable[[Session, Store, LogEntry], Iterator[Difference]]


@dataclass(frozen=True)
class Checked:
    """How many entries there are, and all that differs."""

    size: int
    differences: tuple[Difference, ...]


def check_log(
    session: Session, store: Store, *, verifiers: Sequence[Verifier], witnesses: Sequence[Cosigner] = ()
) -> Checked:
    """Checks everything; the hashes and checkpoints first, then each entry against its rows and files.

    ``verifiers`` are all keys the log ever had; of ``witnesses`` the cosignatures are verified too.
    """
    found: list[Difference] = []
    try:
        log.verify_log(session, verifier=verifiers)
    except ProofError as fault:
        index = fault.values.get("index")
        found.append(Difference(fault.code, index if isinstance(index, int) else None, fault.values))
    size = 0
    for entry in session.scalars(select(LogEntry).order_by(LogEntry.index)):
        size += 1
        check = CHECKS.get(entry.kind)
        if check is not None:
            found += check(session, store, entry)
    found += _rows_without_entry(session)
    found += _decisions_without_event(session)
    found += _tokens(session)
    found += _cosignatures(session, witnesses)
    return Checked(size, tuple(found))


def _differs(entry: LogEntry, code: str, **values: object) -> Difference:
    return Difference(code, entry.index, {"subject": entry.subject, "index": entry.index, **values})


def _said(entry: LogEntry) -> dict[str, Any]:
    """The statement; empty where it is no object at all (the log's own check has named that already)."""
    try:
        found = json.loads(entry.statement)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fields(entry: LogEntry, now: Mapping[str, Any]) -> list[str]:
    """The names of the fields in which the statement and what the rows say ``now`` differ."""
    said, rows = _said(entry), json.loads(rfc8785.dumps(dict(now)))
    return sorted(name for name in {*said, *rows} if said.get(name) != rows.get(name))


def check_filing(session: Session, store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The filing's row, its manifest, its pictures' rows and the bytes on disk."""
    filing = session.scalar(select(Filing).where(Filing.number == entry.subject))
    if filing is None:
        yield _differs(entry, "check_row_missing")
        return
    version = next((one for one in filing.versions if one.version == _said(entry).get("version", 1)), None)
    if version is None:
        yield _differs(entry, "check_row_missing")
        return
    if version.log_index != entry.index:
        yield _differs(entry, "check_index_changed", found=version.log_index)
    if version.manifest != entry.statement:
        yield _differs(entry, "check_manifest_changed")
    if version.version == filing.version:
        yield from _check_newest(filing, entry)
    yield from _check_chain(filing, version, entry)
    yield from _check_files(store, filing, entry)


def _check_newest(filing: Filing, entry: LogEntry) -> Iterator[Difference]:
    """The filing's own row repeats its newest version."""
    if filing.log_index != entry.index:
        yield _differs(entry, "check_index_changed", found=filing.log_index)
    if fields := _fields(entry, manifest(filing)):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))
    if filing.manifest != entry.statement:
        yield _differs(entry, "check_manifest_changed")


def _check_chain(filing: Filing, version: FilingVersion, entry: LogEntry) -> Iterator[Difference]:
    """A later version names the log entry and the digest of the one before it."""
    before = next((one for one in filing.versions if one.version == version.version - 1), None)
    if before is not None and _said(entry).get("amends") != amends(before):
        yield _differs(entry, "check_fields_changed", fields="amends")


def _check_files(store: Store, filing: Filing, entry: LogEntry) -> Iterator[Difference]:
    """The bytes on disk, unless they were destroyed with the filing's withdrawal."""
    if filing.files_destroyed_at is not None:
        return
    try:
        shelf = store.shelf(filing.vault_key)
    except IpregError as fault:
        yield _differs(entry, "check_vault", reason=fault.code)
        return
    for file in _said(entry).get("files", []):
        yield from _check_file(shelf, entry, file)


def _check_file(shelf: Shelf, entry: LogEntry, file: Mapping[str, Any]) -> Iterator[Difference]:
    try:
        found = digests(shelf.get(str(file.get("sha256"))))
    except MissingError:
        yield _differs(entry, "check_file_missing", name=file.get("name"))
        return
    except ProofError:
        yield _differs(entry, "check_file_changed", name=file.get("name"))
        return
    if (found.sha256, found.sm3) != (file.get("sha256"), file.get("sm3")):
        yield _differs(entry, "check_file_changed", name=file.get("name"))


def check_case_event(session: Session, _store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The event's row, and that it stands where the statement says."""
    wanted = (
        select(Case, CaseEvent)
        .join(CaseEvent, CaseEvent.case_id == Case.id)
        .where(Case.number == entry.subject, CaseEvent.position == _said(entry).get("position"))
    )
    found = session.execute(wanted).first()
    if found is None:
        yield _differs(entry, "check_row_missing")
        return
    case, event = found
    if event.log_index != entry.index:
        yield _differs(entry, "check_index_changed", found=event.log_index)
    if fields := _fields(entry, machine.event_statement(case, event)):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))


def check_log_key(session: Session, _store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The key's row, and when it came or went."""
    row = session.get(LogKey, entry.subject)
    action = str(_said(entry).get("action"))
    at, index = (None, None)
    if row is not None:
        at, index = (row.added_at, row.added_index) if action == "added" else (row.retired_at, row.retired_index)
    if row is None or at is None or index != entry.index:
        yield _differs(entry, "check_row_missing")
    elif fields := _fields(entry, logkeys.statement(row, action, at)):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))


def check_evidence(session: Session, store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The capture's row, its files' rows and their bytes. Pictures of the listing may have changed since."""
    work = session.scalar(select(Capture).where(Capture.log_index == entry.index))
    if work is None or work.captured_at is None:
        yield _differs(entry, "check_row_missing")
        return
    said = _said(entry)
    now_said = {**capture.statement_of(work), "held_pictures": said.get("held_pictures")}
    if fields := _fields(entry, now_said):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))
    for file in said.get("files", []):
        yield from _check_file(store, entry, file)


def check_act(session: Session, _store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The act's row, with the digests of the accounts that it names."""
    act = session.scalar(select(FilingAct).where(FilingAct.log_index == entry.index))
    if act is None:
        yield _differs(entry, "check_row_missing")
    elif fields := _fields(entry, acts.statement(act, acts.parties_of(session, act))):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))


def check_audit_head(session: Session, _store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The audit trail still holds the row; ``ipreg audit check`` says more."""
    if not auditcheck.check_anchor(session, entry):
        yield _differs(entry, "check_row_missing")


def check_right(session: Session, store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The record's row, that it stands where it says, and its paper."""
    said = _said(entry)
    record = session.get(RightRecord, said.get("record") or 0)
    if record is None or record.filing.number != entry.subject:
        yield _differs(entry, "check_row_missing")
        return
    taken_back = said.get("event") == "retracted"
    index = record.retracted_index if taken_back else record.log_index
    if index != entry.index:
        yield _differs(entry, "check_index_changed", found=index)
    now = records.retraction_of(record) if taken_back else records.statement_of(record)
    if fields := _fields(entry, now):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))
    if said.get("document"):
        yield from _check_file(store, entry, {**said["document"], "name": record.document_name})


def check_letter(session: Session, store: Store, entry: LogEntry) -> Iterator[Difference]:
    """The step's row, and the files that came with it."""
    event = session.scalar(select(LegalEvent).where(LegalEvent.log_index == entry.index))
    if event is None:
        yield _differs(entry, "check_row_missing")
        return
    if fields := _fields(entry, steps.statement(event)):
        yield _differs(entry, "check_fields_changed", fields=", ".join(fields))
    for file in _said(entry).get("files", []):
        yield from _check_file(steps.shelf_of(store, event.letter), entry, file)


CHECKS: dict[str, Check] = {
    "filing": check_filing,
    "case_event": check_case_event,
    "log_key": check_log_key,
    "evidence": check_evidence,
    "right": check_right,
    acts.KIND: check_act,
    steps.KIND: check_letter,
    audit.HEAD_KIND: check_audit_head,
}
"""One check for each kind of entry. A kind without one is only checked against the log itself."""


def _rows_without_entry(session: Session) -> Iterator[Difference]:
    """Rows that claim to be in the log and are not."""
    for kind, rows in (
        ("filing", session.execute(_filed())),
        ("case_event", session.execute(select(Case.number, CaseEvent.log_index).join(CaseEvent))),
        ("evidence", _captures(session)),
        ("right", session.execute(select(Filing.number, RightRecord.log_index).join(RightRecord))),
        (steps.KIND, session.execute(select(LegalLetter.number, LegalEvent.log_index).join(LegalEvent))),
        (acts.KIND, session.execute(select(Filing.number, FilingAct.log_index).join(FilingAct))),
    ):
        for number, index in rows:
            entry = None if index is None else session.get(LogEntry, index)
            if entry is None or (entry.kind, entry.subject) != (kind, number):
                yield Difference("check_entry_missing", index, {"subject": number, "index": index})


def _filed() -> CompoundSelect[str, int | None]:
    """Numbers and log entries of all filings and all their versions, each once."""
    newest = select(Filing.number, Filing.log_index)
    return newest.union(select(Filing.number, FilingVersion.log_index).join(FilingVersion))


def _captures(session: Session) -> Iterator[tuple[str, int | None]]:
    for work in session.scalars(select(Capture).where(Capture.captured_at.is_not(None))):
        yield f"alert-{work.alert_id}", work.log_index


def _decisions_without_event(session: Session) -> Iterator[Difference]:
    """A case's state, outcome and reason repeat what its logged events lead to."""
    bare = (lazyload(Case.match), lazyload(Case.officer), lazyload(Case.clocks))
    events = selectinload(Case.events).lazyload(CaseEvent.actor)
    for case in session.scalars(select(Case).options(*bare, events).execution_options(yield_per=200)):
        if table.replay(case.events) != table.Standing(case.state, case.outcome, case.decision_reason):
            yield Difference("check_decision_changed", None, {"subject": case.number})


def _tokens(session: Session) -> Iterator[Difference]:
    """Every stored time stamp still holds over its checkpoint."""
    for stamp in session.scalars(select(LogTimeStamp).where(LogTimeStamp.state == StampState.STAMPED)):
        try:
            found = stamping.verify_stamp(session, stamp)
            if found.gen_time != stamp.gen_time:
                raise ProofError("token_time_off", token=found.gen_time, clock=stamp.gen_time)
        except IpregError as fault:
            yield Difference(
                "check_token", None, {"authority": stamp.authority, "size": stamp.size, "reason": fault}
            )


def _cosignatures(session: Session, witnesses: Sequence[Cosigner]) -> Iterator[Difference]:
    for kept in session.scalars(select(LogCosignature)):
        note = session.get_one(LogCheckpoint, kept.size).note + kept.line
        try:
            if kept.witness in {one.name for one in witnesses} and kept.witness not in cosignatures(
                note, witnesses
            ):
                raise ProofError("cosignature_missing", name=kept.witness)
        except ProofError:
            yield Difference("check_cosignature", None, {"witness": kept.witness, "size": kept.size})
