"""Filing a design: files are checked, kept and digested, and the filing's manifest goes into the log."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import rfc8785
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, log, numbers
from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, Filing, FilingView, Industry, StoredFile, ViewKind
from ipreg.storage import Store, keep_picture

MANIFEST_FORMAT = "ipreg-filing/1"


@dataclass(frozen=True)
class DesignForm:
    """What the applicant states about the design."""

    title: str
    industry: Industry
    creator: str
    created_on: date
    description: str = ""


@dataclass(frozen=True)
class Picture:
    """One picture as it was handed in: the view that it shows, its name, its bytes."""

    kind: ViewKind
    filename: str
    data: bytes


def register_design(
    session: Session,
    store: Store,
    *,
    applicant: Account,
    form: DesignForm,
    pictures: Sequence[Picture],
    request_key: str,
    max_views: int = 12,
    now: datetime,
) -> Filing:
    """Files a design and enters it in the log; the same ``request_key`` again gives the same filing.

    Raises ``CallerError`` (``field`` names what to mend: title, creator, created_on, description, pictures or
    ``pictures-<n>``, n from 0) and ``PermissionDeniedError`` for those who don't file.
    """
    access.require_filer(applicant)
    known = session.scalar(
        select(Filing).where(Filing.applicant_id == applicant.id, Filing.request_key == request_key)
    )
    if known is not None:
        return known
    checked = _check_form(form, now)
    files = _keep_pictures(session, store, pictures, max_views, now)
    filing = _insert(session, applicant, checked, request_key, now)
    filing.views = [
        FilingView(position=position, kind=picture.kind, filename=_base_name(picture.filename), file=file)
        for position, (picture, file) in enumerate(zip(pictures, files, strict=True))
    ]
    session.flush()
    statement = manifest(filing)
    filing.manifest = rfc8785.dumps(statement).decode()
    entry = log.append_entry(session, kind="filing", subject=filing.number, statement=statement, now=now)
    filing.log_index = entry.index
    session.flush()
    return filing


def manifest(filing: Filing) -> dict[str, Any]:
    """What the log entry commits to; canonical in the form of RFC 8785. The applicant is inside by commitment."""
    return {
        "format": MANIFEST_FORMAT,
        "number": filing.number,
        "version": filing.version,
        "title": filing.title,
        "industry": filing.industry.value,
        "creator": filing.creator,
        "created_on": filing.created_on.isoformat(),
        "description": filing.description,
        "applicant_commitment": applicant_commitment(filing),
        "filed_at": filing.filed_at.isoformat(),
        "files": [
            {
                "view": view.kind.value,
                "name": view.filename,
                "media_type": view.file.media_type,
                "size": view.file.size,
                "sha256": view.sha256,
                "sm3": view.file.sm3,
            }
            for view in filing.views
        ],
    }


def applicant_commitment(filing: Filing) -> str:
    """SHA-256 over salt and names: binds the applicant without naming him to who reads the manifest."""
    return hashlib.sha256(rfc8785.dumps(applicant_opening(filing))).hexdigest()


def applicant_opening(filing: Filing) -> dict[str, Any]:
    """What opens the commitment, with the names of the day of filing; canonical JSON of it is hashed."""
    name, email = filing.applicant.known_as(filing.filed_at)
    return {
        "salt": filing.applicant_salt,
        "applicant": name,
        "email": email,
        "organization": filing.organization.name if filing.organization else "",
    }


def filings_of(session: Session, account: Account) -> list[Filing]:
    """The account's filings, an enterprise's with those of its designers, newest first."""
    return list(session.scalars(select(Filing).where(access.owned_by(account)).order_by(Filing.id.desc())))


def get_filing(session: Session, *, number: str, account: Account) -> Filing:
    """The filing, if the account may see it; ``MissingError`` otherwise."""
    filing = session.scalar(select(Filing).where(Filing.number == number.strip().upper()))
    if filing is None or not access.can_see_filing(session, account, filing):
        raise MissingError("filing_missing", number=number)
    return filing


def _check_form(form: DesignForm, now: datetime) -> DesignForm:
    # A day's grace: "today" of an applicant east of Greenwich is already tomorrow in UTC.
    if form.created_on.toordinal() > now.date().toordinal() + 1:
        raise CallerError("created_on_future", field="created_on")
    return DesignForm(
        title=_text(form.title, "title", 200),
        industry=form.industry,
        creator=_text(form.creator, "creator", 200),
        created_on=form.created_on,
        description=_text(form.description, "description", 5000, needed=False),
    )


def _text(value: str, field: str, most: int, *, needed: bool = True) -> str:
    value = value.strip()
    if needed and not value:
        raise CallerError("field_empty", field=field)
    if len(value) > most:
        raise CallerError("field_too_long", field=field, most=most)
    if any(ord(letter) < 32 and letter not in "\r\n\t" for letter in value):
        raise CallerError("field_control_characters", field=field)
    return value


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


def _insert(session: Session, applicant: Account, form: DesignForm, request_key: str, now: datetime) -> Filing:
    filing = Filing(
        number=f"new-{secrets.token_hex(8)}",
        title=form.title,
        industry=form.industry,
        creator=form.creator,
        created_on=form.created_on,
        description=form.description,
        applicant=applicant,
        organization=applicant.organization,
        version=1,
        filed_at=now,
        manifest="",
        applicant_salt=secrets.token_hex(32),
        request_key=request_key,
    )
    session.add(filing)
    session.flush()
    # The serial is the row's own: two applicants at once can't be given the same number.
    filing.number = numbers.make_number(numbers.FILING, year=now.year, serial=filing.id)
    return filing


def _base_name(filename: str) -> str:
    return (filename.replace("\\", "/").rsplit("/", 1)[-1].strip() or "picture")[-255:]
