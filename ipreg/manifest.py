"""The manifest of a filing: the statement that its log entry commits to, in the form of its day.

A filing keeps for ever the version it was filed with. Version 2 added shares, class, rights wanted, disclosure,
keywords, materials, colours, district, and the designer's own files; and it binds the accounts that file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

import rfc8785

from ipreg.models import Filing, FilingVersion, StoredFile

NEWEST = 2
DESIGN_FILE = "design_file"
"""What stands in place of a view where a file is none."""


def manifest(filing: Filing) -> dict[str, Any]:
    """What the log entry commits to; canonical in the form of RFC 8785. The applicant is inside by commitment."""
    stated: dict[str, Any] = {
        "format": f"ipreg-filing/{filing.manifest_version}",
        "number": filing.number,
        "version": filing.version,
        "title": filing.title,
        "industry": filing.industry.value,
        "creator": filing.creator,
        "created_on": filing.created_on.isoformat(),
        "description": filing.description,
        "applicant_commitment": applicant_commitment(filing),
        "filed_at": filing.filed_at.isoformat(),
        "files": [_file(view.kind.value, view.filename, view.file) for view in filing.views],
    }
    if filing.amended_at is not None:
        stated |= {"filed_at": filing.amended_at.isoformat(), "amends": amends(_before(filing))}
    return stated if filing.manifest_version == 1 else stated | _since_version_2(filing, stated["files"])


def _before(filing: Filing) -> FilingVersion:
    return next(one for one in filing.versions if one.version == filing.version - 1)


def amends(before: FilingVersion) -> dict[str, Any]:
    """What chains a version to the one before it: its number, its log entry, the digest of its manifest."""
    return {
        "version": before.version,
        "log_index": before.log_index,
        "manifest_sha256": hashlib.sha256(before.manifest.encode()).hexdigest(),
    }


def _since_version_2(filing: Filing, views: list[dict[str, Any]]) -> dict[str, Any]:
    shown = filing.first_disclosed_on
    return {
        "creators": filing.creators,
        "locarno_class": filing.locarno_class,
        "rights_wanted": list(filing.rights_wanted),
        "disclosure": filing.disclosure and filing.disclosure.value,
        "first_disclosed_on": shown and shown.isoformat(),
        "keywords": list(filing.keywords),
        "materials": list(filing.materials),
        "colours": list(filing.colours),
        "district": filing.district,
        "files": views + [_file(DESIGN_FILE, one.filename, one.file) for one in filing.design_files],
    }


def form_of(stated: dict[str, Any]) -> int:
    """The version of the form in which a manifest is written."""
    return int(str(stated["format"]).rpartition("/")[2])


def _file(view: str, name: str, file: StoredFile) -> dict[str, Any]:
    return {
        "view": view,
        "name": name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "sm3": file.sm3,
    }


def applicant_commitment(filing: Filing, form: int | None = None) -> str:
    """SHA-256 over salt and names: binds the applicant without naming him to who reads the manifest.

    Of an account that was erased names and salt are gone, and the commitment is the one that was made.
    """
    if not filing.applicant_salt:
        return str(json.loads(filing.manifest)["applicant_commitment"])
    return hashlib.sha256(rfc8785.dumps(applicant_opening(filing, form))).hexdigest()


def applicant_opening(filing: Filing, form: int | None = None) -> dict[str, Any]:
    """What opens the commitment; canonical JSON of it is hashed. Names as they were on the day of filing.

    ``form`` is the manifest's version where it is not the newest's: an amendment may be in a newer form.
    """
    opening = {
        "salt": filing.applicant_salt,
        "applicant": filing.applicant_name,
        "email": filing.applicant_email,
        "organization": filing.organization_name,
    }
    if (form or filing.manifest_version) == 1:
        return opening
    return opening | {"account": filing.applicant_id, "organization_account": filing.organization_id}
