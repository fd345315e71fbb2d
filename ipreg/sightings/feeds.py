"""Importing a feed: accepted at once, worked through row by row, resumable after a kill."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.config import Config
from ipreg.db import Clock, transaction
from ipreg.errors import CallerError, IpregError, MissingError
from ipreg.models import Account, FeedImport, ImportFault, ImportState, Listing, ListingPicture, Role
from ipreg.runtime import Runtime
from ipreg.sightings.csvfeed import FeedRow, RowFault, read_feed
from ipreg.sightings.fetch import fetch
from ipreg.storage import keep_picture

MAX_FEED_BYTES = 50 * 2**20
MAX_ZIP_FILES = 20_000
MAX_ZIP_BYTES = 2 * 2**30
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
    now: datetime,
) -> FeedImport:
    """Takes a feed in: a CSV with ``pictures`` by name or in ``pictures_folder``, or a ZIP that holds both.

    Raises ``CallerError`` (``feed_empty``, ``feed_too_large``, ``zip_malformed``, ``zip_too_large``,
    ``zip_without_feed``). The rows are read by ``run_import``.
    """
    access.require_role(account, Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)
    if not data:
        raise CallerError("feed_empty", field="feed")
    named = dict(pictures or {})
    if data[:4] == b"PK\x03\x04":
        data, inside = _unpack(data)
        named.update(inside)
    if len(data) > MAX_FEED_BYTES:
        raise CallerError("feed_too_large", field="feed", megabytes=MAX_FEED_BYTES // 2**20)
    made = FeedImport(account=account, filename=_base_name(filename), folder="", created_at=now)
    session.add(made)
    session.flush()
    home = config.var / "imports" / str(made.id)
    shutil.rmtree(home, ignore_errors=True)  # of an import whose transaction was rolled back
    (home / "pictures").mkdir(parents=True)
    (home / "feed").write_bytes(data)
    for name, content in named.items():
        (home / "pictures" / _base_name(name)).write_bytes(content)
    made.folder = str(pictures_folder.absolute() if pictures_folder else home / "pictures")
    session.flush()
    return made


def run_import(runtime: Runtime, import_id: int, *, clock: Clock, progress: Progress | None = None) -> None:
    """Works through an import from where it stands: one transaction a row, fetching outside of them."""
    with runtime.sessions() as session:
        work = session.get_one(FeedImport, import_id)
        folder, done = Path(work.folder), work.done_rows
    try:
        rows = read_feed((runtime.config.var / "imports" / str(import_id) / "feed").read_bytes())
    except (CallerError, OSError) as fault:
        _fail(runtime, import_id, fault, clock())
        return
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        work.state, work.total_rows = ImportState.RUNNING, len(rows)
    for position in range(done, len(rows)):
        _import_row(runtime, import_id, position, rows[position], folder, clock)
        if progress:
            progress(position + 1, len(rows))
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        work.state, work.finished_at = ImportState.DONE, clock()


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


def unfinished_imports(session: Session) -> list[int]:
    """Ids of the imports that wait or were cut off, oldest first."""
    open_states = (ImportState.WAITING, ImportState.RUNNING)
    wanted = select(FeedImport.id).where(FeedImport.state.in_(open_states)).order_by(FeedImport.id)
    return list(session.scalars(wanted))


def _import_row(
    runtime: Runtime, import_id: int, position: int, row: FeedRow | RowFault, folder: Path, clock: Clock
) -> None:
    fault: RowFault | None = row if isinstance(row, RowFault) else None
    contents: list[tuple[str, bytes]] = []
    if isinstance(row, FeedRow):
        try:
            contents = [(name, _picture_bytes(runtime.config, folder, name)) for name in row.pictures]
        except IpregError as error:
            fault = RowFault(row.line, error.code, dict(error.values))
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        if work.done_rows != position:
            return  # another process is at the same import and was faster
        work.done_rows = position + 1
        if fault is None and isinstance(row, FeedRow):
            fault = _keep_row(runtime, session, work, row, contents, clock())
        if fault is not None:
            session.add(ImportFault(import_id=import_id, line=fault.line, code=fault.code, values=fault.values))


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
            listing = _listing(session, row, work.id, now)
            held = {picture.sha256 for picture in listing.pictures}
            for name, data in contents:
                file = keep_picture(session, runtime.store, data=data, now=now)
                if file.sha256 not in held:
                    held.add(file.sha256)
                    listing.pictures.append(
                        ListingPicture(position=len(listing.pictures), sha256=file.sha256, source=name)
                    )
            session.flush()
    except IpregError as error:
        return RowFault(row.line, error.code, dict(error.values))
    work.kept_rows += 1
    return None


def _listing(session: Session, row: FeedRow, import_id: int, now: datetime) -> Listing:
    found = session.scalar(
        select(Listing).where(Listing.platform == row.platform, Listing.external_id == row.listing_id)
    )
    if found is None:
        found = Listing(
            platform=row.platform,
            external_id=row.listing_id,
            import_id=import_id,
            first_seen_at=now,
            pictures=[],
        )
        session.add(found)
    found.title, found.address, found.seller = row.title, row.address, row.seller
    found.price, found.currency, found.last_seen_at = row.price, row.currency, now
    session.flush()
    return found


def _picture_bytes(config: Config, folder: Path, name: str) -> bytes:
    if name.startswith(("http://", "https://")):
        return fetch(name, max_bytes=config.max_file_bytes, allow_private=config.allow_private_addresses)
    place = (folder / name).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise CallerError("picture_outside_folder", name=name[:100])
    if not place.is_file():
        place = folder / _base_name(name)
    if not place.is_file():
        raise CallerError("picture_file_missing", name=name[:100])
    if place.stat().st_size > config.max_file_bytes:
        raise CallerError("picture_too_large", megabytes=config.max_file_bytes // 2**20)
    return place.read_bytes()


def _fail(runtime: Runtime, import_id: int, fault: CallerError | OSError, now: datetime) -> None:
    with transaction(runtime.sessions) as session:
        work = session.get_one(FeedImport, import_id)
        work.state, work.finished_at = ImportState.FAILED, now
        work.fault = fault.code if isinstance(fault, CallerError) else "feed_lost"
        work.fault_values = dict(fault.values) if isinstance(fault, CallerError) else {}


def _unpack(data: bytes) -> tuple[bytes, dict[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            if len(members) > MAX_ZIP_FILES or sum(one.file_size for one in members) > MAX_ZIP_BYTES:
                raise CallerError("zip_too_large", field="feed")
            feeds = [one for one in members if one.filename.lower().endswith((".csv", ".tsv"))]
            if len(feeds) != 1:
                raise CallerError("zip_without_feed", field="feed")
            contents = {one.filename: archive.read(one) for one in members if one is not feeds[0]}
            return archive.read(feeds[0]), contents
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError) as fault:
        raise CallerError("zip_malformed", field="feed") from fault


def _base_name(filename: str) -> str:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "").strip()
    return "feed" if name in ("", ".", "..") else name[-200:]
