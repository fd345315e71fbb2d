"""Listings over the API: pushed in bulk with a result for each row, by a source's own token or a personal one."""

from __future__ import annotations

import hashlib

from flask import Blueprint, request
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from ipreg import access, tokens
from ipreg.api import shapes
from ipreg.api.calls import Done, bearer_token, download
from ipreg.api.matches import listing_of
from ipreg.api.operation import Routes
from ipreg.api.paging import newest
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError, PermissionDeniedError
from ipreg.messages import message_for
from ipreg.models import (
    FeedImport,
    Listing,
    ListingSighting,
    Role,
    RunState,
    Scope,
    Source,
    SourceKind,
    SourceState,
)
from ipreg.sightings import feeds, sources
from ipreg.sightings.inline import take_out
from ipreg.sightings.reading import read_feed
from ipreg.sightings.rows import IN_A_REQUEST, Row, RowFault
from ipreg.web.audithook import act_as
from ipreg.web.language import say
from ipreg.web.session import db, me, runtime, start_again

N_ = str  # marks a text for extraction
bp = Blueprint("api_listings", __name__)
routes = Routes(bp, N_("Listings"))
MAX_BYTES = 5 * 2**20  # without the pictures that stand in it
MAX_WITH_PICTURES = 50 * 2**20
FEEDS = ("application/json", "application/x-ndjson", "text/csv", "application/xml", "application/octet-stream")
_KEEPERS = (Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)


@routes.post(
    "/listings",
    N_("Push listings, with a result for each row"),
    description=N_(
        "The body is a feed: JSON Lines, an object with `listings`, CSV or another. Pictures are addresses, or"
        " stand in it as data: addresses. The same key again is the same import; another body under it is refused."
    ),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    query=shapes.PushAsked,
    raw=FEEDS,
    answer=shapes.Pushed,
    status=202,
    errors=(404, 409, 415, 422),
    once=False,  # an import knows its key itself
    source_token=True,
)
def push(query: shapes.PushAsked) -> Done:
    source = _source(query.source)
    sent = request.get_data(cache=False)
    if len(sent) > MAX_WITH_PICTURES:
        raise CallerError("feed_too_large", megabytes=MAX_WITH_PICTURES // 2**20)
    data, pictures = take_out(sent)
    if len(data) > MAX_BYTES:
        raise CallerError("feed_too_large", megabytes=MAX_BYTES // 2**20)
    rows = read_feed(data, platform=source.platform, limits=IN_A_REQUEST)
    try:
        work = _import(source, sent, data, pictures)
    except IntegrityError:  # the same push was faster by a moment, and its import is there now
        start_again()
        work = _import(_source(query.source), sent, data, pictures)
    made = shapes.Pushed.model_validate(
        {"import": work.id, "state": work.state.value, "rows": [_result(row) for row in rows]}
    )
    return Done(made, f"/api/v1/imports/{work.id}")


def _import(source: Source, sent: bytes, data: bytes, pictures: dict[str, bytes]) -> FeedImport:
    """The import of this push: the one that there is already under its key, or a new one with its run.

    Without a key each push is its own: a price that goes back to what it was is sent in the same words as before.
    """
    kept = _request_key(source, sent)
    if kept is not None:
        under_key = FeedImport.request_key.startswith(kept.rpartition("-")[0] + "-", autoescape=True)
        mine = select(FeedImport).where(FeedImport.account_id == source.account_id, under_key)
        known = db().scalars(mine).first()
        if known is not None and known.request_key != kept:
            raise CallerError("key_reused", field="Idempotency-Key")
        if known is not None:
            return known
    return feeds.accept_feed(
        db(),
        runtime().config,
        account=source.account,
        filename="push.jsonl",
        data=data,
        pictures=pictures,
        source=source,
        run=sources.begin_run(db(), source=source, now=utc_now()),
        request_key=kept,
        now=utc_now(),
    )


def _request_key(source: Source, sent: bytes) -> str | None:
    """Source, key and body in one, so that another body under the key is told from the same one."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return None
    named, body = (hashlib.sha256(one).hexdigest()[:40] for one in (key.encode("utf-8", "replace"), sent))
    return f"push-{source.id}-{named}-{body}"


@routes.get(
    "/imports/<int:import_id>",
    N_("How far an import is, and which rows were refused"),
    scope=Scope.LISTINGS_READ,
    roles=_KEEPERS,
    answer=shapes.Import,
    errors=(404,),
    source_token=True,
)
def import_state(import_id: int) -> shapes.Import:
    return import_of(_work(import_id))


def import_of(work: FeedImport) -> shapes.Import:
    """How far an import is."""
    running = work.run is not None and work.run.state is RunState.RUNNING
    return shapes.Import.model_validate(
        {
            "import": work.id,
            "state": work.state.value,
            "running": running,
            "total": work.total_rows,
            "kept": work.kept_rows,
            "refused": [_result(RowFault(one.line, one.code, one.values)) for one in work.faults],
        }
    )


@routes.get(
    "/listings",
    N_("Listings that your sources brought, the newest first"),
    scope=Scope.LISTINGS_READ,
    roles=_KEEPERS,
    query=shapes.Paging,
    answer=shapes.Page[shapes.Listing],
)
def listings(query: shapes.Paging) -> shapes.Page[shapes.Listing]:
    wanted = (
        select(Listing)
        .join(ListingSighting, ListingSighting.listing_id == Listing.id)
        .where(ListingSighting.account_id == me().id)
    )
    shown, following = newest(db(), wanted, Listing.id, query.cursor, query.limit)
    return shapes.Page[shapes.Listing](items=[listing_of(one) for one in shown], next=following)


@routes.get(
    "/listings/<int:listing_id>",
    N_("One listing"),
    description=N_("Of your sources, of your alerts, or of a case that you see."),
    scope=Scope.LISTINGS_READ,
    roles=tuple(Role),
    answer=shapes.Listing,
    errors=(404,),
)
def listing(listing_id: int) -> shapes.Listing:
    found = db().get(Listing, listing_id)
    if found is None or not access.can_see_listing(db(), me(), found):
        raise MissingError("listing_missing")
    return listing_of(found)


@routes.get(
    "/listings/<int:listing_id>/pictures/<int:position>",
    N_("A picture of a listing, as it was fetched; in the order of the listing's `pictures`"),
    scope=Scope.LISTINGS_READ,
    roles=tuple(Role),
    media="application/octet-stream",
    errors=(404,),
)
def listing_picture(listing_id: int, position: int) -> Response:
    found = db().get(Listing, listing_id)
    if found is not None and access.can_see_listing(db(), me(), found):
        shown = [one.sha256 for one in found.pictures if one.gone_at is None]
        if position < len(shown):
            return download(
                runtime().store.get(shown[position]), "application/octet-stream", f"{listing_id}-{position}"
            )
    raise MissingError("listing_missing")


def _work(import_id: int) -> FeedImport:
    """An import: the account's own, or of the source whose token came."""
    if bearer_token().startswith(tokens.PREFIX):
        return feeds.get_import(db(), import_id=import_id, account=me())
    work = db().get(FeedImport, import_id)
    if work is None or work.source_id != _source(None).id:
        raise MissingError("import_missing")
    return work


def _source(named: int | None) -> Source:
    """The source that the listings belong to."""
    token = bearer_token()
    if not token.startswith(tokens.PREFIX):
        found = sources.source_of_token(db(), token)
        act_as(found.account)
        return found
    if named is None:
        raise CallerError("field_needed", field="source")
    found = sources.get_source(db(), source_id=named, account=me())
    if found.kind is not SourceKind.PUSH:
        raise CallerError("source_takes_no_token", field="source")
    if found.state is SourceState.PAUSED:
        raise PermissionDeniedError("source_paused")
    return found


def _result(row: Row) -> shapes.PushedRow:
    if isinstance(row, RowFault):
        words = message_for(row.code, row.values, say)
        return shapes.PushedRow(line=row.line, status="refused", code=row.code, message=words)
    return shapes.PushedRow(line=row.line, status="accepted", platform=row.platform, listing_id=row.listing_id)
