"""Feeds of listings: handing one in, and watching it go in."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Role
from ipreg.sightings import feeds
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("imports", __name__)
_IMPORTERS = (Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)


@bp.route("/imports", methods=["GET", "POST"])
@who(*_IMPORTERS)
def imports() -> str | Response | tuple[str, int]:
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            return redirect(url_for("imports.one", import_id=_accept()))
        except CallerError as fault:
            start_again()
            faults[fault.field or ""] = words_of(fault)
    page = render_template("imports.html", faults=faults, imports=feeds.imports_of(db(), account=me()))
    return (page, 400) if faults else page


def _accept() -> int:
    feed = request.files.get("feed")
    if feed is None or not feed.filename:
        raise CallerError("feed_empty", field="feed")
    pictures = {one.filename: one.read() for one in request.files.getlist("pictures") if one.filename}
    made = feeds.accept_feed(
        db(),
        runtime().config,
        account=me(),
        filename=feed.filename,
        data=feed.read(),
        pictures=pictures,
        now=utc_now(),
    )
    import_id = made.id
    db().commit()
    return import_id


@bp.get("/imports/<int:import_id>")
@who(*_IMPORTERS)
def one(import_id: int) -> str:
    return render_template("import.html", work=feeds.get_import(db(), import_id=import_id, account=me()))


@bp.get("/imports/<int:import_id>/progress")
@who(*_IMPORTERS)
def progress(import_id: int) -> Response:
    work = feeds.get_import(db(), import_id=import_id, account=me())
    return jsonify(state=work.state, total=work.total_rows, done=work.done_rows, kept=work.kept_rows)
