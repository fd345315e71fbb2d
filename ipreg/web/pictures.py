"""What the signed-in reader may see of a filing's files, and the bytes of it."""

from __future__ import annotations

from typing import cast

from flask import Flask, g

from ipreg import access, audit
from ipreg.db import utc_now
from ipreg.errors import MissingError
from ipreg.models import Filing, FilingView, Match
from ipreg.web.session import db, me, runtime


def shows(filing: Filing) -> bool:
    """Whether the reader may see what the filing shows; asked once a request."""
    known = cast("dict[int, bool]", g.setdefault("shows", {}))
    if filing.id not in known:
        known[filing.id] = access.can_see_files(db(), me(), filing)
    return known[filing.id]


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


def install(app: Flask) -> None:
    app.jinja_env.globals["shows"] = shows
