"""What a filing should become and until when, what it became, and the packages for the offices."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from ipreg import access, registry
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Filing, ObtainedKind, RightRecord, Role, ViewKind
from ipreg.registry import Attached
from ipreg.rights import ics, records, reminders, words
from ipreg.rights.packages import texts
from ipreg.rights.packages import words as package_words
from ipreg.rights.packages.build import Source, build
from ipreg.rights.packages.texts import Belongs, Omitted, PackageKind, Texts, WorkKind
from ipreg.rights.records import RightForm
from ipreg.web.downloads import name_file
from ipreg.web.errors import words_of
from ipreg.web.language import say
from ipreg.web.pictures import told
from ipreg.web.rules import EVERYBODY, who
from ipreg.web.session import db, keep_ahead, me, runtime, start_again

bp = Blueprint("rights", __name__)
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
Choice = TypeVar("Choice", bound=str)


@bp.get("/filings/<number>/rights")
@who(*EVERYBODY)
def page(number: str) -> str:
    return _page(seen_filing(number), {}, MultiDict())


@bp.post("/filings/<number>/rights")
@who(*_OWNERS)
def record(number: str) -> Response | tuple[str, int]:
    filing = seen_filing(number)
    try:
        form, paper = _right_form(), _paper()
        keep_ahead(runtime().store.shelf(filing.vault_key), [] if paper is None else [paper.data])
        key = request.form.get("request_key", "")[:64] or secrets.token_hex(16)
        records.record_right(
            db(),
            runtime().store,
            filing=seen_filing(number),
            account=me(),
            form=form,
            paper=paper,
            request_key=key,
            now=utc_now(),
        )
        db().commit()
    except CallerError as fault:
        start_again()
        return _page(seen_filing(number), {fault.field or "paper": words_of(fault)}, request.form), 400
    return redirect(url_for("rights.page", number=number, _anchor="records"))


@bp.post("/filings/<number>/rights/<int:record_id>/retract")
@who(*_OWNERS)
def retract(number: str, record_id: int) -> Response:
    found = records.get_record(db(), seen_filing(number), record_id)
    records.retract(db(), record=found, account=me(), now=utc_now())
    db().commit()
    return redirect(url_for("rights.page", number=number, _anchor="records"))


@bp.get("/filings/<number>/rights/<int:record_id>/paper")
@who(*EVERYBODY)
def paper(number: str, record_id: int) -> Response:
    filing = seen_filing(number)
    found = records.get_record(db(), filing, record_id)
    told(filing, "filing.right_paper")
    data = records.read_paper(runtime().store, found)
    assert found.document is not None
    return _download(data, found.document.media_type, found.document_name or "paper")


@bp.get("/filings/<number>/rights.ics")
@who(*EVERYBODY)
def calendar(number: str) -> Response:
    filing = seen_filing(number)
    return _download(calendar_of(filing), "text/calendar", f"{filing.number}.ics")


@bp.post("/filings/<number>/rights/reminders")
@who(*_OWNERS)
def switch_reminders(number: str) -> Response:
    filing = seen_filing(number)
    wanted = request.form.get("wanted") == "yes"
    reminders.set_reminders(db(), account=me(), wanted=wanted, now=utc_now())
    db().commit()
    return redirect(url_for("rights.page", number=filing.number))


@bp.route("/filings/<number>/packages/<kind>", methods=["GET", "POST"])
@who(*_OWNERS)
def package(number: str, kind: str) -> str | Response | tuple[str, int]:
    filing, sort = packed_filing(number), sort_of(kind)
    if request.method == "GET":
        return _package_page(filing, sort, {}, texts.texts_of(db(), filing))
    given = _texts(texts.texts_of(db(), filing), sort)
    try:
        texts.keep_texts(db(), filing=filing, account=me(), texts=given, now=utc_now())
        db().commit()
    except CallerError as fault:
        start_again()
        return _package_page(packed_filing(number), sort, {fault.field or "": words_of(fault)}, given), 400
    goal = "rights.package_file" if request.form.get("then") == "download" else "rights.package"
    return redirect(url_for(goal, number=number, kind=kind))


@bp.get("/filings/<number>/packages/<kind>.zip")
@who(*_OWNERS)
def package_file(number: str, kind: str) -> Response:
    return _download(package_of(packed_filing(number), sort_of(kind)), "application/zip", f"{number}-{kind}.zip")


@bp.record_once
def _share_words(state: BlueprintSetupState) -> None:
    """For the macros of other pages, which know only what all templates know."""
    state.app.jinja_env.globals.update(
        rights_words=words, package_words=package_words, rights_next=_next_clocks, rights_public=_public
    )


def _next_clocks(filing: Filing) -> dict[str, Any] | None:
    """What stands on the filing's page: the three most urgent clocks and the rights; None for strangers."""
    if not _may_see(filing):
        return None
    recorded = records.records_of(db(), filing)
    clocks = [one for one in records.clocks_now(db(), filing, utc_now()) if one.wanted]
    return {"clocks": clocks[:3], "records": recorded}


def _public(filing: Filing) -> list[RightRecord]:
    return records.public_records(db(), filing)


def _may_see(filing: Filing) -> bool:
    return access.owns_filing(me(), filing) or me().role is Role.REGULATOR


def seen_filing(number: str) -> Filing:
    """The filing, for its owners and for the regulator whom a case shows it; nobody else learns what it becomes."""
    filing = registry.get_filing(db(), number=number, account=me())
    if not _may_see(filing):
        raise MissingError("filing_missing", number=number)
    return filing


def packed_filing(number: str) -> Filing:
    """The same, where there is something to put into a package."""
    filing = seen_filing(number)
    if filing.files_destroyed_at is not None:
        raise MissingError("files_destroyed", number=filing.number)
    return filing


def calendar_of(filing: Filing) -> bytes:
    """Its clocks as a calendar file."""
    public_url, now = runtime().config.public_url, utc_now()
    return ics.calendar(
        [one for one in records.clocks_now(db(), filing, now) if one.wanted],
        number=filing.number,
        title=filing.title,
        address=public_url.rstrip("/") + url_for("rights.page", number=filing.number),
        host=urlsplit(public_url).hostname or "localhost",
        say=say,
        now=now,
    )


def package_of(filing: Filing, kind: PackageKind) -> bytes:
    """A package for an office (ZIP); ends the transaction."""
    if not access.can_see_files(db(), me(), filing):
        raise MissingError("filing_missing", number=filing.number)
    told(filing, "filing.package", copy=True)
    shelf = runtime().store.shelf(filing.vault_key)
    source = Source(filing, texts.texts_of(db(), filing), shelf.get, say, utc_now())
    start_again()  # pictures are read and written anew, and no transaction waits for that
    return build(kind, source)


def _page(filing: Filing, faults: dict[str, str], given: MultiDict[str, str]) -> str:
    clocks = records.clocks_now(db(), filing, utc_now())
    return render_template(
        "rights.html",
        filing=filing,
        clocks=[one for one in clocks if one.wanted],
        others=[one for one in clocks if not one.wanted],
        records=records.records_of(db(), filing),
        faults=faults,
        given=given,
        request_key=given.get("request_key") or secrets.token_hex(16),
        owner=access.can_act_on_filing(me(), filing),
        reminded=reminders.wants_reminders(db(), me()),
        kinds=ObtainedKind,
    )


def _package_page(filing: Filing, kind: PackageKind, faults: dict[str, str], given: Texts) -> str:
    return render_template(
        "package.html",
        filing=filing,
        kind=kind,
        texts=given,
        given=vars(given),
        lacks=texts.lacks_of(filing, given, kind),
        best=texts.best_view(filing, given),
        missing_views=[view for view in texts.SIX if view not in {one.kind for one in filing.views}],
        owner=access.can_act_on_filing(me(), filing),
        faults=faults,
        choices={"omitted": Omitted, "works": WorkKind, "belongs": Belongs},
    )


# --- What comes from forms


def _right_form() -> RightForm:
    form = request.form
    if form.get("kind") not in list(ObtainedKind):
        raise CallerError("choice_wrong", field="kind")
    return RightForm(
        kind=ObtainedKind(form["kind"]),
        number=form.get("number", ""),
        applied_on=_day("applied_on") or _missing_day(),
        granted_on=_day("granted_on"),
        office=form.get("office", ""),
        public=form.get("public") == "yes",
    )


def _missing_day() -> date:
    raise CallerError("field_empty", field="applied_on")


def _day(field: str) -> date | None:
    value = request.form.get(field, "").strip()
    if not value:
        return None
    try:
        return datetime.strptime(value, "%Y-%m-%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as fault:
        raise CallerError("date_wrong", field=field) from fault


def _paper() -> Attached | None:
    file = request.files.get("paper")
    return None if file is None or not file.filename else Attached(file.filename, file.read())


_FIELDS = {
    PackageKind.PATENT: ("product_name", "product_use", "essentials"),
    PackageKind.WORKS: ("purpose", "process", "originality", "made_in", "published_in"),
    PackageKind.HAGUE: ("name_en", "description_en"),
}


def _texts(before: Texts, kind: PackageKind) -> Texts:
    """What was written before, with what this package's form says."""
    form = request.form
    values = {**vars(before), **{name: form.get(name, "") for name in _FIELDS[kind]}}
    if kind is PackageKind.PATENT:
        omitted = {view: _one_of(Omitted, form.get(f"omitted-{view}")) for view in texts.SIX}
        values |= {
            "best_view": _one_of(ViewKind, form.get("best_view")),
            "flat": form.get("flat") == "yes",
            "colours_claimed": form.get("colours_claimed") == "yes",
            "omitted": {view: why for view, why in omitted.items() if why is not None},
        }
    if kind is PackageKind.WORKS:
        values["work_kind"] = _one_of(WorkKind, form.get("work_kind")) or WorkKind.FINE_ART
        values["belongs"] = _one_of(Belongs, form.get("belongs"))
    return Texts(**values)


def sort_of(name: str) -> PackageKind:
    """The package of that name; raises ``MissingError``."""
    if name not in list(PackageKind):
        raise MissingError("page_missing")
    return PackageKind(name)


def _one_of(kind: type[Choice], value: str | None) -> Choice | None:
    """The choice of that name; None for none and for what the form does not offer."""
    return kind(value) if value in list(kind) else None  # type: ignore[call-overload]


def _download(data: bytes, kind: str, name: str) -> Response:
    answer = name_file(Response(data, mimetype=kind), name)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer
