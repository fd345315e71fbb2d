"""My data: taken with me, or deleted."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, send_file, url_for
from flask import session as cookie
from flask_login import logout_user
from werkzeug.wrappers import Response

from ipreg import erasure, exports
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Role
from ipreg.web.errors import status_of, words_of
from ipreg.web.rules import EVERYBODY, viewers_too, who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("mydata", __name__, url_prefix="/account/data")
Page = str | Response | tuple[str, int]


@bp.get("")
@who(*EVERYBODY)
def overview() -> str:
    return _page({})


@bp.post("/export")
@who(*EVERYBODY)
@viewers_too
def export() -> Page:
    try:
        exports.request(db(), account=me(), now=utc_now())
    except CallerError as fault:
        start_again()
        return _page({"export": words_of(fault)}), 400
    db().commit()
    return redirect(url_for("mydata.overview"))


@bp.get("/exports/<int:export_id>.zip")
@who(*EVERYBODY)
def download(export_id: int) -> Response:
    found = exports.get(db(), export_id=export_id, account=me(), now=utc_now())
    place = exports.place(runtime(), found.file)
    if not place.is_file():
        raise MissingError("export_missing")
    name = f"ipreg-{found.requested_at:%Y-%m-%d}.zip"
    answer = send_file(place, mimetype="application/zip", as_attachment=True, download_name=name)
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@bp.post("/erase")
@who(Role.DESIGNER, Role.ENTERPRISE)
@viewers_too
def erase() -> Page:
    try:
        erasure.erase(db(), account=me(), password=request.form.get("password", ""), now=utc_now())
    except CallerError as fault:
        db().commit()  # a wrong password is counted
        return _page({fault.field or "": words_of(fault)}), 400
    except ConflictError as fault:
        start_again()
        return _page({"": words_of(fault)}), status_of(fault)
    db().commit()
    logout_user()
    cookie.clear()
    return redirect(url_for("pages.home", erased=1))


def _page(faults: dict[str, str]) -> str:
    account = me()
    return render_template(
        "mydata.html",
        account=account,
        faults=faults,
        exports=exports.exports_of(db(), account=account, now=utc_now()),
        official=account.role not in (Role.DESIGNER, Role.ENTERPRISE),
    )
