"""Sources of listings over the wire: how they are made, how they are doing, and their runs."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ipreg.api.shapes import N_, Asked, Shape, Source

HealthWord = Literal["good", "hampered", "failing", "paused", "running", "new"]
RunState = Literal["running", "done", "failed"]
Addresses = list[str]


class FeedWish(Asked):
    """Where a feed is fetched. `complete`: what it does not hold any more is gone."""

    location: str = Field(min_length=1, max_length=2000)
    complete: bool = False


class CrawlWish(Asked):
    """What is crawled, and how gently: `delay` in seconds between two requests to one host. In `searches` the
    word `{keyword}` stands for each of the `keywords`."""

    starts: Addresses = Field(default_factory=list, max_length=200)
    sitemaps: Addresses = Field(default_factory=list, max_length=200)
    searches: Addresses = Field(default_factory=list, max_length=200)
    keywords: list[str] = Field(default_factory=list, max_length=200)
    pages: int = Field(1000, ge=1, le=200_000)
    depth: int = Field(6, ge=0, le=30)
    delay: float = Field(1.0, ge=0, le=60)
    at_once: int = Field(2, ge=1, le=8)
    scripts: bool = False


class NewSource(Asked):
    """`feed` is needed for a feed, `crawl` for a crawl; a source of the kind `push` gets its token afterwards."""

    kind: Literal["feed", "push", "crawl"]
    name: str = Field(min_length=1, max_length=200)
    platform: str = Field("", max_length=100)
    every_minutes: int = Field(24 * 60, ge=5, le=60 * 24 * 30)
    feed: FeedWish | None = None
    crawl: CrawlWish | None = None


class FeedSettings(Shape):
    """Where a feed is fetched."""

    location: str
    complete: bool


class CrawlSettings(Shape):
    """What is crawled, and how gently."""

    starts: Addresses
    sitemaps: Addresses
    searches: Addresses
    keywords: list[str]
    pages: int
    depth: int
    delay: float
    at_once: int
    scripts: bool


class SourceRun(Shape):
    """One run of a source. `fault` is a code where all of it failed."""

    id: int
    state: RunState
    started_at: datetime
    finished_at: datetime | None
    found: int
    kept: int
    refused: int
    unchanged: int
    gone: int
    fault: str | None
    message: str | None


class SourceDetail(Source):
    """A source with its settings and how it is doing."""

    health: HealthWord
    every_minutes: int
    next_run_at: datetime | None
    failures: int
    created_at: datetime
    has_token: bool
    listings: int
    refused_pages: int
    feed: FeedSettings | None
    crawl: CrawlSettings | None
    last_run: SourceRun | None


class SourceToken(Shape):
    """The token for pushing; it is shown this once, and the one before it no longer holds."""

    token: str = Field(description=N_("To be sent as `Authorization: Bearer …`."))


class RefusedPage(Shape):
    """A page that a crawl could not use, and why."""

    address: str
    code: str
    message: str
    fetched_at: datetime | None


class SourceChange(Asked):
    """The whole of what may be changed: a source's kind and platform stay. `feed` is needed for a feed, `crawl`
    for a crawl."""

    name: str = Field(min_length=1, max_length=200)
    every_minutes: int = Field(24 * 60, ge=5, le=60 * 24 * 30)
    feed: FeedWish | None = None
    crawl: CrawlWish | None = None
