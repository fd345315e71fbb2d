"""Sources of listings: made, paused, run on a schedule, and how they are doing.

Every kind has one row and the same life: it is due, a run begins, rows or pages are worked through, the run ends
and the next one is due. What a kind does in a run stands in a module of its own (``feedsource``, ``crawl``).
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    CrawlPage,
    Listing,
    PageState,
    Role,
    RunState,
    Source,
    SourceKind,
    SourceRun,
    SourceState,
)

KEEPERS = (Role.ENTERPRISE, Role.REGULATOR, Role.ADMINISTRATOR)
MAX_SOURCES = 200
MIN_MINUTES, MAX_MINUTES = 5, 60 * 24 * 30
MAX_BACK_OFF = 8
MAX_ADDRESSES = 200
NO_BROWSER = "no_browser"
"""The detail of a run that should have run pages' scripts and could not."""


@dataclass(frozen=True)
class FeedSettings:
    """``location``: an http address, or a path under the feeds' folder. ``complete``: what it omits is gone."""

    location: str
    complete: bool = False


@dataclass(frozen=True)
class CrawlSettings:
    """What a crawl reads, and how gently. ``delay`` is in seconds between two requests to one host; ``scripts``:
    pages that show no product as they are sent are read again after their scripts."""

    starts: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    pages: int = 1000
    depth: int = 6
    delay: float = 1.0
    at_once: int = 2
    scripts: bool = False


def create_source(
    session: Session,
    *,
    account: Account,
    kind: SourceKind,
    name: str,
    platform: str = "",
    settings: FeedSettings | CrawlSettings | None = None,
    every_minutes: int = 24 * 60,
    now: datetime,
) -> Source:
    """A new source of the account, due at once. Raises ``CallerError`` with the field that is wrong."""
    access.require_role(account, *KEEPERS)
    if len(platform) > 100:
        raise CallerError("field_too_long", field="platform", most=100)
    mine = (
        select(func.count()).select_from(Source).where(Source.account_id == account.id, Source.removed_at.is_(None))
    )
    if (session.scalar(mine) or 0) >= MAX_SOURCES:
        raise CallerError("sources_too_many", field="name", most=MAX_SOURCES)
    _check(account, kind, name, settings, every_minutes)
    source = Source(
        account=account,
        kind=kind,
        name=name.strip(),
        platform=platform.strip(),
        settings=asdict(settings) if settings else {},
        memory={},
        every_minutes=every_minutes,
        next_run_at=now if kind in (SourceKind.FEED, SourceKind.CRAWL) else None,
        created_at=now,
    )
    session.add(source)
    session.flush()
    return source


def change_source(
    session: Session,
    *,
    source: Source,
    account: Account,
    name: str,
    settings: FeedSettings | CrawlSettings | None,
    every_minutes: int,
    now: datetime,
) -> None:
    """Other settings for a source, which runs with them at once; its platform stays, for its listings are known
    under it. Raises as ``create_source``."""
    _check(account, source.kind, name, settings, every_minutes)
    source.name, source.every_minutes, source.failures = name.strip(), every_minutes, 0
    told = asdict(settings) if settings else {}
    if told != settings_of(source):
        source.settings, source.memory = told, {}
        source.next_run_at = now if source.kind in (SourceKind.FEED, SourceKind.CRAWL) else None
    session.flush()


def settings_of(source: Source) -> dict[str, Any]:
    """The settings as their own dataclass has them: what is stored knows no tuples."""
    if source.kind is SourceKind.CRAWL:
        return asdict(crawl_settings(source))
    return asdict(feed_settings(source)) if source.kind is SourceKind.FEED else {}


def remove_source(session: Session, *, source: Source, now: datetime) -> None:
    """It is seen and run no more. Its listings, what was found of them and its runs stay: matches and evidence
    stand on them."""
    source.removed_at, source.state, source.token_hash, source.next_run_at = now, SourceState.PAUSED, None, None
    for run in session.scalars(
        select(SourceRun).where(SourceRun.source_id == source.id, SourceRun.state == RunState.RUNNING)
    ):
        run.state, run.finished_at = RunState.DONE, now
    session.execute(delete(CrawlPage).where(CrawlPage.source_id == source.id))
    session.flush()


def _check(
    account: Account,
    kind: SourceKind,
    name: str,
    settings: FeedSettings | CrawlSettings | None,
    every_minutes: int,
) -> None:
    if not name.strip() or len(name) > 200:
        raise CallerError("field_empty" if not name.strip() else "field_too_long", field="name", most=200)
    if kind in (SourceKind.FEED, SourceKind.CRAWL) and not MIN_MINUTES <= every_minutes <= MAX_MINUTES:
        raise CallerError("every_wrong", field="every_minutes", least=MIN_MINUTES, most=MAX_MINUTES)
    _check_settings(account, kind, settings)


def feed_settings(source: Source) -> FeedSettings:
    return FeedSettings(**source.settings)


def crawl_settings(source: Source) -> CrawlSettings:
    """As it was stored; lists become tuples again."""
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in source.settings.items()
    }
    return CrawlSettings(**values)


def sources_of(session: Session, *, account: Account) -> list[Source]:
    """The account's sources (an administrator sees all), oldest first."""
    wanted = select(Source).where(Source.kind != SourceKind.REPORT, Source.removed_at.is_(None)).order_by(Source.id)
    if account.role is not Role.ADMINISTRATOR:
        wanted = wanted.where(Source.account_id == account.id)
    return list(session.scalars(wanted))


def get_source(session: Session, *, source_id: int, account: Account) -> Source:
    """The source, if it is the account's; ``MissingError`` otherwise."""
    found = session.get(Source, source_id)
    mine = found is not None and (found.account_id == account.id or account.role is Role.ADMINISTRATOR)
    if found is None or not mine or found.removed_at is not None:
        raise MissingError("source_missing")
    return found


def pause(session: Session, *, source: Source) -> None:
    """No run begins, and a running crawl stops where it is."""
    source.state = SourceState.PAUSED
    session.flush()


def resume(session: Session, *, source: Source, now: datetime) -> None:
    """Goes on: at once where it was due meanwhile."""
    source.state, source.failures = SourceState.ACTIVE, 0
    if source.kind in (SourceKind.FEED, SourceKind.CRAWL):
        source.next_run_at = now
    session.flush()


def run_soon(session: Session, *, source: Source, now: datetime) -> None:
    """The next run begins at once. Raises ``ConflictError`` where it is paused."""
    if source.state is SourceState.PAUSED:
        raise ConflictError("source_paused")
    if source.kind in (SourceKind.FEED, SourceKind.CRAWL):
        source.next_run_at = now
        session.flush()


def new_token(session: Session, *, source: Source) -> str:
    """A new token for pushing; shown once, kept as a digest. The one before it no longer holds."""
    if source.kind is not SourceKind.PUSH:
        raise CallerError("source_takes_no_token")
    token = f"ipreg-{secrets.token_urlsafe(32)}"
    source.token_hash = hashlib.sha256(token.encode()).hexdigest()
    session.flush()
    return token


def source_of_token(session: Session, token: str) -> Source:
    """The push source of that token. Raises ``PermissionDeniedError`` (``token_wrong``, ``source_paused``)."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = session.scalar(select(Source).where(Source.token_hash == digest))
    if found is None:
        raise PermissionDeniedError("token_wrong")
    if found.state is SourceState.PAUSED:
        raise PermissionDeniedError("source_paused")
    return found


def due_sources(session: Session, *, now: datetime) -> list[int]:
    """Ids of those whose next run should begin, and none of which is still running."""
    running = select(SourceRun.id).where(SourceRun.source_id == Source.id, SourceRun.state == RunState.RUNNING)
    wanted = select(Source.id).where(
        Source.state == SourceState.ACTIVE, Source.next_run_at <= now, ~running.exists()
    )
    return list(session.scalars(wanted.order_by(Source.next_run_at, Source.id)))


def begin_run(session: Session, *, source: Source, now: datetime) -> SourceRun:
    """A run begins, and the next one is due after the source's time; later after each failure."""
    run = SourceRun(source=source, state=RunState.RUNNING, started_at=now, fault_values={})
    session.add(run)
    if source.kind in (SourceKind.FEED, SourceKind.CRAWL):
        wait = source.every_minutes * min(2**source.failures, MAX_BACK_OFF)
        source.next_run_at = now + timedelta(minutes=wait)
    session.flush()
    return run


def end_run(
    session: Session,
    *,
    run: SourceRun,
    now: datetime,
    fault: str | None = None,
    values: dict[str, Any] | None = None,
) -> None:
    """The run is over, done or with a fault that concerns all of it."""
    run.state, run.finished_at = RunState.FAILED if fault else RunState.DONE, now
    run.fault, run.fault_values = fault, values or {}
    run.source.failures = run.source.failures + 1 if fault else 0
    session.flush()


def runs_of(session: Session, source: Source, *, limit: int = 30) -> list[SourceRun]:
    """The latest runs, newest first."""
    wanted = select(SourceRun).where(SourceRun.source_id == source.id).order_by(SourceRun.id.desc()).limit(limit)
    return list(session.scalars(wanted))


@dataclass(frozen=True)
class Health:
    """How a source is doing: ``good``, ``hampered``, ``failing``, ``paused``, ``running`` or ``new``."""

    word: str
    last: SourceRun | None
    listings: int
    refused_pages: int


def health_of(session: Session, source: Source) -> Health:
    """What its page tells at a glance."""
    last = next(iter(runs_of(session, source, limit=1)), None)
    listings = session.scalar(select(func.count()).select_from(Listing).where(Listing.source_id == source.id)) or 0
    refused = select(func.count()).select_from(CrawlPage)
    refused = refused.where(CrawlPage.source_id == source.id, CrawlPage.state == PageState.REFUSED)
    if source.state is SourceState.PAUSED:
        word = "paused"
    elif last is None:
        word = "good" if listings else "new"
    elif last.state is RunState.RUNNING:
        word = "running"
    else:
        word = "failing" if last.state is RunState.FAILED else "hampered" if last.detail == NO_BROWSER else "good"
    return Health(word, last, listings, session.scalar(refused) or 0)


def _check_settings(account: Account, kind: SourceKind, settings: FeedSettings | CrawlSettings | None) -> None:
    if kind is SourceKind.FEED:
        if not isinstance(settings, FeedSettings) or not settings.location:
            raise CallerError("field_empty", field="location")
        if settings.location.startswith(("http://", "https://")):
            check_address(settings.location, "location")
        elif account.role is not Role.ADMINISTRATOR:
            # A path is read by the server: only who runs it may name one.
            raise CallerError("address_wrong", field="location", address=settings.location[:100])
    if kind is SourceKind.CRAWL:
        if not isinstance(settings, CrawlSettings):
            raise CallerError("field_empty", field="starts")
        _check_crawl(settings)


def _check_crawl(settings: CrawlSettings) -> None:
    named = (("starts", settings.starts), ("sitemaps", settings.sitemaps), ("searches", settings.searches))
    if not any(addresses for _, addresses in named):
        raise CallerError("crawl_without_start", field="starts")
    for field, addresses in named:
        if len(addresses) > MAX_ADDRESSES:
            raise CallerError("addresses_too_many", field=field, most=MAX_ADDRESSES)
        for address in addresses:
            check_address(address.replace("{keyword}", "x"), field)
    if settings.searches and not settings.keywords:
        raise CallerError("field_empty", field="keywords")
    if not all("{keyword}" in search for search in settings.searches):
        raise CallerError("search_without_keyword", field="searches")
    limits = (("pages", 1, 200_000), ("depth", 0, 30), ("delay", 0.0, 60.0), ("at_once", 1, 8))
    for field, least, most in limits:
        if not least <= getattr(settings, field) <= most:
            raise CallerError("number_wrong", field=field, least=least, most=most)


def check_address(address: str, field: str) -> None:
    """Raises ``CallerError`` (``address_wrong``) unless it is one of the web, without a password in it."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and parts.hostname and not parts.username and len(address) <= 2000
    except ValueError:
        good = False
    if not good:
        raise CallerError("address_wrong", field=field, address=address[:100])
