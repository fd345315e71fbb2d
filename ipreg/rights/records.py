"""Rights that were obtained, and applications for them, as their owner records them.

Nothing is examined here: the record says what the owner says, when he said it, and which paper he showed. It is
an event of the filing in the log; what was wrong is retracted by another event. Rights stand on the filing's page;
granted ones that their owner shows, on the public record and on certificates that are issued from then on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, log, workdays
from ipreg.errors import CallerError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    Disclosure,
    Filing,
    ObtainedKind,
    RightKind,
    RightRecord,
    RightsDiary,
    StoredFile,
)
from ipreg.registry import Attached, base_name
from ipreg.rights.clocks import Clock, Facts, Right, clocks_of
from ipreg.rights.numbers import check_number
from ipreg.storage import Shelf, Store, keep_file

FORMAT = "ipreg-right/1"
EARLIEST = date(1985, 4, 1)  # the day from which there are patents in China; no design here is older
MOST = 100
_PAPERS = frozenset({"application/pdf", "image/jpeg", "image/png", "image/tiff", "image/heic", "image/webp"})


@dataclass(frozen=True)
class RightForm:
    """What the owner states: ``office`` names the country or office where the kind does not, ``public``: a granted
    right is shown on the public record, from which it can be seen whose design it is."""

    kind: ObtainedKind
    number: str
    applied_on: date
    granted_on: date | None = None
    office: str = ""
    public: bool = False


def record_right(
    session: Session,
    store: Store,
    *,
    filing: Filing,
    account: Account,
    form: RightForm,
    paper: Attached | None = None,
    request_key: str,
    now: datetime,
) -> RightRecord:
    """Records a right or an application for one; the same ``request_key`` again gives the same record.

    Raises ``CallerError`` (``field``: number, applied_on, granted_on, office, paper or none) and
    ``PermissionDeniedError`` for who only sees the filing.
    """
    require_owner(account, filing)
    same = select(RightRecord).where(RightRecord.filing_id == filing.id, RightRecord.request_key == request_key)
    if (known := session.scalar(same)) is not None:
        return known
    others = records_of(session, filing)
    number = _check(form, others, workdays.shanghai_day(now))
    document = None if paper is None else _keep_paper(session, store.shelf(filing.vault_key), paper, now)
    record = RightRecord(
        filing=filing,
        kind=form.kind,
        number=number,
        office=form.office.strip(),
        applied_on=form.applied_on,
        granted_on=form.granted_on,
        document=document,
        document_name=base_name(paper.filename) if paper else "",
        public=form.public,
        account=account,
        request_key=request_key,
        recorded_at=now,
    )
    session.add(record)
    session.flush()
    record.log_index = _log(session, record, statement_of(record), now)
    look_again(session, filing, workdays.shanghai_day(now))
    return record


def retract(session: Session, *, record: RightRecord, account: Account, now: datetime) -> None:
    """Takes a wrong record back; the record and the event that took it back stay in the log."""
    require_owner(account, record.filing)
    if record.retracted_at is not None:
        return
    record.retracted_at = now
    record.retracted_index = _log(session, record, retraction_of(record), now)
    look_again(session, record.filing, workdays.shanghai_day(now))


def require_owner(account: Account, filing: Filing) -> None:
    """Raises ``MissingError`` for strangers and ``PermissionDeniedError`` for owners who change nothing."""
    if not access.owns_filing(account, filing):
        raise MissingError("filing_missing", number=filing.number)
    if not access.can_act_on_filing(account, filing):
        raise PermissionDeniedError("viewer_only_sees")


def records_of(session: Session, filing: Filing) -> Sequence[RightRecord]:
    """The filing's records that stand, oldest application first."""
    wanted = select(RightRecord).where(RightRecord.filing_id == filing.id, RightRecord.retracted_at.is_(None))
    return session.scalars(wanted.order_by(RightRecord.applied_on, RightRecord.id)).all()


def public_records(session: Session, filing: Filing) -> list[RightRecord]:
    """Granted rights that their owner shows to everybody."""
    return [one for one in records_of(session, filing) if one.public and one.granted_on is not None]


def key_of(records: Sequence[RightRecord]) -> str:
    """Says in 64 letters which records these are; empty for none."""
    ids = ",".join(str(one.id) for one in records)
    return hashlib.sha256(ids.encode()).hexdigest() if ids else ""


def get_record(session: Session, filing: Filing, record_id: int) -> RightRecord:
    """The record of this filing, retracted or not; raises ``MissingError``."""
    record = session.get(RightRecord, record_id)
    if record is None or record.filing_id != filing.id:
        raise MissingError("right_missing")
    return record


def read_paper(store: Store, record: RightRecord) -> bytes:
    """The paper that was shown with the record; of a sealed filing it lies with its files, encrypted."""
    if record.document is None:
        raise MissingError("right_missing")
    shelf = store.shelf(record.filing.vault_key)
    # One kept before papers were sealed lies in the open store.
    return (shelf if shelf.holds(record.document.sha256) else store).get(record.document.sha256)


def facts_of(filing: Filing, records: Sequence[RightRecord]) -> Facts:
    """What the clocks are made from. An application and its grant are two records and one right."""
    rights: dict[tuple[ObtainedKind, str, str], Right] = {}
    for one in records:
        before = rights.get((one.kind, one.office, one.number))
        granted = one.granted_on or (before.granted_on if before else None)
        rights[one.kind, one.office, one.number] = Right(one.kind, one.applied_on, granted)
    return Facts(
        filed_on=workdays.shanghai_day(filing.filed_at),
        created_on=filing.created_on,
        shown=filing.disclosure,
        shown_on=None if filing.disclosure is Disclosure.NONE else filing.first_disclosed_on,
        wanted=frozenset(RightKind(one) for one in filing.rights_wanted),
        rights=tuple(rights.values()),
    )


def clocks_now(session: Session, filing: Filing, now: datetime) -> list[Clock]:
    """The filing's clocks as they stand."""
    return clocks_of(facts_of(filing, records_of(session, filing)), workdays.shanghai_day(now))


def look_again(session: Session, filing: Filing, day: date) -> None:
    """The reminders look at this filing's clocks on ``day``."""
    diary = session.get(RightsDiary, filing.id)
    if diary is None:
        session.add(RightsDiary(filing_id=filing.id, look_on=day))
    else:
        diary.look_on = day
    session.flush()


def statement_of(record: RightRecord) -> dict[str, Any]:
    """What the log entry of the record commits to."""
    return {
        "format": FORMAT,
        "event": "recorded",
        "filing": record.filing.number,
        "record": record.id,
        "kind": record.kind.value,
        "number": record.number,
        "office": record.office,
        "applied_on": record.applied_on.isoformat(),
        "granted_on": record.granted_on.isoformat() if record.granted_on else None,
        "document": _document(record.document),
        "recorded_at": record.recorded_at.isoformat(),
    }


def retraction_of(record: RightRecord) -> dict[str, Any]:
    """What the log entry of the retraction commits to."""
    return {
        "format": FORMAT,
        "event": "retracted",
        "filing": record.filing.number,
        "record": record.id,
        "retracted_at": record.retracted_at.isoformat() if record.retracted_at else None,
    }


def _document(file: StoredFile | None) -> Mapping[str, Any] | None:
    return None if file is None else {"sha256": file.sha256, "sm3": file.sm3, "size": file.size}


def _log(session: Session, record: RightRecord, statement: Mapping[str, Any], now: datetime) -> int:
    entry = log.append_entry(session, kind="right", subject=record.filing.number, statement=statement, now=now)
    return entry.index


def _check(form: RightForm, others: Sequence[RightRecord], today: date) -> str:
    """The number in its usual form."""
    for field, day in (("applied_on", form.applied_on), ("granted_on", form.granted_on)):
        if day is not None and day > today:
            raise CallerError("day_in_future", field=field)
    if form.applied_on < EARLIEST:
        raise CallerError("date_too_early", field="applied_on")
    if form.granted_on is not None and form.granted_on < form.applied_on:
        raise CallerError("granted_before_applied", field="granted_on")
    office = form.office.strip()
    if form.kind is ObtainedKind.FOREIGN_DESIGN and not office:
        raise CallerError("field_empty", field="office")
    if len(office) > MOST:
        raise CallerError("field_too_long", field="office", most=MOST)
    number = check_number(form.kind, form.number, applied_on=form.applied_on)
    for one in others:
        same = (one.kind, one.office, one.number) == (form.kind, office, number)
        if same and (form.granted_on is None or one.granted_on is not None):
            raise CallerError("right_recorded_already", field="number")
    if len(others) >= MOST:
        raise CallerError("rights_too_many", field="number", most=MOST)
    return number


def _keep_paper(session: Session, store: Shelf, paper: Attached, now: datetime) -> StoredFile:
    try:
        file = keep_file(session, store, data=paper.data, now=now)
    except CallerError as fault:
        raise CallerError(fault.code, field="paper", **fault.values) from fault
    if file.media_type not in _PAPERS:
        raise CallerError("paper_kind", field="paper")
    return file
