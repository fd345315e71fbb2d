"""The form by which the owner of a design complains of what he saw himself."""

from __future__ import annotations

import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg.casework import complaints
from ipreg.casework.complaints import Complaint
from ipreg.casework.submissions import Upload
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Case
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("complaints", __name__)


@bp.route("/filings/<number>/complain", methods=["GET", "POST"])
@who(*complaints.OWNERS)
def complain(number: str) -> str | Response | tuple[str, int]:
    filing = complaints.filing_of(db(), number=number, account=me())
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            return redirect(url_for("cases.case", number=_complain(number)))
        except CallerError as fault:
            start_again()
            filing = complaints.filing_of(db(), number=number, account=me())
            faults[fault.field or ""] = words_of(fault)
    key = request.form.get("request_key") or secrets.token_hex(16)
    page = render_template("complaint.html", filing=filing, faults=faults, given=request.form, request_key=key)
    return (page, 400) if faults else page


def _complain(number: str) -> str:
    """The number of the case."""
    made = lodge(number, _read(), request.form.get("request_key", "")).number
    db().commit()
    return made


def lodge(number: str, complaint: Complaint, request_key: str) -> Case:
    """The case that comes of it, not committed yet; whoever saw the filing before has to read it again."""
    filing = complaints.filing_of(db(), number=number, account=me())
    complaints.check(complaint, filing)
    filing_id = filing.id
    start_again().rollback()  # pictures are compared while no transaction waits
    runtime().store.put_ahead([complaint.picture, *(one.data for one in complaint.uploads)])
    liked = complaints.liken(runtime(), filing_id=filing_id, data=complaint.picture)
    start_again()
    return complaints.complain(
        db(),
        runtime().store,
        account=me(),
        filing=complaints.filing_of(db(), number=number, account=me()),
        complaint=complaint,
        liked=liked,
        request_key=request_key,
        now=utc_now(),
    )


def _read() -> Complaint:
    form, picture = request.form, request.files.get("picture")
    files = request.files.getlist("files")
    return Complaint(
        title=form.get("title", ""),
        seller=form.get("seller", ""),
        text=form.get("text", ""),
        picture=picture.read() if picture is not None else b"",
        address=form.get("address", ""),
        place=form.get("place", ""),
        uploads=[Upload(one.filename or "", one.read()) for one in files if one.filename],
    )
