"""The public side of the transparency log."""

from __future__ import annotations

import base64
import gzip

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from ipreg import log, logkeys, stamping
from ipreg.errors import MissingError, ProofError
from ipreg.models import LogCheckpoint, LogEntry, LogTimeStamp
from ipreg.tlog.tiles import Tile
from ipreg.web.rules import public
from ipreg.web.session import db, runtime

bp = Blueprint("log", __name__)


YEAR = 365 * 24 * 3600


@bp.after_request
def _for_any_reader(answer: Response) -> Response:
    """All of this is public: pages of other sites may read it too."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


@bp.get("/log/checkpoint")
@public
def checkpoint() -> Response:
    """The newest signed tree head, with what witnesses have added (c2sp.org/tlog-checkpoint)."""
    found = log.latest_checkpoint(db())
    if found is None:
        raise MissingError("log_entry_missing")
    lines = log.cosignature_lines(db(), size=found.size)
    answer = Response(found.note + "".join(lines), mimetype="text/plain")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/log/tile/<path:rest>")
@public
def tile(rest: str) -> Response:
    """Hash tiles and entry bundles (c2sp.org/tlog-tiles)."""
    try:
        wanted = Tile.parse(f"tile/{rest}")
    except ProofError as fault:
        raise MissingError("tile_missing") from fault
    data = log.tile_content(db(), wanted)
    answer = _forever(data, "application/octet-stream")
    if wanted.level < 0:
        _compress(answer, data)
    return answer


def _compress(answer: Response, data: bytes) -> None:
    """Entries are text and shrink well; hashes don't."""
    answer.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"]:
        answer.data = gzip.compress(data, mtime=0)
        answer.headers["Content-Encoding"] = "gzip"


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
    answer.headers["Cache-Control"] = f"public, max-age={YEAR}, immutable"
    return answer


@bp.get("/log/key")
@public
def key() -> Response:
    """The newest key that checkpoints are verified with, as a line of ``name+hash+key``."""
    newest = logkeys.current_verifier(db(), first=runtime().log_key)
    return Response(f"{newest}\n", mimetype="text/plain")


@bp.get("/log/keys")
@public
def keys() -> Response:
    """Every key the log ever had, when it signs, and the entries by which the log announced it."""
    found = logkeys.spans(db(), first=runtime().log_key)
    return jsonify(
        origin=runtime().log_key.name,
        keys=[
            {
                "key": str(span.verifier),
                "signs_from": span.signs_from.isoformat() if span.signs_from else None,
                "signs_until": span.signs_until.isoformat() if span.signs_until else None,
                "added": _opened(span.added),
                "retired": _opened(span.retired),
            }
            for span in found
        ],
    )


def _opened(entry: LogEntry | None) -> dict[str, object] | None:
    """An entry about a key is no secret: with its salt anybody can recompute the leaf."""
    if entry is None:
        return None
    return {"index": entry.index, "statement": entry.statement, "salt": entry.salt.hex()}


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
        checkpoint=found.published,
    )


@bp.get("/log/proofs/<int:index>.tlog-proof")
@public
def tlog_proof(index: int) -> Response:
    """The same in one text that other tools read (c2sp.org/tlog-proof)."""
    return Response(str(log.prove_inclusion(db(), index=index).to_log_proof()), mimetype="text/plain")


@bp.get("/log/consistency/<int:old>/<int:new>")
@public
def consistency(old: int, new: int) -> Response:
    """That the first ``old`` of ``new`` entries are the same in both trees. (Tiles say it too.)"""
    if old > new:
        raise MissingError("checkpoint_missing", size=old)
    found = log.prove_consistency(db(), old=old, new=new)
    return jsonify(
        old=old,
        new=new,
        path=[one.hex() for one in found.path],
        old_root=found.old_root.hex(),
        new_root=found.new_root.hex(),
    )
