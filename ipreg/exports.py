"""All that is kept about an account, as a ZIP: a JSON file a table, and the files that it handed in.

The tables are found by their references to the account, so that a new one is exported by itself. What proves who
somebody is (hashes, secrets, tokens) is left out: it is no information about him, and would help a thief.
"""

from __future__ import annotations

import json
import secrets
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import rfc8785
from sqlalchemy import Table, or_, select
from sqlalchemy.orm import Session

from ipreg import access, amending, audit, drafts, throttle
from ipreg.db import Base, Clock, transaction
from ipreg.errors import CallerError, IpregError, MissingError
from ipreg.manifest import applicant_opening
from ipreg.models import Account, DataExport, ExportState, Filing, Role
from ipreg.notify.letters import write_letter
from ipreg.rights import records
from ipreg.runtime import Runtime

LASTS = timedelta(days=7)
A_DAY = 3
# What proves who somebody is, and the machinery's own rows.
_SECRET_TABLES = ("attempts", "one_time_links", "two_factors", "recovery_codes", "data_exports")
_SECRET_WORDS = {"hash", "token", "secret", "nonce"}
# Rows that belong to the account by way of others.
_HELD = (
    ("draft_files", "draft_id", "drafts", "account_id"),
    ("batch_rows", "batch_id", "batches", "account_id"),
    ("package_texts", "filing_id", "filings", "owner_id"),
)
# Of officers only what is about themselves: cases and alerts are the office's.
_OF_OFFICERS = ("accounts", "former_names", "sign_ins", "notices", "channels", "api_tokens")


def request(session: Session, *, account: Account, now: datetime) -> DataExport:
    """Asks for a ZIP; one that is being made already is the same."""
    waiting = select(DataExport).where(DataExport.account_id == account.id, DataExport.state == ExportState.WAITING)
    if (known := session.scalar(waiting)) is not None:
        return known
    day = timedelta(days=1)
    if not throttle.allow(session, what="export", whom=str(account.id), most=A_DAY, within=day, now=now):
        raise CallerError("export_too_often")
    made = DataExport(account=account, file=f"{secrets.token_hex(24)}.zip", requested_at=now)
    session.add(made)
    session.flush()
    return made


def exports_of(session: Session, *, account: Account, now: datetime) -> list[DataExport]:
    """Those that are being made, or can be downloaded, newest first."""
    wanted = select(DataExport).where(DataExport.account_id == account.id).order_by(DataExport.id.desc()).limit(10)
    return [
        one
        for one in session.scalars(wanted)
        if one.state in (ExportState.WAITING, ExportState.FAILED) or _open(one, now)
    ]


def get(session: Session, *, export_id: int, account: Account, now: datetime) -> DataExport:
    """The account's export, if it can be downloaded; raises ``MissingError``."""
    found = session.get(DataExport, export_id)
    if found is None or found.account_id != account.id or not _open(found, now):
        raise MissingError("export_missing")
    return found


def place(runtime: Runtime, file: str) -> Path:
    """Where the ZIP of that name lies."""
    return runtime.config.var / "exports" / file


def make(runtime: Runtime, export_id: int, *, clock: Clock) -> None:
    """Makes the ZIP beside and moves it into place; a job killed half way leaves it waiting."""
    with runtime.sessions() as session:
        work = session.get_one(DataExport, export_id)
        target = place(runtime, work.file)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = target.with_suffix(".part")
        try:
            _write(session, runtime, work.account, part)
        except (OSError, IpregError):
            part.unlink(missing_ok=True)
            _mark(runtime, export_id, ExportState.FAILED, 0, clock())
            return
    part.replace(target)
    _mark(runtime, export_id, ExportState.READY, target.stat().st_size, clock())


def sweep(runtime: Runtime, *, now: datetime) -> None:
    """Removes the ZIPs whose time is over."""
    with transaction(runtime.sessions) as session:
        over = select(DataExport).where(DataExport.state == ExportState.READY, DataExport.expires_at <= now)
        for one in session.scalars(over):
            place(runtime, one.file).unlink(missing_ok=True)
            one.state = ExportState.OVER


def _open(one: DataExport, now: datetime) -> bool:
    return one.state is ExportState.READY and one.expires_at is not None and now < one.expires_at


def _mark(runtime: Runtime, export_id: int, state: ExportState, size: int, now: datetime) -> None:
    with transaction(runtime.sessions) as session:
        work = session.get_one(DataExport, export_id)
        work.state, work.size, work.ready_at, work.expires_at = state, size, now, now + LASTS
        if state is ExportState.READY:
            account = work.account
            _tell(session, account, now)
            write_letter(session, kind="export_ready", email=account.email, locale=account.locale, now=now)


def _tell(session: Session, account: Account, now: datetime) -> None:
    """That copies of sealed filings are in it stands in the audit trail, for each of them."""
    for filing in _filed(session, account):
        if filing.vault_key_id is not None and access.can_see_files(session, account, filing):
            audit.record(session, actor=account, action="filing.export", subject=f"filing:{filing.number}", now=now)


def _filed(session: Session, account: Account) -> Iterator[Filing]:
    """What the account filed, and what it took over."""
    mine = select(Filing).where(or_(Filing.applicant_id == account.id, Filing.owner_id == account.id))
    yield from session.scalars(mine.order_by(Filing.id)).unique()


def _write(session: Session, runtime: Runtime, account: Account, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, rows in tables(session, account):
            archive.writestr(f"data/{name}.json", json.dumps(rows, ensure_ascii=False, indent=2))
        for filing in _filed(session, account):
            _write_filing(session, runtime, archive, filing, account)
        for draft in drafts.begun(session, account=account):
            for one in draft.files:
                name = f"drafts/{draft.id}/{one.position}-{Path(one.filename).name}"
                _write_file(archive, name, drafts.shelf_of(runtime.store, draft).pieces(one.sha256))


def _write_filing(
    session: Session, runtime: Runtime, archive: zipfile.ZipFile, filing: Filing, account: Account
) -> None:
    """Its statements, and its files where the account may see them: of a sealed design that was passed on, none."""
    folder = f"filings/{filing.number}"
    archive.writestr(f"{folder}/manifest.json", filing.manifest)
    if filing.applicant_id == account.id:
        archive.writestr(f"{folder}/applicant.json", rfc8785.dumps(applicant_opening(filing)))
    if not access.can_see_files(session, account, filing):
        return
    shelf, written = runtime.store.shelf(filing.vault_key), set[str]()
    for version in reversed(amending.versions_of(session, filing)):
        place = folder if version.version == filing.version else f"{folder}/versions/{version.version}"
        if place != folder:
            archive.writestr(f"{place}/manifest.json", version.manifest)
        views, works = amending.views_of(session, version), amending.works_of(session, version)
        for kind, one in [("views", one) for one in views] + [("files", one) for one in works]:
            if one.sha256 not in written:
                _write_file(
                    archive, f"{place}/{kind}/{one.position}-{Path(one.filename).name}", shelf.pieces(one.sha256)
                )
                written.add(one.sha256)
    for record in records.records_of(session, filing) if access.owns_filing(account, filing) else ():
        if record.document is not None:
            name = f"{folder}/rights/{record.id}-{Path(record.document_name or 'paper').name}"
            _write_file(archive, name, iter([records.read_paper(runtime.store, record)]))


def _write_file(archive: zipfile.ZipFile, name: str, pieces: Iterator[bytes]) -> None:
    with archive.open(name, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)


def tables(session: Session, account: Account) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows that refer to the account, by table; none that is a secret."""
    official = account.role not in (Role.DESIGNER, Role.ENTERPRISE)
    for table in Base.metadata.sorted_tables:
        if table.name in _SECRET_TABLES or (official and table.name not in _OF_OFFICERS):
            continue
        columns = _references(table)
        if not columns:
            continue
        wanted = select(table).where(or_(*(column == account.id for column in columns)))
        rows = [_plain(dict(row)) for row in session.execute(wanted).mappings()]
        if rows:
            yield table.name, rows
    for name, column, holder, owner in () if official else _HELD:
        table, held = Base.metadata.tables[name], Base.metadata.tables[holder]
        mine = select(held.c.id).where(held.c[owner] == account.id)
        rows = [
            _plain(dict(row)) for row in session.execute(select(table).where(table.c[column].in_(mine))).mappings()
        ]
        if rows:
            yield name, rows


def _references(table: Table) -> list[Any]:
    """The columns by which a row belongs to an account."""
    if table.name == "accounts":
        return [table.c.id]
    return [
        column
        for column in table.columns
        if any(key.column.table.name == "accounts" for key in column.foreign_keys)
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in row.items() if not _SECRET_WORDS & set(name.split("_"))}


def _value(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    return list(value) if isinstance(value, tuple) else value
