"""The public side of the transparency log."""

from __future__ import annotations

import base64

from flask import Blueprint, jsonify
from werkzeug.wrappers import Response

from ipreg import log, stamping
from ipreg.errors import MissingError
from ipreg.models import LogCheckpoint, LogEntry, LogTimeStamp
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


@bp.get("/log/checkpoints/<int:size>")
@public
def signed_checkpoint(size: int) -> Response:
    """The checkpoint over ``size`` entries as the log signed it: the very bytes that are time-stamped."""
    found = db().get(LogCheckpoint, size)
    if found is None:
        raise MissingError("checkpoint_missing", size=size)
    return _forever(found.note.encode(), "text/plain")


@bp.get("/log/checkpoints/<int:size>/<authority>.tsr")
@public
def token(size: int, authority: str) -> Response:
    """The authority's TimeStampResp: ``openssl ts -verify -data CHECKPOINT -in TOKEN -CAfile CERTIFICATES``."""
    return _forever(_stamp(size, authority).answer or b"", "application/timestamp-reply")


@bp.get("/log/checkpoints/<int:size>/<authority>.pem")
@public
def token_certificates(size: int, authority: str) -> Response:
    """The certificates that the token is checked with, the root first."""
    return _forever(_stamp(size, authority).certificates.encode(), "application/x-pem-file")


def _stamp(size: int, authority: str) -> LogTimeStamp:
    for stamp in stamping.stamps_on(db(), size=size):
        if stamp.authority == authority:
            return stamp
    raise MissingError("token_missing", size=size)


def _forever(data: bytes, kind: str) -> Response:
    answer = Response(data, mimetype=kind)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
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
