"""Captured evidence: seen, replayed and downloaded by those who see its alert or its case."""

from __future__ import annotations

import mimetypes
import re

from flask import Blueprint, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from ipreg.errors import MissingError
from ipreg.models import Capture, CaptureFile, Role
from ipreg.sightings.capture import get_capture
from ipreg.sightings.webpage import page_of
from ipreg.web.filings import proof_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime

bp = Blueprint("evidence", __name__)
_PARTIES = (Role.DESIGNER, Role.ENTERPRISE, Role.REGULATOR, Role.AUDITOR)
# Whatever the page of a stranger holds: no script runs, nothing is loaded from elsewhere, no form goes anywhere.
# The same origin is for its pictures alone, which need the reader's cookie.
_SANDBOX = (
    "sandbox allow-same-origin; default-src 'none'; img-src 'self' data:; "
    "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


@bp.get("/evidence/<int:capture_id>")
@who(*_PARTIES)
def one(capture_id: int) -> str:
    found = get_capture(db(), capture_id=capture_id, account=me())
    return render_template(
        "evidence.html",
        capture=found,
        proof=proof_of(found.log_index) if found.log_index is not None else None,
        verifier=str(runtime().log_key.verifier),
    )


@bp.get("/evidence/<int:capture_id>/files/<int:position>")
@who(*_PARTIES)
def file(capture_id: int, position: int) -> Response:
    found = get_capture(db(), capture_id=capture_id, account=me())
    for one in found.files:
        if one.position == position:
            shown = request.args.get("show") and one.media_type.startswith("image/") and "svg" not in one.media_type
            kind = one.media_type if shown or one.media_type.startswith("image/") else "application/octet-stream"
            name = f"evidence-{capture_id}-{one.name}{_ending(one)}"
            answer = send_file(
                runtime().store.path(one.sha256), mimetype=kind, as_attachment=not shown, download_name=name
            )
            answer.headers["Content-Security-Policy"] = _SANDBOX
            return answer
    raise MissingError("evidence_missing")


def _ending(one: CaptureFile) -> str:
    """What the file's name lacks for others' programs to know it."""
    if one.name == "page":
        return ".html"
    return "" if "." in one.name else mimetypes.guess_extension(one.media_type) or ""


@bp.get("/evidence/<int:capture_id>/replay")
@who(*_PARTIES)
def replay(capture_id: int) -> Response:
    """The page as it was captured, with the pictures that were captured with it, and nothing else."""
    found = get_capture(db(), capture_id=capture_id, account=me())
    page = next((one for one in found.files if one.name == "page"), None)
    if page is None:
        raise MissingError("evidence_missing")
    web = page_of(page.address, runtime().store.get(page.sha256), page.media_type)
    answer = Response(_with_pictures(found, web.address, web.text), mimetype="text/html")
    answer.headers["Content-Security-Policy"] = _SANDBOX
    return answer


def _with_pictures(found: Capture, address: str, text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser

    from ipreg.sightings.markup import best_source
    from ipreg.sightings.webpage import WebPage

    web = WebPage(address, text)
    ours = {
        one.address: url_for("evidence.file", capture_id=found.id, position=one.position, show=1)
        for one in found.files
        if one.name.startswith("picture-")
    }
    tree: LexborHTMLParser = web.tree
    for image in tree.css("img"):
        target = ours.get(web.whole(best_source(image))) or ours.get(web.whole(image.attributes.get("src") or ""))
        for name in ("srcset", "data-src", "data-srcset"):
            if name in image.attributes:
                del image.attrs[name]
        image.attrs["src"] = target or ""
    for element in tree.css("base, meta[http-equiv]"):
        element.decompose()
    return re.sub(r"^\s*(?!<!doctype)", "<!doctype html>\n", tree.html or "", count=1, flags=re.I)
