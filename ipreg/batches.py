"""Many designs at once: a ZIP with a table and its pictures is checked row by row, then filed row by row.

The ZIP lies encrypted and is never unpacked to disk: a row's files are read from it by name, each within the
limit of a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg import access, drafts, registry
from ipreg.batchtable import read_table
from ipreg.batchzip import BatchZip
from ipreg.config import Config
from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Account, Batch, BatchRow, BatchState, Filing, RowState, VaultKey, ViewKind
from ipreg.registry import Attached, Picture
from ipreg.statements import read_form
from ipreg.storage import Store
from ipreg.vault.shelf import SealedShelf

_PIECE = 1 << 20
MOST_FAULTS = 8
"""So many faults of one row are told."""
PAGE = 100
"""So many rows stand on one page of the report."""


def accept(
    session: Session,
    store: Store,
    config: Config,
    *,
    account: Account,
    filename: str,
    file: BinaryIO,
    now: datetime,
) -> Batch:
    """Takes a batch in; the same ZIP again is the same batch. The rows are checked by ``check_row``.

    Raises ``CallerError`` (field ``batch``) where the ZIP or its table as a whole is at fault.
    """
    access.require_filer(account)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    known = session.scalar(select(Batch).where(Batch.account_id == account.id, Batch.digest == digest))
    if known is not None:
        return known
    archive = BatchZip(file, most_bytes=config.max_file_bytes)
    rows = read_table(archive.table())
    made = Batch(
        account=account,
        filename=registry.base_name(filename),
        digest=digest,
        state=BatchState.CHECKING,
        vault_key=store.new_key(session, now=now),
        created_at=now,
        rows=[BatchRow(line=line, values=values, state=RowState.WAITING, faults=[]) for line, values in rows],
    )
    session.add(made)
    session.flush()
    file.seek(0)
    _shelf(store, made).take(digest, iter(lambda: file.read(_PIECE), b""))
    return made


@contextmanager
def open_zip(store: Store, config: Config, batch: Batch) -> Iterator[BatchZip]:
    """The batch's ZIP, read again: neither in memory nor on disk is ever the whole of it in the clear."""
    with _shelf(store, batch).open(batch.digest) as file:
        yield BatchZip(file, most_bytes=config.max_file_bytes)


def _shelf(store: Store, batch: Batch) -> SealedShelf:
    if batch.vault_key is None:
        raise MissingError("batch_missing")
    return store.sealed_shelf(batch.vault_key)


def get(session: Session, *, batch_id: int, account: Account) -> Batch:
    """The account's batch; ``MissingError`` otherwise."""
    found = session.get(Batch, batch_id)
    if found is None or found.account_id != account.id:
        raise MissingError("batch_missing")
    return found


def batches_of(session: Session, *, account: Account) -> list[Batch]:
    """The last fifty, newest first."""
    wanted = select(Batch).where(Batch.account_id == account.id).order_by(Batch.id.desc()).limit(50)
    return list(session.scalars(wanted))


def counts(session: Session, batch: Batch) -> dict[RowState, int]:
    """How many rows are in each state."""
    wanted = select(BatchRow.state, func.count()).where(BatchRow.batch_id == batch.id).group_by(BatchRow.state)
    return dict.fromkeys(RowState, 0) | {row.state: row[1] for row in session.execute(wanted)}


def pending(session: Session) -> list[tuple[int, BatchState]]:
    """Batches that a job has to go on with."""
    wanted = select(Batch.id, Batch.state).where(Batch.state.in_((BatchState.CHECKING, BatchState.FILING)))
    return [(batch_id, state) for batch_id, state in session.execute(wanted.order_by(Batch.id))]


def rows_in(session: Session, batch_id: int, state: RowState) -> list[int]:
    """Ids of the batch's rows in that state, in the table's order."""
    wanted = select(BatchRow.id).where(BatchRow.batch_id == batch_id, BatchRow.state == state)
    return list(session.scalars(wanted.order_by(BatchRow.line)))


def told_rows(
    session: Session, batch: Batch, *, state: RowState | None = None, page: int | None = None
) -> list[tuple[BatchRow, str]]:
    """The rows (of one ``state``, of one page of them), each with the number of its filing or ""."""
    wanted = (
        select(BatchRow, Filing.number)
        .outerjoin(Filing, BatchRow.filing_id == Filing.id)
        .where(BatchRow.batch_id == batch.id, *([BatchRow.state == state] if state else []))
        .order_by(BatchRow.line)
    )
    if page is not None:
        wanted = wanted.limit(PAGE).offset((page - 1) * PAGE)
    return [(row, number or "") for row, number in session.execute(wanted)]


def faults_of_row(config: Config, archive: BatchZip, values: dict[str, Any], now: datetime) -> list[CallerError]:
    """All that is wrong with one row, its files looked at; takes seconds and needs no transaction."""
    found = list(read_form(values, now)[1].values())
    if values.get("opens_on") and not values.get("sealed"):  # it was meant to be sealed, or the day is a mistake
        found.append(CallerError("opens_on_without_seal", field="opens_on"))
    try:
        drafts.opening_of(values, now)
    except CallerError as fault:
        found.append(fault)
    seen: set[str] = set()
    views = 0
    for kind, name in _named(values):
        try:
            looked = drafts.look(config, archive.read(name))
            if kind is not None and not looked.shown:
                raise CallerError("picture_not_a_picture")
            digest = hashlib.sha256(looked.data).hexdigest()
            if digest in seen:
                raise CallerError("file_twice", name=name)
            seen.add(digest)
            views += kind is not None
        except CallerError as fault:
            found.append(CallerError(fault.code, field=name, **fault.values))
    if not any(kind for kind, _ in _named(values)):
        found.append(CallerError("pictures_none", field="pictures"))
    if views > config.max_views:
        found.append(CallerError("pictures_too_many", field="pictures", most=config.max_views))
    return found[:MOST_FAULTS]


def check_row(session: Session, *, row: BatchRow, faults: list[CallerError]) -> None:
    """Writes down what ``faults_of_row`` found."""
    row.faults = [{"code": one.code, "field": one.field or "", "values": _plain(one.values)} for one in faults]
    row.state = RowState.BAD if faults else RowState.GOOD
    session.flush()


def start_filing(session: Session, *, batch: Batch) -> None:
    """All good rows are to be filed; asked twice it is started once."""
    access.require_filer(batch.account)
    if batch.state is BatchState.CHECKING:
        raise ConflictError("batch_not_checked")
    if batch.state is BatchState.CHECKED:
        batch.state = BatchState.FILING
        session.flush()


def put_ahead(store: Store, archive: BatchZip, values: dict[str, Any], now: datetime) -> VaultKey | None:
    """A row's files into the store, before the transaction that files it; gives a sealed one's key."""
    contents = (archive.read(name) for _, name in _named(values))
    if values.get("sealed"):
        return store.seal_ahead(contents, now=now)
    store.put_ahead(contents)
    return None


def file_row(
    session: Session,
    store: Store,
    config: Config,
    *,
    archive: BatchZip,
    row: BatchRow,
    sealed_ahead: VaultKey | None = None,
    now: datetime,
) -> Filing:
    """Files one row. The same content under the same statements, in another batch too, is the same filing."""
    named = [(kind, name, archive.read(name)) for kind, name in _named(row.values)]
    filing = registry.register_design(
        session,
        store,
        applicant=row.batch.account,
        form=read_form(row.values, now)[0],
        pictures=[Picture(kind, name, data) for kind, name, data in named if kind is not None],
        design_files=[Attached(name, data) for kind, name, data in named if kind is None],
        request_key=_key(row.values, [data for _, _, data in named]),
        max_views=config.max_views,
        sealed=bool(row.values.get("sealed")),
        sealed_ahead=sealed_ahead,
        opens_at=drafts.opening_of(row.values, now),
        now=now,
    )
    row.filing, row.state = filing, RowState.FILED
    session.flush()
    return filing


def settle(session: Session, *, batch: Batch, now: datetime) -> None:
    """After the last row: what was being checked is checked, what was being filed is done and its ZIP goes."""
    batch.state = BatchState.CHECKED if batch.state is BatchState.CHECKING else BatchState.DONE
    if batch.state is BatchState.DONE:
        _end_key(batch, now)
    session.flush()


def _end_key(batch: Batch, now: datetime) -> None:
    """A job takes the ZIP away (``ipreg.sealing.sweep``)."""
    if batch.vault_key is not None:
        batch.vault_key.ended_at, batch.vault_key = now, None


def discard(session: Session, *, batch: Batch, now: datetime) -> None:
    """Forgets a batch that is not being filed; what it has filed stays filed."""
    if batch.state is BatchState.FILING:
        raise ConflictError("batch_is_filing")
    _end_key(batch, now)
    for row in batch.rows:
        session.delete(row)
    session.delete(batch)
    session.flush()


def _named(values: dict[str, Any]) -> Iterator[tuple[ViewKind | None, str]]:
    """The row's files: each view's, then the design files (None)."""
    for field, names in values.get("files", {}).items():
        for name in names:
            yield (ViewKind(field) if field in list(ViewKind) else None), name


def _key(values: dict[str, Any], contents: list[bytes]) -> str:
    said = json.dumps(values, sort_keys=True, ensure_ascii=False).encode()
    parts = [hashlib.sha256(one).hexdigest() for one in (said, *contents)]
    return "batch-" + hashlib.sha256(" ".join(parts).encode()).hexdigest()[:48]


def _plain(values: dict[str, object]) -> dict[str, Any]:
    return {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}
