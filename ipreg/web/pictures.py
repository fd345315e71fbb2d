"""What the signed-in reader may see of a filing's files, and the bytes of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from flask import Flask, g
from werkzeug.wrappers import Response

from ipreg import access, audit
from ipreg.db import utc_now
from ipreg.errors import MissingError
from ipreg.models import Case, Filing, FilingView, Match, MatchKind
from ipreg.web.session import db, me, runtime
from similarity import Reason, overlay
from similarity.parts import corresponding


def shows(filing: Filing) -> bool:
    """Whether the reader may see what the filing shows; asked once a request."""
    known = cast("dict[int, bool]", g.setdefault("shows", {}))
    if filing.id not in known:
        known[filing.id] = access.can_see_files(db(), me(), filing)
    return known[filing.id]


def shown_in(found: Iterable[Case]) -> None:
    """Officials see the open filings of cases: known for a whole list of them without a question for each."""
    if me().role not in access.OFFICIALS:
        return
    known = cast("dict[int, bool]", g.setdefault("shows", {}))
    for case in found:
        for filing in (case.match.filing, case.match.later_filing):
            if filing is not None and filing.files_destroyed_at is None and filing.vault_key_id is None:
                known[filing.id] = True


def told(filing: Filing, action: str, *, copy: bool = False) -> None:
    """A look into a sealed filing by who does not own it stands in the audit trail; a copy whoever takes it."""
    if filing.vault_key_id is not None and (copy or not access.owns_filing(me(), filing)):
        audit.record(db(), actor=me(), action=action, subject=f"filing:{filing.number}", now=utc_now())


def view_bytes(view: FilingView) -> bytes:
    """The original of a view; raises ``MissingError`` where it is not for the reader."""
    if not shows(view.filing):
        raise MissingError("filing_missing", number=view.filing.number)
    told(view.filing, "filing.picture")
    return runtime().store.shelf(view.filing.vault_key).get(view.sha256)


def seen_bytes(match: Match) -> bytes:
    """The counterpart's picture: a listing's, or a later filing's view."""
    if match.picture is not None:
        return runtime().store.get(match.picture.sha256)
    if match.later_view is None:
        raise MissingError("listing_missing")
    return view_bytes(match.later_view)


def regions(match: Match) -> bytes:
    """Where a copied picture lies in the other; of goods photographed anew, the parts that correspond."""
    filed, seen = view_bytes(match.view), seen_bytes(match)
    if match.kind is MatchKind.COPY:
        return overlay(filed, seen, Reason.from_dict(match.reason))
    return overlay(filed, seen, Reason(lines=corresponding(filed, seen).lines), marks=True)


def drawn_of(match: Match, picture: bytes) -> Response:
    """A picture that was drawn of the match's; one that shows a sealed filing is kept nowhere."""
    sealed = [one for one in (match.filing, match.later_filing) if one is not None and one.vault_key_id is not None]
    answer = Response(picture, mimetype="image/jpeg" if picture[:2] == b"\xff\xd8" else "image/png")
    answer.headers["Cache-Control"] = "no-store" if sealed else "private, max-age=3600"
    return answer


def install(app: Flask) -> None:
    app.jinja_env.globals["shows"] = shows
