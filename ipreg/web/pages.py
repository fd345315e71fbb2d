"""The front page, and the pictures."""

from __future__ import annotations

import mimetypes

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from ipreg import access, desk
from ipreg.accounts import PAGE, create_account, people
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, Delivery, DeliveryState, FeedImport, Listing, Role, StoredFile
from ipreg.notify import outcome
from ipreg.notify.channels import label as channel_label
from ipreg.registry import get_filing
from ipreg.storage import Shelf
from ipreg.web.asked import page_asked
from ipreg.web.downloads import name_file
from ipreg.web.errors import words_of
from ipreg.web.pictures import shows, told
from ipreg.web.rules import EVERYBODY, lacks_two_factor, public, who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("pages", __name__)
SIZES = (160, 320, 640, 1280)
_OTHER_DESKS = {Role.ADMINISTRATOR: "pages.administration", Role.AUDITOR: "audittrail.trail"}


@bp.get("/")
@public
def home() -> Response | str:
    """What waits for whom is signed in; for strangers, what this is."""
    if not current_user.is_authenticated:
        return render_template("home.html")
    account = me()
    if account.role in _OTHER_DESKS:
        return redirect(url_for(_OTHER_DESKS[account.role]))
    if account.role is Role.REGULATOR:
        if lacks_two_factor():
            return redirect(url_for("security.two_factor"))
        officer = desk.officers_desk(db(), account=account)
        return render_template("desk_officer.html", desk=officer, account=account, now=utc_now())
    owner = desk.owners_desk(db(), account=account, now=utc_now())
    return render_template("desk_owner.html", desk=owner, account=account, may_file=access.may_file(account))


@bp.get("/healthz")
@public
def health() -> Response:
    db().execute(select(1))
    return Response("ok\n", mimetype="text/plain")


@bp.get("/filings/<number>/views/<int:position>")
@who(*EVERYBODY)
def filing_picture(number: str, position: int) -> Response:
    filing = get_filing(db(), number=number, account=me())
    if not shows(filing):
        raise MissingError("filing_missing", number=number)
    told(filing, "filing.picture")
    for view in filing.views:
        if view.position == position:
            shelf = runtime().store.shelf(filing.vault_key)
            return picture(view.file, f"{filing.number}-{view.kind}", shelf, private=filing.vault_key is not None)
    raise MissingError("filing_missing", number=number)


@bp.get("/listings/<int:listing_id>/pictures/<int:position>")
@who(*EVERYBODY)
def listing_picture(listing_id: int, position: int) -> Response:
    listing = db().get(Listing, listing_id)
    if listing is not None and access.can_see_listing(db(), me(), listing):
        for one in listing.pictures:
            if one.position == position:
                return picture(one.file, f"{listing.platform}-{listing.external_id}-{position}", runtime().store)
    raise MissingError("listing_missing")


def picture(file: StoredFile, name: str, shelf: Shelf, *, private: bool = False) -> Response:
    """The original for download, or a JPEG of one of ``SIZES`` to show. ``private``: no browser keeps it."""
    size = request.args.get("size", type=int)
    if size is None:
        answer = Response(shelf.pieces(file.sha256), mimetype=file.media_type)
        name += mimetypes.guess_extension(file.media_type) or ""
        name_file(answer, name)
        answer.content_length = file.size
    else:
        side = min(SIZES, key=lambda one: abs(one - size))
        answer = Response(shelf.thumbnail(file.sha256, side), mimetype="image/jpeg")
    answer.headers["Cache-Control"] = "no-store" if private else "private, max-age=86400, immutable"
    return answer


@bp.route("/administration", methods=["GET", "POST"])
@who(Role.ADMINISTRATOR)
def administration() -> str | Response | tuple[str, int]:
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            _open_account()
            return redirect(url_for("pages.administration"))
        except CallerError as fault:
            start_again()
            faults[fault.field or ""] = words_of(fault)
    words, asked = request.args.get("q", ""), page_asked()
    found = people(db(), select(Account).order_by(Account.id.desc()), words=words, page=asked)
    page = render_template(
        "administration.html",
        faults=faults,
        given=request.form,
        accounts=found[:PAGE],
        words_asked=words,
        page=asked,
        more=len(found) > PAGE,
        deliveries=db()
        .scalars(
            select(Delivery)
            .where(Delivery.state.in_((DeliveryState.WAITING, DeliveryState.PARKED)))
            .order_by(Delivery.id.desc())
            .limit(50)
        )
        .unique()
        .all(),
        channel_label=channel_label,
        fault_told=outcome.told,
        imports=db().scalars(select(FeedImport).order_by(FeedImport.id.desc()).limit(20)).all(),
    )
    return (page, 400) if faults else page


def _open_account() -> None:
    role = request.form.get("role", "")
    if role not in (Role.REGULATOR, Role.ADMINISTRATOR, Role.AUDITOR):
        raise CallerError("choice_wrong", field="role")
    create_account(
        db(),
        email=request.form.get("email", ""),
        password=request.form.get("password", ""),
        name=request.form.get("name", ""),
        role=Role(role),
        now=utc_now(),
    )
    db().commit()
