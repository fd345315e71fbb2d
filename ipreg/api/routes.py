"""All operations of the API together, and the address where their description is served."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from flask import Blueprint, Flask, request
from flask_babel import get_locale
from werkzeug.wrappers import Response

from ipreg.api import (
    alerts,
    calls,
    cases,
    desk,
    drafts,
    evidence,
    filings,
    inbox,
    keeping,
    letters,
    listings,
    matches,
    notices,
    parties,
    public,
    reports,
    rights,
    sources,
    statistics,
    watches,
)
from ipreg.api.operation import JSON, Operation
from ipreg.i18n import translator
from ipreg.web.rules import public as open_to_all
from ipreg.web.session import runtime

bp = Blueprint("api", __name__)
PARTS = (
    filings, drafts, keeping, rights, public, sources, listings, reports, matches, alerts, inbox, evidence, letters,
    watches, notices, cases, parties, desk, statistics,
)  # fmt: skip
OPERATIONS: tuple[Operation, ...] = tuple(one for part in PARTS for one in part.routes.operations)


@bp.get("/api/v1/openapi.json")
@open_to_all
def document() -> Response:
    """The description (OpenAPI 3.1), with its texts in the reader's language."""
    answer = Response(_text(str(get_locale()), runtime().config.public_url), mimetype=JSON)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Access-Control-Allow-Origin"] = "*"  # it is public, and tools on other sites read it
    answer.vary.add("Accept-Language")
    answer.add_etag()
    return answer.make_conditional(request)


@cache
def described(locale: str, server: str) -> dict[str, Any]:
    """The document; made when it is first asked for."""
    from ipreg.api.document import describe  # its library takes a while to import

    return describe(OPERATIONS, server=server, say=translator(locale))


@cache
def _text(locale: str, server: str) -> str:
    return json.dumps(described(locale, server), ensure_ascii=False)


def install(app: Flask) -> None:
    app.after_request(calls.limits)
    app.teardown_appcontext(calls.drop_sent_file)
    for part in (*(one.bp for one in PARTS), bp):
        app.register_blueprint(part)
