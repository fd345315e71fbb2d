"""A person reports one address or picture, on the page or by the bookmarklet."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Role
from ipreg.sightings import reports
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, keep_ahead, me, runtime, start_again

bp = Blueprint("reports", __name__)
_REPORTERS = (Role.DESIGNER, Role.ENTERPRISE, Role.REGULATOR)


@bp.route("/reports", methods=["GET", "POST"])
@who(*_REPORTERS)
def reported() -> str | Response | tuple[str, int]:
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            _report()
            db().commit()
            return redirect(url_for("reports.reported"))
        except CallerError as fault:
            start_again()
            faults[fault.field or "picture"] = words_of(fault)
    page = render_template(
        "reports.html",
        faults=faults,
        given=request.values,
        reports=reports.reports_of(db(), account=me()),
        bookmarklet=_bookmarklet(),
    )
    return (page, 400) if faults else page


@bp.post("/reports/<int:report_id>/retry")
@who(*_REPORTERS)
def retry(report_id: int) -> Response:
    reports.retry_report(db(), report_id=report_id, account=me())
    db().commit()
    return redirect(url_for("reports.reported"))


def _report() -> None:
    address, note = request.form.get("address", ""), request.form.get("note", "")
    picture = request.files.get("picture")
    if picture is None or not picture.filename:
        reports.report_address(db(), account=me(), address=address, note=note, now=utc_now())
        return
    data = picture.read()
    keep_ahead(runtime().store, [data])
    reports.report_picture(
        db(),
        runtime().store,
        account=me(),
        data=data,
        title=request.form.get("title", ""),
        address=address.strip(),
        note=note,
        now=utc_now(),
    )


def _bookmarklet() -> str:
    """A bookmark that opens our page with the address of the page that is being looked at."""
    target = f"{runtime().config.public_url}{url_for('reports.reported')}"
    return (
        f"javascript:void(open('{target}?address='+encodeURIComponent(location.href)"
        "+'&title='+encodeURIComponent(document.title)))"
    )
