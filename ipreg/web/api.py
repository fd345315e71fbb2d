"""Pushing listings over HTTP: in bulk, with a source's token, idempotent, a result for each row."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from ipreg.db import utc_now
from ipreg.errors import CallerError, IpregError, MissingError, PermissionDeniedError
from ipreg.messages import message_for
from ipreg.models import FeedImport, RunState, Source
from ipreg.sightings import feeds, sources
from ipreg.sightings.inline import take_out
from ipreg.sightings.reading import read_feed
from ipreg.sightings.rows import Row, RowFault
from ipreg.web.audithook import act_as
from ipreg.web.errors import status_of, words_of
from ipreg.web.language import say
from ipreg.web.rules import public
from ipreg.web.session import db, runtime

bp = Blueprint("api", __name__)
MAX_ROWS = 1000
MAX_BYTES = 5 * 2**20  # without the pictures that stand in it
MAX_WITH_PICTURES = 50 * 2**20


@bp.errorhandler(IpregError)
def told(fault: IpregError) -> tuple[Response, int]:
    status = 401 if fault.code == "token_wrong" else status_of(fault)
    return jsonify(error={"code": fault.code, "message": words_of(fault)}), status


@bp.post("/api/v1/listings")
@public  # not by a browser's session, but by a token: see _source
def push() -> tuple[Response, int]:
    source = _source()
    sent = request.get_data(cache=False)
    if len(sent) > MAX_WITH_PICTURES:
        raise CallerError("feed_too_large", megabytes=MAX_WITH_PICTURES // 2**20)
    data, pictures = take_out(sent)
    if len(data) > MAX_BYTES:
        raise CallerError("feed_too_large", megabytes=MAX_BYTES // 2**20)
    rows = read_feed(data, platform=source.platform)
    if len(rows) > MAX_ROWS:
        raise CallerError("feed_too_long", most=MAX_ROWS)
    key = request.headers.get("Idempotency-Key", "").strip() or hashlib.sha256(sent).hexdigest()
    request_key = f"push-{source.id}-{hashlib.sha256(key.encode()).hexdigest()}"
    known = db().query(FeedImport).filter_by(account_id=source.account_id, request_key=request_key).first()
    if known is None:
        known = feeds.accept_feed(
            db(),
            runtime().config,
            account=source.account,
            filename="push.jsonl",
            data=data,
            pictures=pictures,
            source=source,
            run=sources.begin_run(db(), source=source, now=utc_now()),
            request_key=request_key,
            now=utc_now(),
        )
    answer = {"import": known.id, "state": known.state.value, "rows": [_result(row) for row in rows]}
    db().commit()
    return jsonify(answer), 202


@bp.get("/api/v1/imports/<int:import_id>")
@public
def state(import_id: int) -> Response:
    source = _source()
    work = db().get(FeedImport, import_id)
    if work is None or work.source_id != source.id:
        raise MissingError("import_missing")
    refused = [_result(RowFault(one.line, one.code, one.values)) for one in work.faults]
    running = work.run is not None and work.run.state is RunState.RUNNING
    return jsonify(
        {
            "import": work.id,
            "state": work.state.value,
            "running": running,
            "total": work.total_rows,
            "kept": work.kept_rows,
            "refused": refused,
        }
    )


def _source() -> Source:
    """The source whose token came with the request; raises ``PermissionDeniedError``."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise PermissionDeniedError("token_wrong")
    found = sources.source_of_token(db(), token.strip())
    act_as(found.account)
    return found


def _result(row: Row) -> dict[str, Any]:
    if isinstance(row, RowFault):
        return {
            "line": row.line,
            "status": "refused",
            "code": row.code,
            "message": message_for(row.code, row.values, say),
        }
    return {"line": row.line, "status": "accepted", "platform": row.platform, "listing_id": row.listing_id}
