"""Filing many designs at once: a ZIP up, a report a row, then all good ones filed."""

from __future__ import annotations

import io
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ipreg import batches as service
from ipreg import batchtable
from ipreg.batchtable import COLUMNS, MOST_ROWS
from ipreg.batchzip import MAX_MEMBERS
from ipreg.config import UPLOAD_FACTOR
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError
from ipreg.messages import message_for
from ipreg.models import Batch, BatchState, Role, RowState
from ipreg.spreadsheets import line
from ipreg.web.asked import page_asked
from ipreg.web.downloads import name_file
from ipreg.web.errors import words_of
from ipreg.web.language import chosen, say
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("batches", __name__)
N_ = str  # marks a text for extraction
ROW_STATES = {
    RowState.WAITING: N_("waiting"),
    RowState.GOOD: N_("good"),
    RowState.BAD: N_("to be mended"),
    RowState.FILED: N_("filed"),
}


@bp.route("/filings/batches", methods=["GET", "POST"])
@who(Role.DESIGNER, Role.ENTERPRISE)
def batches() -> str | AnyResponse | tuple[str, int]:
    if request.method == "GET":
        return _start({})
    file = request.files.get("batch")
    try:
        batch_id = service.accept(
            db(),
            runtime().store,
            runtime().config,
            account=me(),
            filename=file.filename or "" if file else "",
            file=file.stream if file else io.BytesIO(),  # type: ignore[arg-type]
            now=utc_now(),
        ).id
        db().commit()
    except CallerError as fault:
        start_again()
        return _start({"batch": words_of(fault)}), 400
    return redirect(url_for("batches.one", batch_id=batch_id))


def _start(faults: dict[str, str]) -> str:
    found = service.batches_of(db(), account=me())
    most_bytes = runtime().config.max_file_bytes
    return render_template(
        "batches.html",
        batches=found,
        faults=faults,
        most=MOST_ROWS,
        most_files=MAX_MEMBERS,
        megabytes=most_bytes // 2**20,
        zip_megabytes=most_bytes * UPLOAD_FACTOR // 2**20,
    )


@bp.get("/filings/batches/template.csv")
@who(Role.DESIGNER, Role.ENTERPRISE)
def template() -> AnyResponse:
    return _csv(batchtable.template(chosen()), say(N_("designs")) + ".csv")


@bp.route("/filings/batches/<int:batch_id>", methods=["GET", "POST"])
@who(Role.DESIGNER, Role.ENTERPRISE)
def one(batch_id: int) -> str | AnyResponse | tuple[str, int]:
    batch = service.get(db(), batch_id=batch_id, account=me())
    if request.method == "POST":
        try:
            service.start_filing(db(), batch=batch)
            db().commit()
        except ConflictError as fault:
            start_again()
            return _report(service.get(db(), batch_id=batch_id, account=me()), words_of(fault)), 409
        return redirect(url_for("batches.one", batch_id=batch_id))
    return _report(batch)


def _report(batch: Batch, fault: str = "") -> str:
    counts = service.counts(db(), batch)
    state = RowState(request.args["state"]) if request.args.get("state") in list(RowState) else None
    pages = -(-(counts[state] if state else sum(counts.values())) // service.PAGE)
    page = min(page_asked(), max(pages, 1))
    return render_template(
        "batch.html",
        batch=batch,
        counts=counts,
        rows=service.told_rows(db(), batch, state=state, page=page),
        state=state,
        page=page,
        pages=pages,
        fault=fault,
        row_states=ROW_STATES,
        row_faults=row_faults,
        busy=batch.state in (BatchState.CHECKING, BatchState.FILING),
    )


@bp.get("/filings/batches/<int:batch_id>/progress")
@who(Role.DESIGNER, Role.ENTERPRISE)
def progress(batch_id: int) -> AnyResponse:
    batch = service.get(db(), batch_id=batch_id, account=me())
    found = service.counts(db(), batch)
    checking = batch.state is BatchState.CHECKING
    busy = checking or batch.state is BatchState.FILING
    kept = found[RowState.GOOD] if checking else found[RowState.FILED]
    left = found[RowState.WAITING] if checking else found[RowState.GOOD]
    total = sum(found.values()) if checking else found[RowState.GOOD] + found[RowState.FILED]
    return jsonify(state="running" if busy else "done", total=total, done=total - left, kept=kept)


@bp.get("/filings/batches/<int:batch_id>/report.csv")
@who(Role.DESIGNER, Role.ENTERPRISE)
def report(batch_id: int) -> AnyResponse:
    batch = service.get(db(), batch_id=batch_id, account=me())
    heads = (N_("Line"), N_("Title"), N_("State"), N_("Filing number"), N_("What to mend"))
    lines = [line(say(head) for head in heads)]
    for row, number in service.told_rows(db(), batch):
        told = " ".join(row_faults(row.faults))
        lines.append(line((row.line, row.values.get("title", ""), say(ROW_STATES[row.state]), number, told)))
    return _csv("".join(lines).encode("utf-8-sig"), f"batch-{batch.id}.csv")


@bp.post("/filings/batches/<int:batch_id>/discard")
@who(Role.DESIGNER, Role.ENTERPRISE)
def discard(batch_id: int) -> AnyResponse:
    service.discard(db(), batch=service.get(db(), batch_id=batch_id, account=me()), now=utc_now())
    db().commit()
    return redirect(url_for("batches.batches"))


def row_faults(faults: list[dict[str, Any]]) -> list[str]:
    """Each fault with the column or file that it belongs to."""
    told = []
    for one in faults:
        column = _COLUMN_OF.get(one["field"], one["field"])
        name = say(COLUMNS[column]) if column in COLUMNS else column
        told.append(name + say(N_(": ")) + message_for(one["code"], one["values"], say))
    return told


_COLUMN_OF = {"creator": "creators", "pictures": "front"}


def _csv(data: bytes, name: str) -> AnyResponse:
    return name_file(Response(data, mimetype="text/csv"), name)
