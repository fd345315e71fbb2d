"""The public side of the transparency log."""

from __future__ import annotations

import base64

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from ipreg import log
from ipreg.errors import MissingError
from ipreg.models import LogEntry
from ipreg.web.rules import public
from ipreg.web.session import db, runtime

bp = Blueprint("log", __name__)


@bp.get("/log/checkpoint")
@public
def checkpoint() -> Response:
    found = log.latest_checkpoint(db())
    if found is None:
        raise MissingError("log_entry_missing")
    answer = Response(found.note, mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/log/key")
@public
def key() -> Response:
    """The key that checkpoints are verified with, as a line of ``name+hash+key``."""
    return Response(f"{runtime().log_key.verifier}\n", mimetype="text/plain")


@bp.get("/log/proofs/<int:index>")
@public
def proof(index: int) -> Response:
    """Leaf, path and checkpoint: all that a stranger needs. The leaf is a salted commitment and tells nothing."""
    found = log.prove_inclusion(db(), index=index)
    entry = db().get_one(LogEntry, index)
    return jsonify(
        index=index,
        leaf=base64.b64encode(entry.leaf).decode(),
        leaf_hash=found.leaf_hash.hex(),
        path=[one.hex() for one in found.path],
        checkpoint=found.checkpoint,
    )
