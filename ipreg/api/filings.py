"""Filings over the API: listed, read, filed with their files, and their papers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from flask import Blueprint
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ipreg import access, amending, bundle, certificate, designs, locarno, logkeys, registry
from ipreg.api import shapes
from ipreg.api.calls import Done, download, request_key
from ipreg.api.operation import Routes
from ipreg.api.paging import cut, number_of
from ipreg.db import transaction, utc_now
from ipreg.designform import Creator, DesignForm
from ipreg.errors import CallerError, MissingError
from ipreg.models import DesignFile, Disclosure, Filing, FilingView, Industry, RightKind, Role, Scope, ViewKind
from ipreg.registry import Attached, Picture
from ipreg.web.filings import may_have_bundle, may_have_certificate
from ipreg.web.pictures import shows, told
from ipreg.web.session import db, keep_ahead, me, runtime, seal_ahead, start_again

N_ = str  # marks a text for extraction
bp = Blueprint("api_filings", __name__)
routes = Routes(bp, N_("Filings"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_CHINA = ZoneInfo("Asia/Shanghai")
_FILES = ("pictures", "design_files")
_BYTES = "application/octet-stream"
Files = dict[str, list[FileStorage]]
_READ = {"scope": Scope.FILINGS_READ, "roles": tuple(Role)}


@routes.get(
    "/filings",
    N_("Your designs, the newest first"),
    scope=Scope.FILINGS_READ,
    roles=_OWNERS,
    query=shapes.FilingsAsked,
    answer=shapes.Page[shapes.FilingBrief],
)
def filings(query: shapes.FilingsAsked) -> shapes.Page[shapes.FilingBrief]:
    wanted = designs.Wanted(
        words=" ".join(query.q.split()),
        industry=Industry(query.industry) if query.industry else None,
        since=query.since,
        until=query.until,
    )
    found = designs.listed(db(), account=me(), wanted=wanted, before=number_of(query.cursor), limit=query.limit + 1)
    shown, following = cut(found, query.limit)
    return shapes.Page[shapes.FilingBrief](items=[brief(one) for one in shown], next=following)


@routes.get("/filings/<number>", N_("One filing"), **_READ, answer=shapes.Filing, errors=(404,))
def filing(number: str) -> shapes.Filing:
    return whole(registry.get_filing(db(), number=number, account=me()))


@routes.get(
    "/filings/<number>/versions",
    N_("All versions of a filing"),
    **_READ,
    answer=shapes.FilingVersions,
    errors=(404,),
)
def versions(number: str) -> shapes.FilingVersions:
    found = registry.get_filing(db(), number=number, account=me())
    shown = shows(found)
    if shown:
        told(found, "filing.compare")
    return shapes.FilingVersions(
        items=[
            shapes.FilingVersion(
                version=one.version,
                filed_at=one.filed_at,
                log_index=one.log_index,
                manifest=json.loads(one.manifest) if shown else None,
            )
            for one in amending.versions_of(db(), found)
        ]
    )


@routes.get(
    "/filings/<number>/certificate",
    N_("The certificate (PDF)"),
    **_READ,
    query=shapes.VersionAsked,
    media="application/pdf",
    errors=(404, 502),
)
def certificate_file(number: str, query: shapes.VersionAsked) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not may_have_certificate(found):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.certificate", copy=True)
    filing_id, version = found.id, _version(found, query)
    start_again()  # an authority may be asked, and no transaction waits for that
    data = certificate.obtain(runtime(), filing_id, clock=utc_now, version=version)
    return download(data, "application/pdf", f"{number}.pdf")


@routes.get(
    "/filings/<number>/bundle",
    N_("The evidence bundle (ZIP): the originals, and all that proves them"),
    **_READ,
    query=shapes.VersionAsked,
    media="application/zip",
    errors=(404, 502),
)
def bundle_file(number: str, query: shapes.VersionAsked) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not may_have_bundle(found):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.bundle", copy=True)
    named = access.owns_filing(me(), found) or me().role is Role.REGULATOR
    filing_id, version = found.id, _version(found, query)
    start_again()
    data = bundle.build(runtime(), filing_id, with_applicant=named, clock=utc_now, version=version)
    return download(data, "application/zip", f"{number}.zip")


@routes.get(
    "/filings/<number>/views/<int:position>",
    N_("The original of a picture of the newest version"),
    **_READ,
    media=_BYTES,
    errors=(404,),
)
def view(number: str, position: int) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not shows(found):
        raise MissingError("filing_missing", number=number)
    return _original(found, found.views, position)


@routes.get(
    "/filings/<number>/versions/<int:version>/views/<int:position>",
    N_("The original of a picture of any version"),
    **_READ,
    media=_BYTES,
    errors=(404,),
)
def version_view(number: str, version: int, position: int) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not shows(found):
        raise MissingError("filing_missing", number=number)
    return _original(found, amending.views_of(db(), amending.version_of(db(), found, version)), position)


@routes.get(
    "/filings/<number>/files/<int:position>",
    N_("A file of the design that shows no view"),
    **_READ,
    media=_BYTES,
    errors=(404,),
)
def design_file(number: str, position: int) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not may_have_bundle(found):
        raise MissingError("filing_missing", number=number)
    return _original(found, found.design_files, position)


def _original(found: Filing, files: Sequence[FilingView | DesignFile], position: int) -> Response:
    held = next((one for one in files if one.position == position), None)
    if held is None:
        raise MissingError("filing_missing", number=found.number)
    told(found, "filing.picture")
    data = runtime().store.shelf(found.vault_key).get(held.sha256)
    # Never as a kind that a browser would run or draw: the digest says what it is.
    return download(data, _BYTES, held.filename)


@routes.post(
    "/filings",
    N_("File a design"),
    description=N_(
        "A form of several parts: `filing` with the JSON, `pictures` in the order of `views`, and perhaps"
        " `design_files`. It is in the log, under a signed checkpoint, when the answer comes."
    ),
    scope=Scope.FILINGS_WRITE,
    roles=_OWNERS,
    body=shapes.FilingForm,
    files=_FILES,
    needed_files=("pictures",),
    answer=shapes.Filing,
    status=201,
    errors=(409, 413, 415, 422),
)
def file_design(form: shapes.FilingForm, files: Files) -> Done:
    pictures, attached = _pictures(form.views, files), _attached(files)
    contents = [*(one.data for one in pictures), *(one.data for one in attached)]
    key = seal_ahead(contents) if form.sealed else None
    if key is None:
        keep_ahead(runtime().store, contents)
    made = registry.register_design(
        db(),
        runtime().store,
        applicant=me(),
        form=_form(form),
        pictures=pictures,
        design_files=attached,
        request_key=request_key(),
        max_views=runtime().config.max_views,
        sealed=form.sealed,
        sealed_ahead=key,
        opens_at=_opening(form),
        now=utc_now(),
    )
    db().refresh(made)
    return Done(whole(made), f"/api/v1/filings/{made.number}", after=sign_newest)


@routes.post(
    "/filings/<number>/versions",
    N_("File the next version of a filing"),
    description=N_("Chained to the one before, which stays as it is. Where another was filed since: 409."),
    scope=Scope.FILINGS_WRITE,
    roles=_OWNERS,
    body=shapes.Amendment,
    files=_FILES,
    answer=shapes.Filing,
    status=201,
    errors=(404, 409, 413, 415, 422),
)
def amend(number: str, form: shapes.Amendment, files: Files) -> Done:
    found = registry.get_filing(db(), number=number, account=me())
    if not access.owns_filing(me(), found):
        raise MissingError("filing_missing", number=number)
    present = frozenset(one.sha256 for one in found.views) | {one.sha256 for one in found.design_files}
    keep = present if form.keep is None else frozenset(form.keep)
    if not keep <= present:
        raise CallerError("choice_wrong", field="keep")
    pictures, attached = _pictures(form.views, files), _attached(files)
    keep_ahead(
        runtime().store.shelf(found.vault_key), [*(one.data for one in pictures), *(one.data for one in attached)]
    )
    found = registry.get_filing(db(), number=number, account=me())
    amending.amend(
        db(),
        runtime().store,
        filing=found,
        account=me(),
        amendment=amending.Amendment(_form(form), keep, pictures, attached),
        seen_version=form.seen_version,
        request_key=request_key(),
        max_views=runtime().config.max_views,
        now=utc_now(),
    )
    db().refresh(found)
    return Done(whole(found), f"/api/v1/filings/{found.number}", after=sign_newest)


def _pictures(views: Sequence[str], files: Files) -> list[Picture]:
    given = files["pictures"]
    if len(given) != len(views):
        raise CallerError("views_count", field="views", pictures=len(given), views=len(views))
    return [Picture(ViewKind(kind), one.filename or "", one.read()) for kind, one in zip(views, given, strict=True)]


def _attached(files: Files) -> list[Attached]:
    return [Attached(one.filename or "", one.read()) for one in files["design_files"]]


def sign_newest() -> None:
    """What was filed stands under a signed checkpoint at once."""
    with transaction(runtime().sessions) as session:
        logkeys.sign_newest(session, runtime(), now=utc_now())


def _form(form: shapes.Stated) -> DesignForm:
    place = form.locarno_class
    if place and locarno.find(place) is None:
        raise CallerError("locarno_unknown", field="locarno_class")
    return DesignForm(
        title=form.title,
        industry=Industry(form.industry),
        creator="",
        creators=tuple(Creator(one.name, Decimal(one.share) if one.share else None) for one in form.creators),
        created_on=form.created_on,
        description=form.description,
        locarno_class=locarno.find(place) if place else None,
        rights_wanted=tuple(RightKind(one) for one in form.rights_wanted),
        disclosure=Disclosure(form.disclosure),
        first_disclosed_on=form.first_disclosed_on,
        keywords=tuple(form.keywords),
        materials=tuple(form.materials),
        colours=tuple(form.colours),
        district=form.district,
    )


def _opening(form: shapes.FilingForm) -> datetime | None:
    """The beginning of that day in China, as in the wizard."""
    if form.opens_on is None:
        return None
    if not form.sealed:
        raise CallerError("choice_wrong", field="opens_on")
    return registry.checked_opening(datetime.combine(form.opens_on, time(), _CHINA), sealed=True, now=utc_now())


def _version(found: Filing, query: shapes.VersionAsked) -> int:
    return amending.version_of(db(), found, query.version or found.version).version


# --- Shapes


def brief(found: Filing) -> shapes.FilingBrief:
    """A filing as a list shows it."""
    return shapes.FilingBrief.model_validate(_brief(found))


def _brief(found: Filing) -> dict[str, object]:
    names = ("number", "title", "version", "locarno_class", "filed_at", "amended_at", "log_index")
    return {name: getattr(found, name) for name in names} | {
        "state": found.state.value,
        "industry": found.industry.value,
    }


def whole(found: Filing) -> shapes.Filing:
    """A filing as its page shows it to the caller."""
    names = (
        "created_on", "description", "district", "first_disclosed_on", "withdrawn_at", "opens_at",
    )  # fmt: skip
    return shapes.Filing.model_validate(
        _brief(found)
        | {name: getattr(found, name) for name in names}
        | {name: list(getattr(found, name)) for name in ("keywords", "materials", "colours", "rights_wanted")}
        | {
            "creators": found.creators,
            "disclosure": found.disclosure.value if found.disclosure else None,
            "applicant": found.applicant_name,
            "organization": found.organization_name,
            "views": files_of(found.views),
            "design_files": files_of(found.design_files),
            "yours": access.owns_filing(me(), found),
            "may_change": access.can_act_on_filing(me(), found) and found.withdrawn_at is None,
            "has_certificate": may_have_certificate(found),
            "has_bundle": may_have_bundle(found),
        }
    )


def files_of(found: Sequence[FilingView] | Sequence[DesignFile]) -> list[dict[str, object]]:
    """Filed files with their digests."""
    return [
        {
            "position": one.position,
            "view": one.kind.value if isinstance(one, FilingView) else None,
            "filename": one.filename,
            "media_type": one.file.media_type,
            "size": one.file.size,
            "sha256": one.sha256,
            "sm3": one.file.sm3,
        }
        for one in found
    ]


def reference(found: Filing) -> shapes.FilingRef:
    """Its number, and its title for who may see what it shows."""
    return shapes.FilingRef(number=found.number, title=found.title if shows(found) else None)
