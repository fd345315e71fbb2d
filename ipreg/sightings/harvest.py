"""What a crawl takes from an answer: a product as a listing, links to follow, or that something is gone."""

from __future__ import annotations

import gzip
import html
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from ipreg.errors import CallerError, UpstreamError
from ipreg.models import CrawlPage, Listing, Source, SourceRun
from ipreg.sightings.fetch import MAX_ADDRESS, Answer
from ipreg.sightings.frontier import add_pages
from ipreg.sightings.listings import MAX_ID, Bringer, Offer, bounded, mark_gone, see_listing
from ipreg.sightings.product import Product, read_product
from ipreg.sightings.remotes import want_pictures
from ipreg.sightings.render import Scripted
from ipreg.sightings.siterules import SiteRules, rules_for
from ipreg.sightings.webpage import WebPage, host_of, origin_of, page_of, shape_of, tidy_address, whole_address

MAX_PAGE_BYTES = 5 * 2**20
MAX_SITEMAP_BYTES = 50 * 2**20
MAX_SITEMAP_LINKS = 50_000
TRAP = 40
MAX_SHAPES = 500
_LOCATION = re.compile(rb"<(?:(?!image|video|news)\w{1,20}:)?loc>\s*(?:<!\[CDATA\[)?([^<\]]{1,3000})")
_SITEMAP_MARK = (b"<urlset", b"<sitemapindex")


@dataclass
class Shapes:
    """How often pages of a shape were fetched, and how often one led to something new."""

    fetched: Counter[str] = field(default_factory=Counter)
    useful: Counter[str] = field(default_factory=Counter)

    def is_trap(self, shape: str) -> bool:
        """Many pages of one form that lead only to more of the same: a calendar, a filter."""
        return self.fetched[shape] >= TRAP and self.useful[shape] * 10 < self.fetched[shape]

    def told(self) -> dict[str, list[int]]:
        """The most frequent shapes, for the next turn of the run to go on with."""
        return {shape: [count, self.useful[shape]] for shape, count in self.fetched.most_common(MAX_SHAPES)}

    @classmethod
    def of(cls, told: Mapping[str, Sequence[int]]) -> Shapes:
        """What ``told`` gave."""
        return cls(
            Counter({shape: fetched for shape, (fetched, _useful) in told.items()}),
            Counter({shape: useful for shape, (_fetched, useful) in told.items()}),
        )


@dataclass
class Harvest:
    """Reads the answers of one source's crawl into the database.

    Links are followed on the hosts of ``scope``, ``depth`` steps from a start.
    """

    source: Source
    rules: dict[str, SiteRules]
    scope: frozenset[str]
    depth: int
    shapes: Shapes = field(default_factory=Shapes)

    def take(
        self,
        session: Session,
        run: SourceRun,
        page: CrawlPage,
        answer: Answer,
        *,
        scripted: Scripted | None,
        now: datetime,
    ) -> str:
        """Keeps what a proper answer holds; ``scripted`` is what its scripts made of it, where they were run.

        Returns which of the run's figures it counts for, ``kept``, ``unchanged`` or ``gone``; empty for none.
        Raises ``UpstreamError`` (``fetch_status``) and ``CallerError`` where it can't be read.
        """
        if answer.status == 304:
            _seen_again(session, page, self.source, now)
            return "unchanged"
        if answer.location is not None:
            self._follow(session, page, {answer.location: page.depth})
            return ""
        if answer.status in (404, 410):
            return self._lose(session, run, page, now)
        if answer.status != 200:
            raise UpstreamError("fetch_status", address=page.address[:200], status=answer.status)
        counts = self._read(session, run, page, answer, scripted, now)
        # The frame of a page that scripts fill stays the same, whatever they fill it with.
        page.etag = "" if scripted else answer.header("etag")[:300]
        page.last_modified = "" if scripted else answer.header("last-modified")[:100]
        return counts

    def _lose(self, session: Session, run: SourceRun, page: CrawlPage, now: datetime) -> str:
        if page.listing_id is None:
            return ""
        listing = session.get_one(Listing, page.listing_id)
        mark_gone(session, listing=listing, bringer=self._bringer(run), now=now)
        return "gone"

    def _read(
        self,
        session: Session,
        run: SourceRun,
        page: CrawlPage,
        answer: Answer,
        scripted: Scripted | None,
        now: datetime,
    ) -> str:
        self.shapes.fetched[page.shape] += 1
        body = unpacked(answer)
        if is_sitemap(body):
            self._follow(session, page, dict.fromkeys(sitemap_links(body), page.depth + 1))
            return ""
        web = scripted_page(answer, scripted) if scripted else read_page(answer)
        rules = rules_for(self.rules, answer.address)
        product = read_product(web, rules) if "noindex" not in web.robots else None
        if product is not None:
            self.shapes.useful[page.shape] += 1
            self._keep(session, run, page, product, now)
        links = [one for one in web.links() if rules is None or rules.may_follow(one)]
        # The next page of a list is no deeper than this one; that a list may be endless is the traps' matter.
        same = [one for one in links if shape_of(one) == page.shape]
        as_deep = dict.fromkeys([*same, *(scripted.left_for[:5] if scripted else ())], page.depth)
        deeper = dict.fromkeys(links if page.depth < self.depth else (), page.depth + 1)
        self._follow(session, page, as_deep | {one: deep for one, deep in deeper.items() if one not in as_deep})
        return "kept" if product is not None else ""

    def _keep(self, session: Session, run: SourceRun, page: CrawlPage, product: Product, now: datetime) -> None:
        offer = offer_of(product, platform=self.source.platform)
        bringer = self._bringer(run)
        listing = see_listing(session, offer=offer, bringer=bringer, now=now)
        want_pictures(session, listing=listing, addresses=product.pictures, bringer=bringer, now=now)
        page.listing_id = listing.id

    def _bringer(self, run: SourceRun) -> Bringer:
        return Bringer(self.source.account_id, source_id=self.source.id, run_id=run.id)

    def _follow(self, session: Session, page: CrawlPage, links: Mapping[str, int]) -> None:
        """Adds the links of each depth that lie within the crawl's hosts."""
        inside: dict[str, int] = {}
        for one, depth in links.items():
            if len(one) <= MAX_ADDRESS and host_of(one) in self.scope:
                inside.setdefault(tidy_address(one), depth)
        new = add_pages(session, source_id=self.source.id, depths=inside)
        if any(shape_of(one) != page.shape for one in new):
            self.shapes.useful[page.shape] += 1


def needs_scripts(answer: Answer, rules: SiteRules | None) -> bool:
    """Whether the page as it was sent shows no product with a picture, so that its scripts may."""
    if answer.status != 200 or answer.location is not None or is_sitemap(unpacked(answer)):
        return False
    try:
        product = read_product(read_page(answer), rules)
    except CallerError:
        return False
    return product is None or not product.pictures


def read_page(answer: Answer) -> WebPage:
    """The page in a whole answer; raises ``CallerError`` (``page_not_html``)."""
    return page_of(answer.address, answer.body, answer.header("content-type"))


def scripted_page(answer: Answer, scripted: Scripted) -> WebPage:
    """The page after its scripts. It may call itself by another address of its own host, as one-page shops do."""
    same = origin_of(scripted.address) == origin_of(answer.address)
    return WebPage(scripted.address if same else answer.address, scripted.html)


def offer_of(product: Product, *, platform: str = "") -> Offer:
    """The product as an offer; the platform's own id for it is its address of record."""
    parts = urlsplit(product.address)
    host = (parts.netloc or "").removeprefix("www.")
    path = (parts.path + (f"?{parts.query}" if parts.query else "")).lstrip("/")
    return Offer(
        platform=platform or host[:100],
        external_id=bounded(f"{host}/{path}" if platform else path or "/", MAX_ID),
        title=product.title,
        address=product.address,
        seller=product.seller,
        seller_address=product.seller_address,
        price=product.price,
        currency=product.currency,
        brand=product.brand,
        availability=product.availability,
        site="" if product.seller or product.seller_address else origin_of(product.address),
        site_name=product.site,
    )


def is_sitemap(body: bytes) -> bool:
    return any(mark in body[:1000] for mark in _SITEMAP_MARK)


def sitemap_links(body: bytes) -> list[str]:
    """The addresses in a sitemap or an index of them (https://www.sitemaps.org/protocol.html), not its pictures'.

    It is not parsed: fifty megabytes of elements make a gigabyte of tree, and of a broken one the good part counts.
    """
    found: list[str] = []
    for one in _LOCATION.finditer(body):
        address = html.unescape(one[1].decode("utf-8", "replace").strip())
        if whole_address("http://x/", address):
            found.append(address)
        if len(found) == MAX_SITEMAP_LINKS:
            break
    return found


def unpacked(answer: Answer) -> bytes:
    """A sitemap may be packed by gzip; anything else that is packed is left as it is, and refused."""
    if answer.body[:2] != b"\x1f\x8b":
        return answer.body
    try:
        found = zlib.decompressobj(wbits=31).decompress(answer.body, MAX_SITEMAP_BYTES)
    except (zlib.error, gzip.BadGzipFile) as fault:
        raise UpstreamError("fetch_encoding", address=answer.address) from fault
    return found if is_sitemap(found) else answer.body


def _seen_again(session: Session, page: CrawlPage, source: Source, now: datetime) -> None:
    if page.listing_id is not None:
        listing = session.get_one(Listing, page.listing_id)
        listing.last_seen_at = now
        if listing.led_by_id == source.id:
            listing.led_at = now
