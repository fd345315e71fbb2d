"""The pages of a source: what a run still has to do is what it has not dealt with, and nothing else is its state.

So a killed run goes on with exactly the pages that it had not finished, and finds new ones as it finds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote_plus

from sqlalchemy import ColumnElement, func, insert, or_, select
from sqlalchemy.orm import Session

from ipreg.models import CrawlPage, PageState
from ipreg.sightings.sources import CrawlSettings
from ipreg.sightings.webpage import host_of, origin_of, shape_of, tidy_address


@dataclass(frozen=True)
class Task:
    """A page to fetch, with what makes the request conditional."""

    page_id: int
    address: str
    origin: str
    shape: str
    depth: int
    tries: int
    etag: str
    last_modified: str


_TASK = (
    CrawlPage.id,
    CrawlPage.address,
    CrawlPage.origin,
    CrawlPage.shape,
    CrawlPage.depth,
    CrawlPage.tries,
    CrawlPage.etag,
    CrawlPage.last_modified,
)
"""The columns of a ``Task``, in its order."""


def seeds(settings: CrawlSettings) -> list[str]:
    """Where a crawl begins: start pages, sitemaps, and searches for each keyword."""
    searches = [
        search.replace("{keyword}", quote_plus(word)) for search in settings.searches for word in settings.keywords
    ]
    return [tidy_address(one) for one in (*settings.starts, *settings.sitemaps, *searches)]


def hosts_of(settings: CrawlSettings) -> frozenset[str]:
    """The hosts that the crawl stays on."""
    return frozenset(host_of(one) for one in seeds(settings))


def add_pages(session: Session, *, source_id: int, depths: Mapping[str, int]) -> list[str]:
    """Adds those addresses, each with its depth, that are not known yet and returns them."""
    keyed = {_key(address): address for address in depths}
    if not keyed:
        return []
    known: set[str] = set()
    keys = list(keyed)
    for begin in range(0, len(keys), 500):
        part = CrawlPage.address_key.in_(keys[begin : begin + 500])
        known.update(session.scalars(select(CrawlPage.address_key).where(CrawlPage.source_id == source_id, part)))
    new = {key: address for key, address in keyed.items() if key not in known}
    rows = [
        {
            "source_id": source_id,
            "address": address,
            "address_key": key,
            "origin": origin_of(address),
            "shape": shape_of(address),
            "depth": depths[address],
            "state": PageState.WAITING,
        }
        for key, address in new.items()
    ]
    if rows:
        session.execute(insert(CrawlPage), rows)
    return list(new.values())


def next_tasks(session: Session, *, source_id: int, run_id: int, now: datetime, limit: int) -> list[Task]:
    """What the run should fetch next: seeds, then pages never seen, then those seen longest ago."""
    due = or_(CrawlPage.not_before.is_(None), CrawlPage.not_before <= now)
    wanted = select(*_TASK).where(*_undone(source_id, run_id), due)
    order = (
        CrawlPage.depth > 0,
        CrawlPage.fetched_at.is_not(None),
        CrawlPage.depth,
        CrawlPage.fetched_at,
        CrawlPage.id,
    )
    return [Task(*one) for one in session.execute(wanted.order_by(*order).limit(limit))]


def count_undone(session: Session, *, source_id: int, run_id: int) -> int:
    """How many pages the run still has to deal with, those that wait for their time included."""
    undone = select(func.count()).select_from(CrawlPage).where(*_undone(source_id, run_id))
    return session.scalar(undone) or 0


def refused_pages(session: Session, *, source_id: int, limit: int = 100, begin: int = 0) -> list[CrawlPage]:
    """The pages that were refused, newest first; the many alike of a trap after those with their own reason."""
    wanted = select(CrawlPage).where(CrawlPage.source_id == source_id, CrawlPage.state == PageState.REFUSED)
    newest = wanted.order_by(CrawlPage.fault == "crawl_trap", CrawlPage.fetched_at.desc(), CrawlPage.id.desc())
    return list(session.scalars(newest.offset(begin).limit(limit)))


def retry_pages(session: Session, *, source_id: int) -> int:
    """The refused pages are new again; how many. The next run, or the one that is running, fetches them first."""
    found = refused_pages(session, source_id=source_id, limit=100_000)
    for page in found:
        page.state, page.run_id, page.tries, page.not_before = PageState.WAITING, 0, 0, None
        page.fetched_at, page.fault, page.fault_values = None, None, {}
    session.flush()
    return len(found)


def _undone(source_id: int, run_id: int) -> tuple[ColumnElement[bool], ...]:
    open_states = CrawlPage.state.in_((PageState.WAITING, PageState.DONE, PageState.REFUSED))
    return CrawlPage.source_id == source_id, open_states, CrawlPage.run_id < run_id


def _key(address: str) -> str:
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
