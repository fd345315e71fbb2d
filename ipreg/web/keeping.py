"""What an owner does with a filing later: amend, open, withdraw, transfer, license."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import access, acts, agreements, amending, locarno, registry, sealing, withdrawing, workdays
from ipreg.agreements import Terms
from ipreg.amending import Amendment
from ipreg.db import transaction, utc_now
from ipreg.designform import DesignForm
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.logkeys import sign_newest
from ipreg.models import (
    Agreement,
    AgreementKind,
    AgreementState,
    Filing,
    FilingState,
    LicenceKind,
    Role,
    ViewKind,
)
from ipreg.registry import Attached, Picture
from ipreg.statements import read_form
from ipreg.web.errors import words_of
from ipreg.web.pages import picture
from ipreg.web.pictures import shows, told
from ipreg.web.rules import EVERYBODY, who
from ipreg.web.session import db, keep_ahead, me, runtime, start_again

bp = Blueprint("keeping", __name__)
Answer = str | Response | tuple[str, int]
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
NEW_PICTURES = ("", "-2", "-3")
"""The rows of the amendment's form for new pictures, each for one view."""


def context(found: Filing) -> dict[str, Any]:
    """What a filing's page says of its versions, its state, and what was done to it."""
    mine = access.owns_filing(me(), found)
    return {
        "versions": amending.versions_of(db(), found),
        "may_change": access.can_act_on_filing(me(), found) and found.state is not FilingState.WITHDRAWN,
        "mine": mine,
        "licence": agreements.licence_of(db(), found, me()),
        "acts": acts.acts_of(db(), found) if mine else [],
        "agreements": agreements.of_filing(db(), found) if mine else [],
        "openings": sealing.openings_of(db(), found) if mine else [],
        "opens_on": None if found.opens_at is None else found.opens_at.astimezone(workdays.SHANGHAI).date(),
        "tomorrow": (utc_now().astimezone(workdays.SHANGHAI) + timedelta(days=1)).date(),
    }


def owned(number: str) -> Filing:
    """The filing, for who may change it; for others it is not there."""
    found = registry.get_filing(db(), number=number, account=me())
    if not access.owns_filing(me(), found):
        raise MissingError("filing_missing", number=number)
    if not access.can_act_on_filing(me(), found):
        raise PermissionDeniedError("filing_not_yours_to_change")
    return found


def _back(number: str) -> Response:
    return redirect(url_for("filings.filing", number=number))


def _sign() -> None:
    """What was done stands under a signed checkpoint at once."""
    with transaction(runtime().sessions) as session:
        sign_newest(session, runtime(), now=utc_now())


# --- Versions


@bp.route("/filings/<number>/amend", methods=["GET", "POST"])
@who(*_OWNERS)
def amend(number: str) -> Answer:
    found = owned(number)
    if found.state is FilingState.WITHDRAWN:
        raise ConflictError("filing_withdrawn")
    if request.method == "GET":
        return _amend_page(found, {})
    try:
        change = _amendment(found)
        contents = [*(one.data for one in change.pictures), *(one.data for one in change.design_files)]
        keep_ahead(runtime().store.shelf(found.vault_key), contents)
        amending.amend(
            db(),
            runtime().store,
            filing=owned(number),
            account=me(),
            amendment=change,
            seen_version=request.form.get("seen_version", 0, type=int),
            request_key=request.form.get("request_key", "")[:64] or agreements.new_key(),
            max_views=runtime().config.max_views,
            now=utc_now(),
        )
        db().commit()
    except CallerError as fault:
        start_again()
        field = (fault.field or "").split("-")[0]
        return _amend_page(owned(number), {field: words_of(fault)}), 400
    except ConflictError as fault:
        start_again()
        found = owned(number)
        if found.state is FilingState.WITHDRAWN:
            raise
        return _amend_page(found, {"": words_of(fault)}), 409
    _sign()
    return redirect(url_for("filings.filing", number=number, amended=1))


def _amend_page(found: Filing, faults: dict[str, str]) -> str:
    """With what was entered; whoever was slower sees the newest version, and presses again."""
    form = request.form
    today = workdays.shanghai_day(utc_now())
    return render_template(
        "amend.html",
        filing=found,
        faults=faults,
        given={**_stated(found), **form.to_dict()},
        rights=form.getlist("rights_wanted") if form else list(found.rights_wanted),
        kept=_kept(found),
        request_key=form.get("request_key") or agreements.new_key(),
        seen_version=found.version,
        places=locarno.PLACES,
        today=today.isoformat(),
        rows=NEW_PICTURES,
    )


def _stated(found: Filing) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: "、".join(value) if isinstance(value, tuple) else value or ""
        for name in amending.NAMES
        if name not in ("industry", "rights_wanted", "disclosure")
        for value in [getattr(found, name)]
    }
    given |= {f"view-of-{one.sha256}": one.kind.value for one in found.views}
    return given | {
        "industry": found.industry.value, "disclosure": found.disclosure.value if found.disclosure else "",
    }  # fmt: skip


def _kept(found: Filing) -> set[str]:
    """The files that stay: what was ticked, and what a version that came in between has added."""
    present = {one.sha256 for one in found.views} | {one.sha256 for one in found.design_files}
    seen = request.form.get("seen_version", found.version, type=int)
    if not request.form:
        return present
    ticked = set(request.form.getlist("keep"))
    if not 0 < seen < found.version:
        return ticked
    return ticked | (present - amending.files_of(db(), amending.version_of(db(), found, seen)))


def _amendment(found: Filing) -> Amendment:
    kinds = {one.sha256: request.form.get(f"view-of-{one.sha256}", one.kind.value) for one in found.views}
    return Amendment(
        _changed_form(found),
        frozenset(request.form.getlist("keep")),
        [one for row in NEW_PICTURES for one in _pictures(row)],
        [Attached(one.filename, one.read()) for one in request.files.getlist("design_files") if one.filename],
        {digest: _view(kind) for digest, kind in kinds.items()},
    )


def _changed_form(found: Filing) -> DesignForm:
    """The present statements with those of the page in their place, read as the wizard reads them."""
    form = request.form
    values: dict[str, Any] = {name: form.get(name, "") for name in (*amending.NAMES, "district")}
    values["rights_wanted"] = form.getlist("rights_wanted")
    read, faults = read_form(values, utc_now())
    for name in ("industry", "disclosure", "created_on", "first_disclosed_on", "locarno_class", "rights_wanted"):
        if name in faults:
            raise faults[name]
    same = form.get("creator", "").strip() == found.creator
    return replace(read, creators=amending.form_of(found).creators if same else ())


def _date(field: str) -> date | None:
    text = request.form.get(field, "").strip()
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as fault:
        raise CallerError("date_wrong", field=field) from fault


def _view(kind: str) -> ViewKind:
    if kind not in list(ViewKind):
        raise CallerError("choice_wrong", field="pictures")
    return ViewKind(kind)


def _pictures(row: str) -> list[Picture]:
    """Those of one row of the form, which all show the same view."""
    given = [one for one in request.files.getlist(f"pictures{row}") if one.filename]
    return [Picture(_view(request.form.get(f"view{row}", "")), one.filename or "", one.read()) for one in given]


@bp.get("/filings/<number>/compare")
@who(*EVERYBODY)
def compare(number: str) -> str:
    found = registry.get_filing(db(), number=number, account=me())
    if not shows(found):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.compare")
    newest = found.version
    before = request.args.get("before", max(1, newest - 1), type=int)
    after = request.args.get("after", newest, type=int)
    one, other = (amending.version_of(db(), found, each) for each in (before, after))
    return render_template(
        "compare.html",
        filing=found,
        earlier=one,
        later=other,
        fields=amending.compare(one, other),
        views=(amending.views_of(db(), one), amending.views_of(db(), other)),
        versions=amending.versions_of(db(), found),
    )


@bp.get("/filings/<number>/versions/<int:version>/views/<int:position>")
@who(*EVERYBODY)
def version_picture(number: str, version: int, position: int) -> Response:
    found = registry.get_filing(db(), number=number, account=me())
    if not shows(found):
        raise MissingError("filing_missing", number=number)
    told(found, "filing.picture")
    for view in amending.views_of(db(), amending.version_of(db(), found, version)):
        if view.position == position:
            shelf = runtime().store.shelf(found.vault_key)
            name = f"{found.number}-{version}-{view.kind}"
            return picture(view.file, name, shelf, private=found.vault_key is not None)
    raise MissingError("filing_missing", number=number)


# --- Sealed


@bp.post("/filings/<number>/open")
@who(*_OWNERS)
def open_filing(number: str) -> Response:
    found = owned(number)
    filing_id, account_id = found.id, me().id
    db().rollback()  # files are copied now, and no transaction waits for that
    sealing.open_now(runtime(), filing_id, account_id=account_id, clock=utc_now)
    _sign()
    return _back(number)


@bp.post("/filings/<number>/opening-day")
@who(*_OWNERS)
def opening_day(number: str) -> Answer:
    found = owned(number)
    try:
        day = None if request.form.get("never") else _date("opens_on")
        opens_at = None if day is None else datetime.combine(day, time(), workdays.SHANGHAI).astimezone(UTC)
        sealing.set_opening(db(), filing=found, account=me(), opens_at=opens_at, now=utc_now())
        db().commit()
    except (CallerError, ConflictError) as fault:
        start_again()
        status = 400 if isinstance(fault, CallerError) else 409
        return render_template("opening_day.html", **_opening_again(owned(number), words_of(fault))), status
    _sign()
    return _back(number)


def _opening_again(found: Filing, fault: str) -> dict[str, Any]:
    given = request.form.get("opens_on", "")
    tomorrow = workdays.shanghai_day(utc_now()) + timedelta(days=1)
    return {"filing": found, "fault": fault, "given": given, "tomorrow": tomorrow}


# --- Withdrawal


@bp.route("/filings/<number>/withdraw", methods=["GET", "POST"])
@who(*_OWNERS)
def withdraw(number: str) -> Answer:
    found = owned(number)
    if found.state is FilingState.WITHDRAWN:
        return _back(number)
    if request.method == "GET":
        return render_template("withdraw.html", filing=found, faults={}, given={})
    try:
        withdrawing.withdraw(
            db(),
            filing=found,
            account=me(),
            destroy=request.form.get("files") == "destroy",
            confirmed=request.form.get("confirmed", ""),
            now=utc_now(),
        )
        filing_id = found.id
        db().commit()
    except (CallerError, ConflictError) as fault:
        start_again()
        faults = {getattr(fault, "field", None) or "": words_of(fault)}
        status = 400 if isinstance(fault, CallerError) else 409
        page = render_template("withdraw.html", filing=owned(number), faults=faults, given=request.form)
        return page, status
    withdrawing.remove_files(runtime(), filing_id)
    sealing.sweep(runtime(), clock=utc_now)
    _sign()
    return _back(number)


# --- Transfer and licence


@bp.route("/filings/<number>/offer/<kind>", methods=["GET", "POST"])
@who(*_OWNERS)
def offer(number: str, kind: str) -> Answer:
    found = owned(number)
    if kind not in list(AgreementKind):
        raise MissingError("page_missing")
    if found.state is FilingState.WITHDRAWN:
        raise ConflictError("filing_withdrawn")
    if request.method == "GET":
        return _offer_page(found, kind, {})
    try:
        made = agreements.offer(
            db(),
            filing=found,
            giver=me(),
            taker_email=request.form.get("taker_email", ""),
            terms=_terms() if kind == AgreementKind.LICENCE else None,
            message=request.form.get("message", ""),
            request_key=request.form.get("request_key", "")[:64] or agreements.new_key(),
            now=utc_now(),
        )
        target = url_for("keeping.agreement", agreement_id=made.id)
        db().commit()
    except (CallerError, ConflictError) as fault:
        start_again()
        faults = {getattr(fault, "field", None) or "": words_of(fault)}
        return _offer_page(owned(number), kind, faults), 400 if isinstance(fault, CallerError) else 409
    _sign()
    return redirect(target)


def _offer_page(found: Filing, kind: str, faults: dict[str, str]) -> str:
    key = request.form.get("request_key") or agreements.new_key()
    return render_template(
        "offer.html", filing=found, kind=kind, faults=faults, given=request.form, request_key=key, days=30
    )


def _terms() -> Terms:
    form = request.form
    if form.get("licence_kind") not in list(LicenceKind):
        raise CallerError("choice_wrong", field="licence_kind")
    return Terms(
        LicenceKind(form["licence_kind"]),
        territory=form.get("territory", ""),
        starts_on=_date("starts_on"),
        ends_on=_date("ends_on"),
        shops=form.get("shops", ""),
    )


@bp.get("/agreements")
@who(*_OWNERS)
def mine() -> str:
    return render_template("agreements.html", agreements=agreements.for_account(db(), me()), now=utc_now())


@bp.get("/agreements/<int:agreement_id>")
@who(*_OWNERS)
def agreement(agreement_id: int) -> str:
    return _agreement_page(agreements.get(db(), agreement_id=agreement_id, account=me()))


def _agreement_page(found: Agreement, fault: str = "") -> str:
    filing = found.filing
    mine = access.owns_filing(me(), filing)
    waits, is_taker = waits_for(found)
    return render_template(
        "agreement.html",
        agreement=found,
        filing=filing,
        mine=mine,
        fault=fault,
        may_answer=waits and is_taker,
        may_take_back=waits and access.can_act_on_filing(me(), filing),
        may_end=may_end(found),
    )


def waits_for(found: Agreement) -> tuple[bool, bool]:
    """Whether it still can be answered, and whether the reader is who may."""
    waits = found.state is AgreementState.OFFERED and found.expires_at > utc_now()
    return waits, found.taker_id == me().id if found.taker_id else found.taker_email == me().email


def may_end(found: Agreement) -> bool:
    """Whether the reader is the licensee of a licence that runs."""
    runs = found.state is AgreementState.ACCEPTED and found.kind is AgreementKind.LICENCE
    return runs and waits_for(found)[1]


_STEPS: dict[str, Callable[..., Agreement]] = {
    "accept": agreements.accept,
    "refuse": agreements.refuse,
    "take-back": agreements.take_back,
    "end": agreements.end,
}


@bp.post("/agreements/<int:agreement_id>/<step>")
@who(*_OWNERS)
def answer(agreement_id: int, step: str) -> Answer:
    found = agreements.get(db(), agreement_id=agreement_id, account=me())
    if step not in _STEPS:
        raise MissingError("page_missing")
    try:
        _STEPS[step](db(), agreement=found, account=me(), now=utc_now())
        db().commit()
    except (CallerError, ConflictError) as fault:
        start_again()
        found = agreements.get(db(), agreement_id=agreement_id, account=me())
        return _agreement_page(found, words_of(fault)), 409
    _sign()
    return redirect(url_for("keeping.agreement", agreement_id=agreement_id))


def install(app: Flask) -> None:
    app.jinja_env.globals["waiting_offers"] = lambda: agreements.count_waiting(db(), me(), utc_now())
