"""Rights over the API: clocks, what a filing became, its calendar, and the packages for the offices."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from ipreg.api import rightshapes as shapes
from ipreg.api.calls import Done, download, request_key
from ipreg.api.operation import Routes
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Filing, ObtainedKind, Role, Scope, ViewKind
from ipreg.models import RightRecord as Record
from ipreg.registry import Attached
from ipreg.rights import records, reminders, words
from ipreg.rights.clocks import Clock
from ipreg.rights.packages import texts
from ipreg.rights.packages.texts import Belongs, Omitted, Texts, WorkKind
from ipreg.rights.records import RightForm
from ipreg.web.language import say
from ipreg.web.pictures import told
from ipreg.web.rights import calendar_of, package_of, packed_filing, seen_filing, sort_of
from ipreg.web.session import db, keep_ahead, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_rights", __name__)
routes = Routes(bp, N_("Rights"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.FILINGS_READ, "roles": tuple(Role), "errors": (404,)}
_OWN = {"scope": Scope.FILINGS_READ, "roles": _OWNERS, "errors": (404,)}
_WRITE = {"scope": Scope.FILINGS_WRITE, "roles": _OWNERS, "errors": (404, 409, 413, 415, 422)}
_CHOICES = {"omitted", "work_kind", "belongs", "best_view"}


@routes.get(
    "/filings/<number>/rights",
    N_("What runs for a design, and what it became"),
    description=N_("For its owners, and for a regulator whom a case shows it. Information, not legal advice."),
    **_READ,
    answer=shapes.Rights,
)
def filing_rights(number: str) -> shapes.Rights:
    return _rights(seen_filing(number))


@routes.post(
    "/filings/<number>/rights",
    N_("Records a right, or an application for one"),
    description=N_(
        "JSON alone, or a form of several parts: `right` with the JSON, and `paper` (PDF or picture). It is an"
        " event of the filing in the log."
    ),
    **_WRITE,
    body=shapes.NewRight,
    part="right",
    files=("paper",),
    plain=True,
    answer=shapes.RightRecord,
    status=201,
)
def record_right(number: str, form: shapes.NewRight, files: dict[str, list[FileStorage]]) -> Done:
    if len(files["paper"]) > 1:
        raise CallerError("value_wrong", field="paper")
    papers = [Attached(one.filename or "", one.read()) for one in files["paper"]]
    keep_ahead(runtime().store.shelf(seen_filing(number).vault_key), [one.data for one in papers])
    given = form.model_dump() | {"kind": ObtainedKind(form.kind)}
    made = records.record_right(
        db(), runtime().store, filing=seen_filing(number), account=me(), form=RightForm(**given),
        paper=papers[0] if papers else None, request_key=request_key(), now=utc_now(),
    )  # fmt: skip
    return Done(_record(made), f"/api/v1/filings/{number}/rights")


@routes.post(
    "/filings/<number>/rights/<int:record_id>/retract",
    N_("Takes a wrong record back"),
    description=N_("The record and what took it back stay in the log."),
    **_WRITE,
    answer=shapes.Rights,
)
def retract_right(number: str, record_id: int) -> Done:
    filing = seen_filing(number)
    records.retract(db(), record=records.get_record(db(), filing, record_id), account=me(), now=utc_now())
    return Done(_rights(filing))


@routes.get(
    "/filings/<number>/rights/<int:record_id>/paper",
    N_("The paper that was shown with a record"),
    **_READ,
    media="application/octet-stream",
)
def right_paper(number: str, record_id: int) -> Response:
    filing = seen_filing(number)
    found = records.get_record(db(), filing, record_id)
    told(filing, "filing.right_paper")
    data = records.read_paper(runtime().store, found)
    return download(data, "application/octet-stream", found.document_name or "paper")


@routes.get(
    "/filings/<number>/calendar",
    N_("The clocks as a calendar file (RFC 5545)"),
    **_READ,
    media="text/calendar",
)
def rights_calendar(number: str) -> Response:
    return download(calendar_of(seen_filing(number)), "text/calendar", f"{number}.ics")


@routes.put(
    "/reminders",
    N_("Reminders before clocks of your designs end, on or off"),
    **{**_WRITE, "errors": (409, 413, 415, 422)},
    body=shapes.Reminders,
    answer=shapes.RemindersSet,
)
def set_reminders(body: shapes.Reminders) -> Done:
    reminders.set_reminders(db(), account=me(), wanted=body.wanted, now=utc_now())
    return Done(shapes.RemindersSet(wanted=body.wanted))


# --- Packages


@routes.get(
    "/filings/<number>/package-texts",
    N_("What was written for the packages"),
    **_OWN,
    answer=shapes.WrittenTexts,
)
def package_texts(number: str) -> shapes.WrittenTexts:
    return _written(packed_filing(number))


@routes.put(
    "/filings/<number>/package-texts",
    N_("Writes the texts of all packages anew"),
    **_WRITE,
    body=shapes.PackageTexts,
    answer=shapes.WrittenTexts,
)
def write_package_texts(number: str, body: shapes.PackageTexts) -> Done:
    filing = packed_filing(number)
    texts.keep_texts(db(), filing=filing, account=me(), texts=_texts(body), now=utc_now())
    return Done(_written(filing))


@routes.get(
    "/filings/<number>/packages/<kind>",
    N_("How far a package is: `patent`, `works` or `hague`"),
    **_OWN,
    answer=shapes.Package,
)
def package(number: str, kind: str) -> shapes.Package:
    filing, sort = packed_filing(number), sort_of(kind)
    written = texts.texts_of(db(), filing)
    return shapes.Package.model_validate(
        {
            "kind": sort.value,
            "best_view": texts.best_view(filing, written).value,
            "lacks": [
                {"text": say(one.text), "views": [view.value for view in one.views], "needed": one.needed}
                for one in texts.lacks_of(filing, written, sort)
            ],
        }
    )


@routes.get(
    "/filings/<number>/packages/<kind>/zip",
    N_("A package for an office (ZIP), as far as it is"),
    **_OWN,
    media="application/zip",
)
def package_zip(number: str, kind: str) -> Response:
    return download(package_of(packed_filing(number), sort_of(kind)), "application/zip", f"{number}-{kind}.zip")


def _texts(body: shapes.PackageTexts) -> Texts:
    return Texts(
        **body.model_dump(exclude=_CHOICES),
        best_view=ViewKind(body.best_view) if body.best_view else None,
        omitted={ViewKind(view): Omitted(why) for view, why in body.omitted.items()},
        work_kind=WorkKind(body.work_kind),
        belongs=Belongs(body.belongs) if body.belongs else None,
    )


# --- Shapes


def _written(filing: Filing) -> shapes.WrittenTexts:
    kept = vars(texts.texts_of(db(), filing))
    omitted = {view.value: why.value for view, why in kept["omitted"].items()}
    return shapes.WrittenTexts.model_validate(kept | {"omitted": omitted})


def _rights(filing: Filing) -> shapes.Rights:
    clocks = records.clocks_now(db(), filing, utc_now())
    return shapes.Rights(
        clocks=[_clock(one) for one in clocks],
        records=[_record(one) for one in records.records_of(db(), filing)],
        reminders=reminders.wants_reminders(db(), me()),
    )


def _clock(found: Clock) -> shapes.RightClock:
    names = ("starts_on", "due_on", "days_left", "provisional", "wanted")
    means = words.MISSING[found.missing] if found.missing else words.explain(found.kind, found.state)
    return shapes.RightClock.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "kind": found.kind.value,
            "state": found.state.value,
            "title": say(words.TITLES[found.kind]),
            "explanation": say(means),
            "article": say(found.article),
            "missing": found.missing.value if found.missing else None,
        }
    )


def _record(found: Record) -> shapes.RightRecord:
    names = ("id", "number", "office", "applied_on", "granted_on", "public", "recorded_at", "log_index")
    return shapes.RightRecord.model_validate(
        {name: getattr(found, name) for name in names}
        | {"kind": found.kind.value, "paper": found.document.sha256 if found.document else None}
    )
