"""Sources of listings: how they are doing, new ones, and a try of one address."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import fingerprints
from ipreg.db import utc_now
from ipreg.errors import CallerError, IpregError, PermissionDeniedError
from ipreg.models import FeedImport, Role, Source, SourceKind
from ipreg.sightings import feeds, frontier, remotes, reports, sources
from ipreg.sightings.render import find_chromium
from ipreg.sightings.siterules import rule_faults
from ipreg.sightings.sources import CrawlSettings, FeedSettings
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again
from similarity.image import PictureError, thumbnail

bp = Blueprint("sources", __name__)
_KEEPERS = (Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)
REFUSED_SHOWN, REFUSED_AT_ONCE = 10, 100
_NEW = (SourceKind.CRAWL, SourceKind.FEED, SourceKind.PUSH)


@bp.get("/sources")
@who(*_KEEPERS)
def overview() -> str:
    mine = sources.sources_of(db(), account=me())
    return render_template(
        "sources.html",
        sources=[(one, sources.health_of(db(), one)) for one in mine],
        waiting_pictures=remotes.waiting_pictures(db()),
        waiting_looks=fingerprints.count_new(db()),
    )


@bp.route("/sources/new/<kind>", methods=["GET", "POST"])
@who(*_KEEPERS)
def new(kind: str) -> str | Response | tuple[str, int]:
    if kind not in _NEW:
        raise CallerError("choice_wrong")
    faults: dict[str, str] = {}
    if request.method == "POST":
        try:
            made = _create(SourceKind(kind))
            token = sources.new_token(db(), source=made) if made.kind is SourceKind.PUSH else None
            source_id = made.id
            db().commit()
            if token:
                return _page(sources.get_source(db(), source_id=source_id, account=me()), token)
            return redirect(url_for("sources.one", source_id=source_id))
        except CallerError as fault:
            start_again()
            faults[fault.field or ""] = words_of(fault)
    page = render_template("source_new.html", kind=kind, faults=faults, given=request.form, browser=_browser())
    return (page, 400) if faults else page


@bp.get("/sources/<int:source_id>")
@who(*_KEEPERS)
def one(source_id: int) -> str:
    return _page(sources.get_source(db(), source_id=source_id, account=me()))


@bp.route("/sources/<int:source_id>/edit", methods=["GET", "POST"])
@who(*_KEEPERS)
def edit(source_id: int) -> str | Response | tuple[str, int]:
    source = sources.get_source(db(), source_id=source_id, account=me())
    kind, faults = source.kind, dict[str, str]()
    given: Mapping[str, object] = _given(source)
    if request.method == "POST":
        try:
            sources.change_source(
                db(),
                source=source,
                account=me(),
                name=request.form.get("name", ""),
                settings=_settings(kind, depth=int(source.settings.get("depth", CrawlSettings.depth))),
                every_minutes=_every_minutes(),
                now=utc_now(),
            )
            db().commit()
            return redirect(url_for("sources.one", source_id=source_id))
        except CallerError as fault:
            start_again()
            faults[fault.field or ""] = words_of(fault)
            given = request.form.to_dict()
    page = render_template(
        "source_new.html", kind=kind.value, faults=faults, given=given, browser=_browser(), source_id=source_id
    )
    return (page, 400) if faults else page


@bp.post("/sources/<int:source_id>/remove")
@who(*_KEEPERS)
def remove(source_id: int) -> Response:
    source = sources.get_source(db(), source_id=source_id, account=me())
    sources.remove_source(db(), source=source, now=utc_now())
    db().commit()
    return redirect(url_for("sources.overview"))


@bp.get("/sources/<int:source_id>/refused")
@who(*_KEEPERS)
def refused(source_id: int) -> str:
    """All pages and pictures of a source that were refused, a part at a time."""
    source = sources.get_source(db(), source_id=source_id, account=me())
    page = min(request.args.get("page", 1, type=int) or 1, 10_000)
    begin = (max(page, 1) - 1) * REFUSED_AT_ONCE
    counts = _refused_counts(source)
    return render_template(
        "source_refused.html",
        source=source,
        counts=counts,
        pages=frontier.refused_pages(db(), source_id=source.id, limit=REFUSED_AT_ONCE, begin=begin),
        pictures=remotes.refused_pictures(db(), source_id=source.id, limit=REFUSED_AT_ONCE, begin=begin),
        page=max(page, 1),
        more=max(counts.values()) > begin + REFUSED_AT_ONCE,
    )


@bp.post("/sources/<int:source_id>/pause")
@who(*_KEEPERS)
def pause(source_id: int) -> Response:
    return _act(source_id, lambda source: sources.pause(db(), source=source))


@bp.post("/sources/<int:source_id>/resume")
@who(*_KEEPERS)
def resume(source_id: int) -> Response:
    return _act(source_id, lambda source: sources.resume(db(), source=source, now=utc_now()))


@bp.post("/sources/<int:source_id>/run")
@who(*_KEEPERS)
def run_now(source_id: int) -> Response:
    return _act(source_id, lambda source: sources.run_soon(db(), source=source, now=utc_now()))


@bp.post("/sources/<int:source_id>/retry")
@who(*_KEEPERS)
def retry(source_id: int) -> Response:
    return _act(source_id, lambda source: remotes.retry_refused(db(), source=source, now=utc_now()))


@bp.post("/sources/<int:source_id>/token")
@who(*_KEEPERS)
def token(source_id: int) -> str:
    source = sources.get_source(db(), source_id=source_id, account=me())
    made = sources.new_token(db(), source=source)
    db().commit()
    return _page(sources.get_source(db(), source_id=source_id, account=me()), made)


@bp.route("/sources/try", methods=["GET", "POST"])
@who(*_KEEPERS)
def try_one() -> str | tuple[str, int]:
    address = request.values.get("address", "")[:2000]
    look, shown, faults = None, "", {}
    if request.method == "POST":
        db().rollback()  # no transaction stands open while a stranger's server takes its time
        try:
            look = reports.look_at(runtime(), address, with_robots=True, scripts=bool(request.form.get("scripts")))
            shown = _shown(look.picture)
        except IpregError as fault:
            faults["address"] = words_of(fault)
    page = render_template(
        "source_try.html",
        address=address,
        look=look,
        shown=shown,
        faults=faults,
        scripts=bool(request.values.get("scripts")),
        browser=_browser(),
    )
    return (page, 400) if faults else page


@bp.post("/imports/<int:import_id>/retry")
@who(*_KEEPERS)
def retry_import(import_id: int) -> Response:
    feeds.retry_faults(db(), work=feeds.get_import(db(), import_id=import_id, account=me()))
    db().commit()
    return redirect(url_for("imports.one", import_id=import_id))


def _page(source: Source, new_token: str | None = None) -> str:
    imports = db().query(FeedImport).filter(FeedImport.source_id == source.id).order_by(FeedImport.id.desc())
    return render_template(
        "source.html",
        source=source,
        health=sources.health_of(db(), source),
        runs=sources.runs_of(db(), source),
        refused=frontier.refused_pages(db(), source_id=source.id, limit=REFUSED_SHOWN),
        refused_pictures=remotes.refused_pictures(db(), source_id=source.id, limit=REFUSED_SHOWN),
        counts=_refused_counts(source),
        imports=imports.limit(10).all(),
        token=new_token,
        settings=source.settings,
        api=f"{runtime().config.public_url}/api/v1/listings",
        browser=_browser(),
        rule_faults=rule_faults(runtime().config.var / "sites") if source.kind is SourceKind.CRAWL else (),
    )


def _act(source_id: int, act: Callable[[Source], None]) -> Response:
    act(sources.get_source(db(), source_id=source_id, account=me()))
    db().commit()
    return redirect(url_for("sources.one", source_id=source_id))


def _create(kind: SourceKind) -> Source:
    if me().role not in _KEEPERS:
        raise PermissionDeniedError("role_refused")
    return sources.create_source(
        db(),
        account=me(),
        kind=kind,
        name=request.form.get("name", ""),
        platform=request.form.get("platform", ""),
        settings=_settings(kind),
        every_minutes=_every_minutes(),
        now=utc_now(),
    )


def _refused_counts(source: Source) -> dict[str, int]:
    return {
        "pages": sources.health_of(db(), source).refused_pages,
        "pictures": remotes.count_refused_pictures(db(), source_id=source.id),
    }


def _given(source: Source) -> dict[str, object]:
    """A source's settings as its form has them."""
    told = {name: "\n".join(value) if isinstance(value, list) else value for name, value in source.settings.items()}
    return {**told, "name": source.name, "every_hours": f"{source.every_minutes / 60:.4g}"}


def _every_minutes() -> int:
    return round(_number("every_hours", 24) * 60)


def _settings(kind: SourceKind, depth: int = CrawlSettings.depth) -> FeedSettings | CrawlSettings | None:
    if kind is SourceKind.FEED:
        return FeedSettings(request.form.get("location", "").strip(), bool(request.form.get("complete")))
    if kind is SourceKind.PUSH:
        return None
    return CrawlSettings(
        starts=_lines("starts"),
        sitemaps=_lines("sitemaps"),
        searches=_lines("searches"),
        keywords=_lines("keywords"),
        pages=int(_number("pages", 1000)),
        depth=depth,
        delay=_number("delay", 1.0),
        scripts=bool(request.form.get("scripts")),
    )


def _browser() -> bool:
    """Whether this server has a Chromium for pages that need one."""
    return find_chromium(runtime().config.chromium) is not None


def _lines(name: str) -> tuple[str, ...]:
    return tuple(one.strip() for one in request.form.get(name, "").splitlines() if one.strip())


def _number(name: str, default: float) -> float:
    text = request.form.get(name, "").strip()
    try:
        found = float(text) if text else default
    except ValueError:
        found = float("nan")
    if not 0 <= found <= 10**6:
        raise CallerError("number_wrong", field=name, least=0, most=10**6)
    return found


def _shown(picture: bytes) -> str:
    """A small JPEG in the page itself: the policy lets no other host's picture in."""
    try:
        return base64.b64encode(thumbnail(picture, 320)).decode() if picture else ""
    except PictureError:
        return ""
