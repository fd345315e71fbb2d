"""Sources of listings over the API: made, run, paused, how they are doing, and their tokens."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint
from sqlalchemy import select

from ipreg.api import reportshapes, shapes, sourceshapes
from ipreg.api.calls import Done
from ipreg.api.listings import import_of
from ipreg.api.operation import Routes
from ipreg.api.paging import newest
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.messages import message_for
from ipreg.models import CrawlPage, Role, Scope, Source, SourceKind, SourceRun
from ipreg.sightings import feeds, frontier, remotes, reports, sources
from ipreg.sightings.sources import CrawlSettings, FeedSettings
from ipreg.web.language import say
from ipreg.web.session import db, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_sources", __name__)
routes = Routes(bp, N_("Sources of listings"))
_KEEPERS = (Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)
_READ = {"scope": Scope.LISTINGS_READ, "roles": _KEEPERS}
_ACT = {
    "scope": Scope.LISTINGS_WRITE,
    "roles": _KEEPERS,
    "answer": sourceshapes.SourceDetail,
    "errors": (404, 409, 422),
}
MOST_REFUSED = 200


@routes.get(
    "/sources",
    N_("Your sources of listings, the oldest first"),
    **_READ,
    answer=shapes.Page[shapes.Source],
)
def list_sources() -> shapes.Page[shapes.Source]:
    found = sources.sources_of(db(), account=me())
    return shapes.Page[shapes.Source](items=[shapes.Source.model_validate(_brief(one)) for one in found], next=None)


@routes.post(
    "/sources",
    N_("A new source: a feed, a crawl, or one that you push to"),
    description=N_(
        "Feeds and crawls run by themselves from now on; for one that you push to ask for a token next."
    ),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    body=sourceshapes.NewSource,
    answer=sourceshapes.SourceDetail,
    status=201,
    errors=(409, 413, 415, 422),
)
def new_source(body: sourceshapes.NewSource) -> Done:
    made = sources.create_source(
        db(),
        account=me(),
        kind=SourceKind(body.kind),
        name=body.name,
        platform=body.platform,
        settings=_settings(body.kind, body),
        every_minutes=body.every_minutes,
        now=utc_now(),
    )
    return Done(detail(made), f"/api/v1/sources/{made.id}")


@routes.get(
    "/sources/<int:source_id>",
    N_("One source: its settings, and how it is doing"),
    **_READ,
    answer=sourceshapes.SourceDetail,
    errors=(404,),
)
def source(source_id: int) -> sourceshapes.SourceDetail:
    return detail(_mine(source_id))


@routes.get(
    "/sources/<int:source_id>/runs",
    N_("The runs of a source, the newest first"),
    **_READ,
    query=shapes.Paging,
    answer=shapes.Page[sourceshapes.SourceRun],
    errors=(404,),
)
def source_runs(source_id: int, query: shapes.Paging) -> shapes.Page[sourceshapes.SourceRun]:
    wanted = select(SourceRun).where(SourceRun.source_id == _mine(source_id).id)
    shown, following = newest(db(), wanted, SourceRun.id, query.cursor, query.limit)
    return shapes.Page[sourceshapes.SourceRun](items=[_run(one) for one in shown], next=following)


@routes.get(
    "/sources/<int:source_id>/refused-pages",
    N_("Pages that a crawl could not use, the newest first; 200 at most"),
    **_READ,
    answer=shapes.Page[sourceshapes.RefusedPage],
    errors=(404,),
)
def refused_pages(source_id: int) -> shapes.Page[sourceshapes.RefusedPage]:
    found = frontier.refused_pages(db(), source_id=_mine(source_id).id, limit=MOST_REFUSED)
    return shapes.Page[sourceshapes.RefusedPage](items=[_refused(one) for one in found], next=None)


@routes.put(
    "/sources/<int:source_id>",
    N_("Changes a source's settings, as a whole"),
    description=N_("With other settings it runs at once; its listings stay."),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    body=sourceshapes.SourceChange,
    answer=sourceshapes.SourceDetail,
    errors=(404, 409, 413, 415, 422),
)
def change_source(source_id: int, body: sourceshapes.SourceChange) -> Done:
    found = _mine(source_id)
    sources.change_source(
        db(), source=found, account=me(), name=body.name, settings=_settings(found.kind.value, body),
        every_minutes=body.every_minutes, now=utc_now(),
    )  # fmt: skip
    return Done(detail(found))


@routes.delete(
    "/sources/<int:source_id>",
    N_("Takes a source away; its listings stay"),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    errors=(404, 409, 422),
)
def remove_source(source_id: int) -> Done:
    sources.remove_source(db(), source=_mine(source_id), now=utc_now())
    return Done(None)


@routes.post(
    "/sources/try",
    N_("Looks at one address, once, as a crawl would; nothing is kept"),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    body=reportshapes.TryAddress,
    answer=reportshapes.Look,
    errors=(413, 415, 502),
    once=False,  # nothing is written
)
def try_address(body: reportshapes.TryAddress) -> Done:
    db().rollback()  # no transaction stands open while a stranger's server takes its time
    found = reports.look_at(runtime(), body.address, with_robots=True, scripts=body.scripts)
    told = ("title", "seller", "price", "currency")
    return Done(
        reportshapes.Look.model_validate(
            {name: getattr(found, name) for name in ("address", "status", "guessed", "links", "robots_allow")}
            | {name: getattr(found.product, name) for name in told}
            | {"pictures": list(found.product.pictures)}
        )
    )


@routes.post("/sources/<int:source_id>/pause", N_("No run begins any more; a running one stops"), **_ACT)
def pause_source(source_id: int) -> Done:
    return _act(source_id, lambda one: sources.pause(db(), source=one))


@routes.post("/sources/<int:source_id>/resume", N_("Goes on"), **_ACT)
def resume_source(source_id: int) -> Done:
    return _act(source_id, lambda one: sources.resume(db(), source=one, now=utc_now()))


@routes.post("/sources/<int:source_id>/run", N_("The next run begins at once"), **_ACT)
def run_source(source_id: int) -> Done:
    return _act(source_id, lambda one: sources.run_soon(db(), source=one, now=utc_now()))


@routes.post("/sources/<int:source_id>/retry", N_("Refused pages and pictures are tried again, at once"), **_ACT)
def retry_source(source_id: int) -> Done:
    return _act(source_id, lambda one: remotes.retry_refused(db(), source=one, now=utc_now()))


@routes.post(
    "/sources/<int:source_id>/token",
    N_("A new token for pushing; the one before it no longer holds"),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    answer=sourceshapes.SourceToken,
    errors=(404, 409, 422),
    secret=True,
)
def source_token(source_id: int) -> Done:
    return Done(sourceshapes.SourceToken(token=sources.new_token(db(), source=_mine(source_id))))


@routes.post(
    "/imports/<int:import_id>/retry",
    N_("Rows that were refused for their pictures are tried again"),
    scope=Scope.LISTINGS_WRITE,
    roles=_KEEPERS,
    answer=shapes.Import,
    errors=(404, 409, 422),
)
def retry_import(import_id: int) -> Done:
    work = feeds.get_import(db(), import_id=import_id, account=me())
    feeds.retry_faults(db(), work=work)
    return Done(import_of(work))


def _mine(source_id: int) -> Source:
    return sources.get_source(db(), source_id=source_id, account=me())


def _act(source_id: int, act: Callable[[Source], None]) -> Done:
    found = _mine(source_id)
    act(found)
    return Done(detail(found))


def _settings(
    made: str, body: sourceshapes.NewSource | sourceshapes.SourceChange
) -> FeedSettings | CrawlSettings | None:
    for kind, given in (("feed", body.feed), ("crawl", body.crawl)):
        if made == kind and given is None:
            raise CallerError("field_needed", field=kind)
        if made != kind and given is not None:
            raise CallerError("field_unknown", field=kind)
    if body.feed is not None:
        return FeedSettings(body.feed.location.strip(), body.feed.complete)
    if body.crawl is None:
        return None
    return _crawl_wish(body.crawl)


def _crawl_wish(wish: sourceshapes.CrawlWish) -> CrawlSettings:
    return CrawlSettings(
        starts=_lines(wish.starts),
        sitemaps=_lines(wish.sitemaps),
        searches=_lines(wish.searches),
        keywords=_lines(wish.keywords),
        pages=wish.pages,
        depth=wish.depth,
        delay=wish.delay,
        at_once=wish.at_once,
        scripts=wish.scripts,
    )


def _lines(given: list[str]) -> tuple[str, ...]:
    return tuple(one.strip() for one in given if one.strip())


# --- Shapes


def _brief(found: Source) -> dict[str, object]:
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind.value,
        "state": found.state.value,
        "platform": found.platform,
    }


def detail(found: Source) -> sourceshapes.SourceDetail:
    """A source as its page shows it."""
    health = sources.health_of(db(), found)
    names = ("every_minutes", "next_run_at", "failures", "created_at")
    return sourceshapes.SourceDetail.model_validate(
        _brief(found)
        | {name: getattr(found, name) for name in names}
        | {
            "health": health.word,
            "has_token": found.token_hash is not None,
            "listings": health.listings,
            "refused_pages": health.refused_pages,
            "feed": vars(sources.feed_settings(found)) if found.kind is SourceKind.FEED else None,
            "crawl": _crawl(found) if found.kind is SourceKind.CRAWL else None,
            "last_run": _run(health.last) if health.last is not None else None,
        }
    )


def _crawl(found: Source) -> dict[str, object]:
    settings = vars(sources.crawl_settings(found))
    return {name: list(one) if isinstance(one, tuple) else one for name, one in settings.items()}


def _run(found: SourceRun) -> sourceshapes.SourceRun:
    names = ("id", "started_at", "finished_at", "found", "kept", "refused", "unchanged", "gone", "fault")
    return sourceshapes.SourceRun.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "state": found.state.value,
            "message": message_for(found.fault, found.fault_values, say) if found.fault else None,
        }
    )


def _refused(found: CrawlPage) -> sourceshapes.RefusedPage:
    code = found.fault or ""
    return sourceshapes.RefusedPage(
        address=found.address,
        code=code,
        message=message_for(code, found.fault_values, say),
        fetched_at=found.fetched_at,
    )
