"""The designer's pages: filing a design, and what was filed."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import (
    access,
    agreements,
    amending,
    bundle,
    certificate,
    designs,
    drafts,
    log,
    logkeys,
    registry,
    stamping,
)
from ipreg.casework import complaints
from ipreg.db import transaction, utc_now
from ipreg.errors import MissingError, ProofError
from ipreg.models import Account, Filing, LogEntry, LogTimeStamp, Role
from ipreg.web import keeping
from ipreg.web.downloads import name_file
from ipreg.web.pages import picture
from ipreg.web.pictures import shows, told
from ipreg.web.rules import EVERYBODY, who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("filings", __name__)


@dataclass(frozen=True)
class ShownProof:
    """The log's proof as the page shows it; ``held`` was computed just now from proof and checkpoint."""

    proof: log.InclusionProof | None
    held: bool
    broken: bool = False


@bp.get("/filings")
@who(Role.DESIGNER, Role.ENTERPRISE)
def filings() -> str:
    account, wanted = me(), designs.Wanted.read(request.args)
    return render_template(
        "filings.html",
        found=designs.search(db(), account=account, wanted=wanted),
        wanted=wanted,
        may_file=access.may_file(account),
        counted=designs.COUNTED,
        drafts=drafts.begun(db(), account=account),
    )


@bp.get("/filings/new")
@who(Role.DESIGNER, Role.ENTERPRISE)
def new() -> Response:
    """An empty draft is made once and used again: looking at this page twice leaves no second one."""
    with transaction(runtime().sessions) as session:
        draft_id = drafts.start(session, account=session.get_one(Account, me().id), now=utc_now()).id
    return redirect(url_for("drafts.step", draft_id=draft_id, name="pictures"))


@bp.get("/filings/<number>")
@who(*EVERYBODY)
def filing(number: str) -> str:
    found = registry.get_filing(db(), number=number, account=me())
    told(found, "filing.page")
    return render_template(
        "filing.html",
        filing=found,
        proof=proof_of(found.log_index),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
        stamps=stamps_of(found.log_index),
        **keeping.context(found),
        may_have_certificate=may_have_certificate(found),
        may_have_bundle=may_have_bundle(found),
        may_complain=me().role in complaints.OWNERS and access.can_complain(me(), found),
        seen_again=designs.seen_again(db(), found) if access.owns_filing(me(), found) else [],
        most_seen=designs.SEEN,
    )


@bp.get("/filings/<number>/certificate.pdf")
@who(*EVERYBODY)
def certificate_file(number: str) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not may_have_certificate(found):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.certificate", copy=True)
    filing_id, name, version = found.id, found.number, _version(found)
    start_again()  # an authority may be asked, and no transaction waits for that
    data = certificate.obtain(runtime(), filing_id, clock=utc_now, version=version)
    return _download(data, "application/pdf", f"{name}{_suffix(version)}.pdf")


@bp.get("/filings/<number>/evidence.zip")
@who(*EVERYBODY)
def evidence(number: str) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not may_have_bundle(found):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.bundle", copy=True)
    filing_id, name, version = found.id, found.number, _version(found)
    named = access.owns_filing(me(), found) or me().role is Role.REGULATOR
    start_again()
    data = bundle.build(runtime(), filing_id, with_applicant=named, clock=utc_now, version=version)
    return _download(data, "application/zip", f"{name}{_suffix(version)}.zip")


@bp.get("/filings/<number>/files/<int:position>")
@who(*EVERYBODY)
def design_file(number: str, position: int) -> Response:
    """A file of the designer's work, or (``size``) what can be shown of it."""
    found = registry.get_filing(db(), number=number, account=me())
    held = next((one for one in found.design_files if one.position == position), None)
    if held is None or not may_have_bundle(found) or ("size" in request.args and not held.file.width):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.picture")
    shelf = runtime().store.shelf(found.vault_key)
    answer = picture(held.file, "", shelf, private=found.vault_key is not None)
    return answer if "size" in request.args else name_file(answer, held.filename)


def may_have_certificate(found: Filing) -> bool:
    """Not a licensee's; nobody's where the files were destroyed, for it shows them."""
    if found.files_destroyed_at is not None:
        return False
    parties = access.owns_filing(me(), found) or me().id == found.applicant_id
    return parties or (shows(found) and agreements.licence_of(db(), found, me()) is None)


def may_have_bundle(found: Filing) -> bool:
    """It holds the designer's own files: for its owners, who filed it and officials, and not for who was warned."""
    parties = access.owns_filing(me(), found) or me().id == found.applicant_id or me().role in access.OFFICIALS
    return parties and shows(found) and may_have_certificate(found)


def _version(found: Filing) -> int:
    """Which version is asked for: the newest, or an earlier one."""
    asked = request.args.get("version", found.version, type=int)
    return amending.version_of(db(), found, asked).version


def _suffix(version: int) -> str:
    return "" if version == 1 else f"-{version}"


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = name_file(Response(data, mimetype=kind), name)
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def stamps_of(index: int | None) -> list[tuple[LogTimeStamp, str]]:
    """The time stamps that cover a log entry, with their authorities' names."""
    covering = stamping.stamps_covering(db(), index=-1 if index is None else index)
    return [(one, certificate.common_name(one)) for one in covering]


def proof_of(index: int | None) -> ShownProof:
    """The inclusion proof of a log entry, truly verified."""
    proof = None
    try:
        proof = log.prove_inclusion(db(), index=-1 if index is None else index)
        proof.verify(*logkeys.verifiers(db(), first=runtime().log_key))
    except MissingError:
        return ShownProof(None, False)
    except ProofError:
        return ShownProof(proof, False, broken=True)
    entry = db().get_one(LogEntry, index)
    leaf = log.leaf_data(kind=entry.kind, statement=entry.statement, salt=entry.salt)
    return ShownProof(proof, leaf == entry.leaf, broken=leaf != entry.leaf)
