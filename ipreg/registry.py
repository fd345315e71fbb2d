"""Filing a design: files are checked, kept and digested, and the filing's manifest goes into the log."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import rfc8785
from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from ipreg import access, log, numbers
from ipreg.designform import DesignForm as DesignForm
from ipreg.designform import check_form
from ipreg.errors import CallerError, MissingError
from ipreg.manifest import NEWEST, manifest
from ipreg.models import Account, DesignFile, Filing, FilingView, StoredFile, ViewKind
from ipreg.storage import Store, keep_file, keep_picture

MAX_DESIGN_FILES = 12


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
    now: datetime,
) -> Filing:
    """Files a design and enters it in the log; the same ``request_key`` again gives the same filing.

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
    files = _keep_pictures(session, store, pictures, max_views, now)
    others = _keep_design_files(session, store, design_files, files, now)
    filing = _insert(session, applicant, checked, request_key, now)
    filing.views = [
        FilingView(position=position, kind=picture.kind, filename=base_name(picture.filename), file=file)
        for position, (picture, file) in enumerate(zip(pictures, files, strict=True))
    ]
    filing.design_files = [
        DesignFile(position=position, filename=base_name(one.filename), file=file)
        for position, (one, file) in enumerate(zip(design_files, others, strict=True))
    ]
    session.flush()
    statement = manifest(filing)
    filing.manifest = rfc8785.dumps(statement).decode()
    entry = log.append_entry(session, kind="filing", subject=filing.number, statement=statement, now=now)
    filing.log_index = entry.index
    session.flush()
    return filing


@dataclass(frozen=True)
class FilingsPage:
    """One page of filings, newest first; ``older`` and ``newer`` say whether there are more."""

    filings: list[Filing]
    number: int
    older: bool

    @property
    def newer(self) -> bool:
        return self.number > 1


PAGE = 24


def page_of_filings(session: Session, account: Account, *, words: str = "", page: int = 1) -> FilingsPage:
    """The account's filings, an enterprise's with those of its designers; ``words`` are looked for in title, number
    and keywords."""
    wanted = select(Filing).where(access.owned_by(account)).order_by(Filing.id.desc())
    for word in words.split()[:5]:
        wanted = wanted.where(or_(*(column.icontains(word, autoescape=True) for column in _SEARCHED)))
    page = min(max(page, 1), 100_000)
    found = list(session.scalars(wanted.limit(PAGE + 1).offset((page - 1) * PAGE)).unique())
    return FilingsPage(found[:PAGE], page, len(found) > PAGE)


_SEARCHED = (Filing.title, Filing.number, cast(Filing.keywords, Text))


def get_filing(session: Session, *, number: str, account: Account) -> Filing:
    """The filing, if the account may see it; ``MissingError`` otherwise."""
    filing = session.scalar(select(Filing).where(Filing.number == number.strip().upper()))
    if filing is None or not access.can_see_filing(session, account, filing):
        raise MissingError("filing_missing", number=number)
    return filing


def _keep_pictures(
    session: Session, store: Store, pictures: Sequence[Picture], max_views: int, now: datetime
) -> list[StoredFile]:
    if not pictures:
        raise CallerError("pictures_none", field="pictures")
    if len(pictures) > max_views:
        raise CallerError("pictures_too_many", field="pictures", most=max_views)
    files: list[StoredFile] = []
    for position, picture in enumerate(pictures):
        try:
            file = keep_picture(session, store, data=picture.data, now=now)
        except CallerError as fault:
            raise CallerError(fault.code, field=f"pictures-{position}", **fault.values) from fault
        if file in files:
            raise CallerError("picture_twice", field=f"pictures-{position}", name=picture.filename)
        files.append(file)
    return files


def _keep_design_files(
    session: Session, store: Store, given: Sequence[Attached], views: Sequence[StoredFile], now: datetime
) -> list[StoredFile]:
    if len(given) > MAX_DESIGN_FILES:
        raise CallerError("design_files_too_many", field="design_files", most=MAX_DESIGN_FILES)
    kept: list[StoredFile] = []
    for position, one in enumerate(given):
        try:
            file = keep_file(session, store, data=one.data, now=now)
        except CallerError as fault:
            raise CallerError(fault.code, field=f"design_files-{position}", **fault.values) from fault
        if file in kept or file in views:
            raise CallerError("file_twice", field=f"design_files-{position}", name=one.filename)
        kept.append(file)
    return kept


def _insert(session: Session, applicant: Account, form: DesignForm, request_key: str, now: datetime) -> Filing:
    filing = Filing(
        number=f"new-{secrets.token_hex(8)}",
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
    # The serial is the row's own: two applicants at once can't be given the same number.
    filing.number = numbers.make_number(numbers.FILING, year=now.year, serial=filing.id)
    return filing


def base_name(filename: str) -> str:
    """The last part of a name from any system, of at most 255 characters; ``picture`` where there is none."""
    return (filename.replace("\\", "/").rsplit("/", 1)[-1].strip() or "picture")[-255:]
