"""Filing a design: files are checked, kept and digested, and the filing's manifest goes into the log."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, log, numbers, serials, workdays
from ipreg.designform import DesignForm as DesignForm
from ipreg.designform import check_form
from ipreg.errors import CallerError, MissingError
from ipreg.manifest import NEWEST, manifest
from ipreg.models import (
    Account,
    DesignFile,
    Filing,
    FilingState,
    FilingVersion,
    FilingView,
    StoredFile,
    VaultKey,
    ViewKind,
)
from ipreg.plaintext import is_blank, printable
from ipreg.storage import Shelf, Store, keep_file, keep_picture

MAX_DESIGN_FILES = 12
SEALED_AT_MOST = timedelta(days=365 * 30)


@dataclass(frozen=True)
class Picture:
    """One picture as it was handed in: the view that it shows, its name, its bytes."""

    kind: ViewKind
    filename: str
    data: bytes


@dataclass(frozen=True)
class Attached:
    """A file of the designer's work, kept as bytes: its name and its content."""

    filename: str
    data: bytes


@dataclass(frozen=True)
class Kept:
    """The files of one version, in order, as rows: view, name and file; name and file."""

    views: tuple[tuple[ViewKind, str, StoredFile], ...]
    design_files: tuple[tuple[str, StoredFile], ...]


def register_design(
    session: Session,
    store: Store,
    *,
    applicant: Account,
    form: DesignForm,
    pictures: Sequence[Picture],
    design_files: Sequence[Attached] = (),
    request_key: str,
    max_views: int = 12,
    sealed: bool = False,
    sealed_ahead: VaultKey | None = None,
    opens_at: datetime | None = None,
    now: datetime,
) -> Filing:
    """Files a design and enters it in the log; the same ``request_key`` again gives the same filing.

    ``sealed``: its files are kept encrypted, until ``opens_at`` where that is given; ``sealed_ahead`` is the key of
    the shelf that they lie on already (``Store.seal_ahead``).

    Raises ``CallerError`` (``field`` names what to mend: one of the form's, ``pictures`` or ``pictures-<n>``,
    ``design_files`` or ``design_files-<n>``, n from 0) and ``PermissionDeniedError`` for those who don't file.
    """
    access.require_filer(applicant)
    known = session.scalar(
        select(Filing).where(Filing.applicant_id == applicant.id, Filing.request_key == request_key)
    )
    if known is not None:
        return known
    checked = check_form(form, now)
    key = _key(session, store, sealed_ahead, now) if sealed else None
    kept = keep_content(session, store.shelf(key), pictures, design_files, max_views=max_views, now=now)
    filing = _insert(session, applicant, checked, request_key, now)
    filing.vault_key, filing.opens_at = key, checked_opening(opens_at, sealed=sealed, now=now)
    filing.state = FilingState.SEALED if sealed else FilingState.OPEN
    enter_version(session, filing=filing, account=applicant, kept=kept, request_key=request_key, now=now)
    return filing


def _key(session: Session, store: Store, ahead: VaultKey | None, now: datetime) -> VaultKey:
    if ahead is None:
        return store.new_key(session, now=now)
    session.add(ahead)
    session.flush()
    return ahead


def keep_content(
    session: Session,
    shelf: Shelf,
    pictures: Sequence[Picture],
    design_files: Sequence[Attached],
    *,
    max_views: int,
    now: datetime,
) -> Kept:
    """All files of one version, checked and on the shelf; raises ``CallerError`` as ``register_design`` does."""
    files = _keep_pictures(session, shelf, pictures, max_views, now)
    others = keep_design_files(session, shelf, design_files, files, now)
    return Kept(
        tuple((one.kind, base_name(one.filename), file) for one, file in zip(pictures, files, strict=True)),
        tuple((base_name(one.filename), file) for one, file in zip(design_files, others, strict=True)),
    )


def enter_version(
    session: Session, *, filing: Filing, account: Account, kept: Kept, request_key: str, now: datetime
) -> None:
    """The rows of the filing's present version, its manifest, and its log entry."""
    here = {"filing_id": filing.id, "version": filing.version}
    session.add_all(
        FilingView(**here, position=position, kind=kind, filename=name, file=file)
        for position, (kind, name, file) in enumerate(kept.views)
    )
    session.add_all(
        DesignFile(**here, position=position, filename=name, file=file)
        for position, (name, file) in enumerate(kept.design_files)
    )
    session.flush()
    session.expire(filing, ["views", "design_files", "versions"])
    statement = manifest(filing)
    filing.manifest = rfc8785.dumps(statement).decode()
    entry = log.append_entry(session, kind="filing", subject=filing.number, statement=statement, now=now)
    filing.log_index = entry.index
    session.add(
        FilingVersion(
            filing=filing,
            version=filing.version,
            filed_at=now,
            filed_by=account,
            manifest=filing.manifest,
            log_index=entry.index,
            request_key=request_key,
        )
    )
    session.flush()


def checked_opening(opens_at: datetime | None, *, sealed: bool, now: datetime) -> datetime | None:
    """When a sealed filing is to be opened; raises ``CallerError`` (field ``opens_on``)."""
    if opens_at is None or not sealed:
        return None
    if not now < opens_at <= now + SEALED_AT_MOST:
        raise CallerError("opens_on_wrong", field="opens_on", years=SEALED_AT_MOST.days // 365)
    return opens_at


def get_filing(session: Session, *, number: str, account: Account) -> Filing:
    """The filing, if the account may see it; ``MissingError`` otherwise."""
    filing = session.scalar(select(Filing).where(Filing.number == number.strip().upper()))
    if filing is None or not access.can_see_filing(session, account, filing):
        raise MissingError("filing_missing", number=number)
    return filing


def _keep_pictures(
    session: Session, shelf: Shelf, pictures: Sequence[Picture], max_views: int, now: datetime
) -> list[StoredFile]:
    """The pictures' rows, their files on the shelf."""
    if not pictures:
        raise CallerError("pictures_none", field="pictures")
    if len(pictures) > max_views:
        raise CallerError("pictures_too_many", field="pictures", most=max_views)
    files: list[StoredFile] = []
    for position, picture in enumerate(pictures):
        try:
            file = keep_picture(session, shelf, data=picture.data, now=now)
        except CallerError as fault:
            raise CallerError(fault.code, field=f"pictures-{position}", **fault.values) from fault
        if file in files:
            raise CallerError("picture_twice", field=f"pictures-{position}", name=picture.filename)
        files.append(file)
    return files


def keep_design_files(
    session: Session, shelf: Shelf, given: Sequence[Attached], views: Sequence[StoredFile], now: datetime
) -> list[StoredFile]:
    """The same for the designer's own files; none may be one of the ``views``."""
    if len(given) > MAX_DESIGN_FILES:
        raise CallerError("design_files_too_many", field="design_files", most=MAX_DESIGN_FILES)
    kept: list[StoredFile] = []
    for position, one in enumerate(given):
        try:
            file = keep_file(session, shelf, data=one.data, now=now)
        except CallerError as fault:
            raise CallerError(fault.code, field=f"design_files-{position}", **fault.values) from fault
        if file in kept or file in views:
            raise CallerError("file_twice", field=f"design_files-{position}", name=one.filename)
        kept.append(file)
    return kept


def _insert(session: Session, applicant: Account, form: DesignForm, request_key: str, now: datetime) -> Filing:
    serial = serials.next_id(session, Filing)
    filing = Filing(
        id=serial,
        number=numbers.make_number(numbers.FILING, year=workdays.shanghai_day(now).year, serial=serial),
        title=form.title,
        industry=form.industry,
        creator=form.creator,
        creators=[one.to_json() for one in form.creators],
        created_on=form.created_on,
        description=form.description,
        locarno_class=form.locarno_class,
        rights_wanted=tuple(form.rights_wanted),
        disclosure=form.disclosure,
        first_disclosed_on=form.first_disclosed_on,
        keywords=form.keywords,
        materials=form.materials,
        colours=form.colours,
        district=form.district,
        applicant=applicant,
        organization=applicant.organization,
        owner=applicant,
        owner_organization=applicant.organization,
        version=1,
        filed_at=now,
        manifest="",
        manifest_version=NEWEST,
        applicant_salt=secrets.token_hex(32),
        applicant_name=applicant.name,
        applicant_email=applicant.email,
        organization_name=applicant.organization.name if applicant.organization else "",
        request_key=request_key,
    )
    session.add(filing)
    session.flush()
    return filing


def base_name(filename: str) -> str:
    """The last part of a name from any system, of at most 255 characters; ``picture`` where there is none."""
    name = printable(filename.replace("\\", "/").rsplit("/", 1)[-1]).strip()
    return ("picture" if is_blank(name) else name)[-255:]
