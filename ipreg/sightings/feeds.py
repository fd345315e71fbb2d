"""Importing a feed: accepted at once, worked through row by row, resumable after a kill, refused rows retriable."""

from __future__ import annotations

import io
import math
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.batchzip import BatchZip
from ipreg.config import Config
from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, ConflictError, IpregError, MissingError
from ipreg.models import Account, FeedImport, ImportFault, ImportState, Role, RunState, Source, SourceRun
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.listings import (
    Bringer,
    Offer,
    add_picture,
    leads,
    mark_absent,
    see_listing,
    settle_pictures,
    shown_pictures,
)
from ipreg.sightings.manners import LaterError
from ipreg.sightings.reading import read_feed
from ipreg.sightings.rows import FeedRow, Row, RowFault
from ipreg.sightings.visits import Visitor
from ipreg.sightings.workbook import is_workbook
from ipreg.storage import keep_picture

MAX_FEED_BYTES = 50 * 2**20
MAX_ZIP_FILES = 20_000
FEED_ENDINGS = ((".csv", ".tsv"), (".jsonl", ".ndjson", ".json", ".xlsx", ".xml", ".txt"))
ARCHIVE = "pictures.zip"
Progress = Callable[[int, int], None]


def accept_feed(
    session: Session,
    config: Config,
    *,
    account: Account,
    filename: str,
    data: bytes,
    pictures: Mapping[str, bytes] | None = None,
    pictures_folder: Path | None = None,
    run: SourceRun | None = None,
    source: Source | None = None,
    request_key: str | None = None,
    now: datetime,
) -> FeedImport:
    """Takes a feed in, with ``pictures`` by name or in ``pictures_folder``, or a ZIP that holds both.

    ``source`` and ``run`` are those that brought it. The same ``request_key`` again gives the same import.

    Raises ``CallerError`` (``feed_empty``, ``feed_too_large``, ``zip_malformed``, ``zip_too_large``,
    ``zip_without_feed``). The rows are read by ``run_import``.
    """
    access.require_role(account, Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)
    if not data:
        raise CallerError("feed_empty", field="feed")
    if request_key and (known := _same_request(session, account, request_key)):
        return known
    archive = data if data[:4] == b"PK\x03\x04" and not is_workbook(data) else b""
    if archive:
        with _zip_of(io.BytesIO(archive), config) as members:
            data = members.table(FEED_ENDINGS, most_bytes=MAX_FEED_BYTES, missing="zip_without_feed")
    if len(data) > MAX_FEED_BYTES:
        raise CallerError("feed_too_large", field="feed", megabytes=MAX_FEED_BYTES // 2**20)
    made = FeedImport(
        account=account,
        filename=_base_name(filename),
        folder="",
        source=source,
        run=run,
        platform=source.platform if source else "",
        request_key=request_key,
        created_at=now,
    )
    session.add(made)
    session.flush()
    home = config.var / "imports" / str(made.id)
    shutil.rmtree(home, ignore_errors=True)  # of an import whose transaction was rolled back
    (home / "pictures").mkdir(parents=True)
    (home / "feed").write_bytes(data)
    for name, content in (pictures or {}).items():
        (home / "pictures" / _base_name(name)).write_bytes(content)
    if archive:
        (home / ARCHIVE).write_bytes(archive)
    made.folder = str(pictures_folder.absolute() if pictures_folder and not archive else home / "pictures")
    session.flush()
    return made


class Turn(Enum):
    """How a turn at an import ended: it is over, its time was, or a host of its pictures has to be waited for."""

    OVER = auto()
    MORE = auto()
    LATER = auto()


def run_import(
    runtime: Runtime, import_id: int, *, clock: Clock, progress: Progress | None = None, seconds: float = math.inf
) -> Turn:
    """Works at an import for about ``seconds`` from where it stands: one transaction a row, fetching outside."""
    until = time.monotonic() + seconds
    with runtime.sessions() as session:
        work = session.get_one(FeedImport, import_id)
        done, platform = work.done_rows, work.platform
    try:
        data = (runtime.config.var / "imports" / str(import_id) / "feed").read_bytes()
        rows = read_feed(data, platform=platform)
    except OSError:
        fail_import(runtime, import_id, CallerError("feed_lost"), clock())
        return Turn.OVER
    except Exception as error:
        fail_import(runtime, import_id, fault_of(error, f"feed of import {import_id}"), clock())
        return Turn.OVER
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        work.state, work.total_rows = ImportState.RUNNING, len(rows)
    try:
        with _pictures_of(runtime, import_id, clock) as pictures:
            for position in range(done, len(rows)):
                _import_row(runtime, import_id, position, rows[position], pictures, clock)
                if progress:
                    progress(position + 1, len(rows))
                if time.monotonic() > until:
                    return Turn.MORE
            _try_again(runtime, import_id, rows, pictures, clock)
    except LaterError:
        return Turn.LATER
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        work.state, work.finished_at = ImportState.DONE, clock()
        session.flush()
        _finish_run(session, work, clock())
    return Turn.OVER


def retry_faults(session: Session, *, work: FeedImport) -> int:
    """Asks for the rows that were left out to be tried again; how many. The feed's file is still there.

    Raises ``ConflictError`` (``import_running``) while it is being worked through.
    """
    if work.state in (ImportState.WAITING, ImportState.RUNNING):
        raise ConflictError("import_running")
    for fault in work.faults:
        fault.again = True
    if work.faults or work.fault:
        work.state, work.fault, work.finished_at = ImportState.WAITING, None, None
    session.flush()
    return len(work.faults)


def imports_of(session: Session, *, account: Account) -> list[FeedImport]:
    """The account's imports (an administrator sees all), newest first."""
    wanted = select(FeedImport).order_by(FeedImport.id.desc()).limit(50)
    if account.role is not Role.ADMINISTRATOR:
        wanted = wanted.where(FeedImport.account_id == account.id)
    return list(session.scalars(wanted))


def get_import(session: Session, *, import_id: int, account: Account) -> FeedImport:
    """The import, if it is the account's; ``MissingError`` otherwise."""
    found = session.get(FeedImport, import_id)
    if found is None or (found.account_id != account.id and account.role is not Role.ADMINISTRATOR):
        raise MissingError("import_missing")
    return found


def next_imports(session: Session, *, resting: Collection[int] = ()) -> list[int]:
    """Ids of the imports to work at, one an account: the oldest that wait or were cut off.

    Those that rest are left out, and what came after them from the same source: of two prices the later must win.
    """
    wanted = (
        select(FeedImport.id, FeedImport.account_id, FeedImport.source_id)
        .where(FeedImport.state.in_((ImportState.WAITING, ImportState.RUNNING)))
        .order_by(FeedImport.id)
    )
    held: set[tuple[int, int | None]] = set()
    chosen: dict[int, int] = {}
    for import_id, account_id, source_id in session.execute(wanted):
        if import_id in resting:
            held.add((account_id, source_id))
        elif (account_id, source_id) not in held:
            chosen.setdefault(account_id, import_id)
    return list(chosen.values())


def _import_row(
    runtime: Runtime, import_id: int, position: int, row: Row, pictures: _Pictures, clock: Clock
) -> None:
    contents, fault = _contents(pictures, import_id, row)
    runtime.store.put_ahead(data for _, data in contents)
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        if work.done_rows != position:
            return  # another process is at the same import and was faster
        work.done_rows = position + 1
        if fault is None and isinstance(row, FeedRow):
            fault = _keep_row(runtime, session, work, row, contents, clock())
        if fault is not None:
            session.add(ImportFault(import_id=import_id, line=fault.line, code=fault.code, values=fault.values))


def _try_again(runtime: Runtime, import_id: int, rows: list[Row], pictures: _Pictures, clock: Clock) -> None:
    by_line = {row.line: row for row in rows}
    with runtime.sessions() as session:
        wanted = select(ImportFault.line).where(ImportFault.import_id == import_id, ImportFault.again)
        lines = [line for line in session.scalars(wanted) if line in by_line]
    for line in lines:
        row = by_line[line]
        contents, fault = _contents(pictures, import_id, row)
        runtime.store.put_ahead(data for _, data in contents)
        with transaction(runtime.sessions) as session:
            work = session.get_one(FeedImport, import_id)
            kept = session.scalars(select(ImportFault).filter_by(import_id=import_id, line=line)).one()
            if fault is None and isinstance(row, FeedRow):
                fault = _keep_row(runtime, session, work, row, contents, clock())
            if fault is None:
                session.delete(kept)
            else:
                kept.code, kept.values, kept.again = fault.code, fault.values, False


def _contents(pictures: _Pictures, import_id: int, row: Row) -> tuple[list[tuple[str, bytes]], RowFault | None]:
    """The bytes of the row's pictures by name, or why there are none. Raises ``LaterError``."""
    if isinstance(row, RowFault):
        return [], row
    try:
        return [(name, pictures.get(name)) for name in row.pictures], None
    except LaterError:
        raise
    except Exception as error:
        return [], _row_fault(error, import_id, row)


def _keep_row(
    runtime: Runtime,
    session: Session,
    work: FeedImport,
    row: FeedRow,
    contents: list[tuple[str, bytes]],
    now: datetime,
) -> RowFault | None:
    """Keeps the row whole or not at all; the same listing again is brought up to date."""
    try:
        with session.begin_nested():
            bringer = Bringer(work.account_id, source_id=work.source_id, import_id=work.id, run_id=work.run_id)
            listing = see_listing(session, offer=_offer(row), bringer=bringer, now=now)
            own = leads(listing, bringer, now)
            before = shown_pictures(listing)
            shown = []
            for name, data in contents:
                file = keep_picture(session, runtime.store, data=data, now=now)
                held = add_picture(session, listing=listing, file=file, source=name, now=now, revive=own)
                shown.append(held.sha256)
            if own:
                settle_pictures(session, listing=listing, before=before, shown=shown, bringer=bringer, now=now)
    except Exception as error:
        return _row_fault(error, work.id, row)
    work.kept_rows += 1
    return None


def _row_fault(error: Exception, import_id: int, row: FeedRow) -> RowFault:
    fault = fault_of(error, f"line {row.line} of import {import_id}")
    return RowFault(row.line, fault.code, dict(fault.values))


def _offer(row: FeedRow) -> Offer:
    return Offer(
        platform=row.platform,
        external_id=row.listing_id,
        title=row.title,
        address=row.address,
        seller=row.seller,
        seller_id=row.seller_id,
        seller_address=row.seller_address,
        price=row.price,
        currency=row.currency,
        brand=row.brand,
        availability=row.availability,
        region=row.region,
    )


def _finish_run(session: Session, work: FeedImport, now: datetime) -> None:
    """The run that brought the import is over with its last import."""
    if work.run_id is None or work.run is None:
        return
    run = work.run
    together = list(session.scalars(select(FeedImport).where(FeedImport.run_id == run.id)))
    run.found, run.kept = sum(one.total_rows for one in together), sum(one.kept_rows for one in together)
    run.refused = sum(len(one.faults) for one in together)
    if any(one.state in (ImportState.WAITING, ImportState.RUNNING) for one in together):
        return
    failed = next((one for one in together if one.state is ImportState.FAILED), None)
    source = run.source
    if run.state is RunState.FAILED:  # one of its files could not be taken in at all
        run.finished_at = now
        return
    run.state, run.finished_at = RunState.FAILED if failed else RunState.DONE, now
    run.fault, run.fault_values = (failed.fault, failed.fault_values) if failed else (None, {})
    source.failures = source.failures + 1 if failed else 0
    if failed is None and source.settings.get("complete") and run.kept:
        bringer = Bringer(source.account_id, source_id=source.id, run_id=run.id)
        run.gone = mark_absent(session, bringer=bringer, since=run.started_at, now=now)
    session.flush()


def _same_request(session: Session, account: Account, request_key: str) -> FeedImport | None:
    same = select(FeedImport).where(FeedImport.account_id == account.id, FeedImport.request_key == request_key)
    return session.scalar(same)


@dataclass(frozen=True)
class _Pictures:
    """Where a feed's pictures are: at addresses, in its folder, or in the ZIP that it came in."""

    visitor: Visitor
    folder: Path
    archive: BatchZip | None
    most_bytes: int

    def get(self, name: str) -> bytes:
        """The bytes of a picture; raises ``LaterError``, ``CallerError``, and as ``Fetcher`` does."""
        if name.startswith(("http://", "https://")):
            return self.visitor.picture(name)
        if self.archive is not None:
            return self._out_of(self.archive, name)
        place = _file_in(self.folder, name)
        if place.stat().st_size > self.most_bytes:
            raise CallerError("picture_too_large", megabytes=self.most_bytes // 2**20)
        return place.read_bytes()

    def _out_of(self, archive: BatchZip, name: str) -> bytes:
        try:
            return archive.read(name)
        except CallerError as fault:
            if fault.code == "batch_file_missing":
                raise CallerError("picture_file_missing", name=name[:100]) from fault
            if fault.code == "file_too_large":
                raise CallerError("picture_too_large", megabytes=self.most_bytes // 2**20) from fault
            raise


@contextmanager
def _pictures_of(runtime: Runtime, import_id: int, clock: Clock) -> Iterator[_Pictures]:
    with runtime.sessions() as session:
        folder = Path(session.get_one(FeedImport, import_id).folder)
    place = runtime.config.var / "imports" / str(import_id) / ARCHIVE
    most = runtime.config.max_file_bytes
    with Visitor(runtime, clock) as visitor, ExitStack() as opened:
        archive = None
        if place.is_file():
            archive = opened.enter_context(_zip_of(opened.enter_context(place.open("rb")), runtime.config))
        yield _Pictures(visitor, folder, archive, most)


@contextmanager
def _zip_of(file: BinaryIO, config: Config) -> Iterator[BatchZip]:
    yield BatchZip(file, most_bytes=config.max_file_bytes, most_members=MAX_ZIP_FILES, field="feed")


def _file_in(folder: Path, name: str) -> Path:
    try:
        place = (folder / name).resolve()
        if not place.is_relative_to(folder.resolve()):
            raise CallerError("picture_outside_folder", name=name[:100])
        if not place.is_file():
            place = folder / _base_name(name)
        if place.is_file():
            return place
    except (OSError, ValueError):  # no file can have that name
        pass
    raise CallerError("picture_file_missing", name=name[:100])


def fail_import(runtime: Runtime, import_id: int, fault: IpregError, now: datetime) -> None:
    """The import is over, for a reason that concerns all of it."""
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        work.state, work.finished_at = ImportState.FAILED, now
        work.fault, work.fault_values = fault.code, dict(fault.values)
        session.flush()
        _finish_run(session, work, now)


def _base_name(filename: str) -> str:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "").strip()
    # File systems count bytes: 255 of them are a name.
    return "feed" if name in ("", ".", "..") else name.encode("utf-8", "replace")[-200:].decode("utf-8", "ignore")
