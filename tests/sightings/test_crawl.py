"""The crawler against a shop that does everything the web does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest
from databases import Databases
from scenery import HandClock, People
from shop import Shop, html, title_of
from sqlalchemy import func, select

from ipreg.db import transaction, utc_now
from ipreg.models import (
    Account,
    ChangeKind,
    CrawlHost,
    CrawlPage,
    Listing,
    ListingChange,
    PageState,
    RunState,
    Source,
    SourceKind,
    SourceRun,
    StoredFile,
)
from ipreg.runtime import Runtime
from ipreg.sightings import crawl as crawling
from ipreg.sightings import frontier, sources
from ipreg.sightings.fetch import Fetcher
from ipreg.sightings.harvest import sitemap_links
from ipreg.sightings.manners import Host
from ipreg.sightings.sources import CrawlSettings
from jobs import crawl, pictures
from jobs import sources as source_job

pytestmark = pytest.mark.network


@pytest.fixture
def runtime(runtime: Runtime, clock: HandClock) -> Runtime:
    with transaction(runtime.sessions) as session:
        People(session, clock())
    return replace(runtime, config=replace(runtime.config, allow_private_addresses=True))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop(products=25) as opened:
        yield opened


def crawl_source(runtime: Runtime, clock: HandClock, shop: Shop, **settings: object) -> int:
    given = {"starts": (f"{shop.address}/",), "delay": 0.0, **settings}
    with transaction(runtime.sessions) as session:
        owner = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        return sources.create_source(
            session,
            account=owner,
            kind=SourceKind.CRAWL,
            name="好店",
            settings=CrawlSettings(**given),  # type: ignore[arg-type]
            every_minutes=60,
            now=clock(),
        ).id


def run(runtime: Runtime, clock: HandClock, turns: int = 1) -> SourceRun:
    source_job.run(runtime, clock=clock)
    for _ in range(turns):
        crawl.run(runtime, clock=clock)
    with runtime.sessions() as session:
        return session.scalars(select(SourceRun).order_by(SourceRun.id.desc()).limit(1)).one()


def page(runtime: Runtime, path: str) -> CrawlPage:
    with runtime.sessions() as session:
        return session.scalars(select(CrawlPage).where(CrawlPage.address.endswith(path))).one()


def titles(runtime: Runtime) -> set[str]:
    with runtime.sessions() as session:
        return set(session.scalars(select(Listing.title)))


def test_every_product_is_found_once_over_pages_and_relative_links(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    crawl_source(runtime, clock, shop)
    done = run(runtime, clock)
    assert (done.state, done.found, done.kept, done.refused) == (RunState.DONE, 28, 25, 0)
    assert titles(runtime) == {title_of(number) for number in range(25)}
    assert set(shop.asked.values()) == {1}, "nothing was asked for twice"


def test_the_second_run_asks_conditionally_and_writes_what_changed(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    crawl_source(runtime, clock, shop)
    run(runtime, clock)
    shop.prices[3], shop.gone = "77", {4}
    clock.move(minutes=61)
    again = run(runtime, clock)
    assert (again.unchanged, again.kept, again.gone) == (23, 1, 1)
    assert shop.conditional["/item/7"] == 1
    with runtime.sessions() as session:
        told = {(one.kind, one.before, one.after) for one in session.scalars(select(ListingChange))}
        assert told == {(ChangeKind.PRICE, "13.50 CNY", "77 CNY"), (ChangeKind.GONE, "", "")}
        seen = session.scalars(select(Listing).where(Listing.title == title_of(7))).one()
        assert seen.last_seen_at == clock() and seen.first_seen_at < clock()


def test_robots_are_obeyed(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.links = ["/forbidden/x"]
    crawl_source(runtime, clock, shop)
    run(runtime, clock)
    assert not any(path.startswith("/forbidden") for path in shop.asked)
    assert (page(runtime, "/forbidden/x").state, page(runtime, "/forbidden/x").fault) == (
        PageState.REFUSED, "robots_refused",
    )  # fmt: skip


def test_from_a_host_in_trouble_nothing_is_taken(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.extra["/robots.txt"] = (500, {}, b"")
    crawl_source(runtime, clock, shop)
    failed = run(runtime, clock)
    assert (failed.state, failed.fault) == (RunState.FAILED, "robots_unreachable")
    assert set(shop.asked) == {"/robots.txt"}
    with runtime.sessions() as session:
        assert sources.health_of(session, session.get_one(Source, 1)).word == "failing"


def test_no_robots_file_forbids_nothing(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.extra["/robots.txt"] = (404, {}, b"")
    crawl_source(runtime, clock, shop, pages=3)
    assert run(runtime, clock).found == 3


def test_a_crawl_delay_is_kept_between_requests(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the crawler's own times, each gap: how late an arrival is noted is the machine's business."""
    shop.robots = "User-agent: *\nCrawl-delay: 0.2\n"
    source_id = crawl_source(runtime, clock, shop, pages=5, at_once=4)
    begun: list[datetime] = []
    take = Host.take

    def noting(host: Host, now: datetime) -> None:
        begun.append(now)
        take(host, now)

    monkeypatch.setattr(Host, "take", noting)
    with transaction(runtime.sessions) as session:
        sources.begin_run(session, source=session.get_one(Source, source_id), now=utc_now())
    crawl.run(runtime)
    times = [at for at, path in shop.times if path != "/robots.txt"]
    assert len(times) == len(begun) == 5
    assert all(later - earlier >= timedelta(seconds=0.2) for earlier, later in pairwise(begun))
    assert max(times) - min(times) > 0.4, "the shop saw them one after another"


def test_told_to_slow_down_it_comes_back_when_it_may(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.busy, shop.retry_after = 2, "100"
    crawl_source(runtime, clock, shop, starts=(f"{shop.address}/busy",))
    assert run(runtime, clock).state is RunState.RUNNING
    asked = shop.asked["/busy"]
    crawl.run(runtime, clock=clock)
    assert asked == shop.asked["/busy"] == 1, "it came back before its time"
    for _ in range(2):
        clock.move(seconds=101)
        crawl.run(runtime, clock=clock)
    assert shop.asked["/busy"] == 3 and titles(runtime) >= {title_of(3)}


def test_the_wait_outlives_the_process(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.busy, shop.retry_after = 1, "Wed, 01 Jan 2031 00:00:00 GMT"
    crawl_source(runtime, clock, shop, starts=(f"{shop.address}/busy",))
    run(runtime, clock)
    with runtime.sessions() as session:
        host = session.get_one(CrawlHost, shop.address)
        assert host.not_before is not None
        assert (host.not_before - clock()).total_seconds() == 3600, "no shop may put us off for years"


def test_the_budget_of_a_run_is_kept_and_the_next_run_goes_on(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    crawl_source(runtime, clock, shop, pages=10)
    first = run(runtime, clock)
    assert (first.found, first.detail) == (10, "budget")
    for _ in range(3):
        clock.move(minutes=61)
        assert run(runtime, clock).found == 10
    assert titles(runtime) == {title_of(number) for number in range(25)}


def test_an_endless_calendar_ends(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.links = ["/archive/1", "/calendar/1"]
    source_id = crawl_source(runtime, clock, shop, depth=30, pages=500)
    done = run(runtime, clock)
    assert titles(runtime) == {title_of(number) for number in range(25)}
    assert done.found < 150 and sum(path.startswith("/calendar") for path in shop.asked) <= 45
    with runtime.sessions() as session:
        faults = [one.fault for one in frontier.refused_pages(session, source_id=source_id)]
        assert faults[0] == "page_not_html" and set(faults[1:]) == {"crawl_trap"}, "what is alike comes last"


def test_bad_pages_are_listed_with_their_reason_and_stop_nothing(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    leads_away = "/redirect?to=http://169.254.169.254/"
    shop.links = [
        "/bomb",
        "/archive/1",
        "/broken",
        "/old/2",
        "/circle",
        leads_away,
        "/none",
        "/pic/1.html",
        "/dup/5",
    ]
    crawl_source(runtime, clock, shop)
    done = run(runtime, clock)
    told_in_half = "half"  # its markup ends in the middle, and says so much
    assert titles(runtime) == {told_in_half} | {title_of(number) for number in range(25)}
    with runtime.sessions() as session:
        refused = {
            one.address.removeprefix(shop.address): one.fault
            for one in session.scalars(select(CrawlPage).where(CrawlPage.state == PageState.REFUSED))
        }
        assert refused == {
            "/bomb": "fetch_too_large", "/archive/1": "page_not_html", "/pic/1.html": "page_not_html",
        }  # fmt: skip
        assert session.scalar(select(func.count()).select_from(Listing)) == 26, "a duplicate is no second listing"
    assert done.refused == 3 and page(runtime, "/none").state is PageState.GONE
    assert page(runtime, "/broken").state is PageState.DONE


def test_refused_pages_are_tried_again_when_asked(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.extra["/late"] = (403, {}, b"no")
    shop.links = ["/late"]
    source_id = crawl_source(runtime, clock, shop, pages=1000)
    for _ in range(6):
        run(runtime, clock)
        clock.move(minutes=20)
    assert page(runtime, "/late").fault == "fetch_status"
    shop.extra["/late"] = shop.answer("/item/24", {})
    with transaction(runtime.sessions) as session:
        assert frontier.retry_pages(session, source_id=source_id) == 1
        sources.run_soon(session, source=session.get_one(Source, source_id), now=clock())
    run(runtime, clock)
    assert page(runtime, "/late").state is PageState.DONE


def test_a_sitemap_is_read_as_far_as_it_is_one() -> None:
    body = b"""<?xml version="1.0"?><urlset xmlns:image="x"><url><loc> https://a.example/1?x=1&amp;y=2 </loc>
      <image:image><image:loc>https://a.example/1.jpg</image:loc></image:image></url>
      <url><loc><![CDATA[https://a.example/2]]></loc></url><url><loc>javascript:x</loc><url><loc>/3</loc"""
    assert sitemap_links(body) == ["https://a.example/1?x=1&y=2", "https://a.example/2", "/3"]


def test_a_sitemap_and_searches_are_beginnings_too(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    searches = (f"{shop.address}/search?q={{keyword}}",)
    crawl_source(
        runtime,
        clock,
        shop,
        starts=(),
        sitemaps=(f"{shop.address}/sitemap.xml",),
        searches=searches,
        keywords=("外套 红",),
    )
    run(runtime, clock)
    assert titles(runtime) == {title_of(number) for number in range(25)}
    assert any("q=%E5%A4%96%E5%A5%97+%E7%BA%A2" in path for path in shop.asked)


def test_a_site_without_data_needs_a_file_and_no_code(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    folder = runtime.config.var / "sites"
    folder.mkdir()
    (folder / "shop.toml").write_text(
        'hosts = ["127.0.0.1"]\nproduct = "/plain/"\nfollow = ["/plain/"]\n[fields]\ntitle = "h1.name"\n'
        'price = ".cost"\nseller = ".shop"\npictures = "#photos img"\n'
    )
    shop.links = ["/plain/1", "/plain/2"]
    crawl_source(runtime, clock, shop)
    run(runtime, clock)
    assert titles(runtime) == {"素色 1", "素色 2"}
    assert "/list?page=1" not in shop.asked


def test_pictures_are_fetched_once_for_all_listings(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.products = 7
    crawl_source(runtime, clock, shop)
    run(runtime, clock)
    assert not any(path.startswith("/pic") for path in shop.asked), "pages first"
    pictures.run(runtime, clock=clock)
    with runtime.sessions() as session:
        for listing in session.scalars(select(Listing)):
            assert listing.pictures, listing.title
        assert session.scalar(select(func.count()).select_from(StoredFile)) == 7, (
            "0.jpg and 0-small.jpg are the same"
        )
        assert session.scalar(select(func.count()).select_from(ListingChange)) == 0
    assert all(count == 1 for path, count in shop.asked.items() if path.startswith("/pic"))


def test_other_pictures_of_a_crawled_listing_are_a_change_and_the_first_ones_none(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    def show(*numbers: int) -> None:
        images = "".join(f'<img itemprop="image" src="/pic/{n}.jpg">' for n in numbers)
        name = '<b itemprop="name">外套</b>'
        shop.extra["/one"] = html("x", f'<div itemscope itemtype="https://schema.org/Product">{name}{images}</div>')

    show(1, 2, 3)
    crawl_source(runtime, clock, shop, starts=(f"{shop.address}/one",))
    for pictures_shown in ((1, 2, 3), (2, 3, 4)):
        show(*pictures_shown)
        run(runtime, clock)
        pictures.run(runtime, clock=clock)
        clock.move(minutes=61)
    with runtime.sessions() as session:
        listing = session.scalars(select(Listing)).one()
        assert [one.gone_at is None for one in listing.pictures] == [False, True, True, True]
        (change,) = listing.changes
        assert change.kind is ChangeKind.PICTURES
        assert change.before.split() == [one.sha256 for one in listing.pictures[:3]]
        assert change.after.split() == [one.sha256 for one in listing.pictures[1:]]


def test_a_paused_crawl_stops_and_goes_on(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    source_id = crawl_source(runtime, clock, shop)
    source_job.run(runtime, clock=clock)
    with transaction(runtime.sessions) as session:
        sources.pause(session, source=session.get_one(Source, source_id))
    crawl.run(runtime, clock=clock)
    assert not shop.asked
    with transaction(runtime.sessions) as session:
        sources.resume(session, source=session.get_one(Source, source_id), now=clock())
    assert run(runtime, clock).kept == 25


def test_killed_at_any_moment_it_goes_on_and_fetches_nothing_twice(
    runtime: Runtime, databases: Databases, clock: HandClock, shop: Shop
) -> None:
    shop.products = 200
    at_once = 2
    source_id = crawl_source(runtime, clock, shop, at_once=at_once)
    with transaction(runtime.sessions) as session:
        sources.begin_run(session, source=session.get_one(Source, source_id), now=utc_now())
    environ = {**os.environ, **databases.environ(runtime.config.var), "IPREG_ALLOW_PRIVATE_ADDRESSES": "yes"}
    command = [sys.executable, "-m", "ipreg", "jobs", "run", "crawl"]
    for wanted in (40, 110):
        process = subprocess.Popen(command, env=environ)
        deadline = time.monotonic() + 60
        while sum(shop.asked.values()) < wanted and process.poll() is None and time.monotonic() < deadline:
            shop.stopped.wait(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
    while run_of(runtime, source_id).state is RunState.RUNNING:
        subprocess.run(command, env=environ, check=True)  # each works for a while
    assert set(shop.asked.values()) == {1}, "nothing was asked for twice"
    with transaction(runtime.sessions) as session:
        sources.begin_run(session, source=session.get_one(Source, source_id), now=utc_now())
    while run_of(runtime, source_id).state is RunState.RUNNING:
        subprocess.run(command, env=environ, check=True)
    assert titles(runtime) == {title_of(number) for number in range(200)}


def run_of(runtime: Runtime, source_id: int) -> SourceRun:
    with runtime.sessions() as session:
        newest = select(SourceRun).where(SourceRun.source_id == source_id).order_by(SourceRun.id.desc())
        return session.scalars(newest.limit(1)).one()


def test_a_slow_loris_holds_up_nothing_but_itself(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawling, "Fetcher", partial(Fetcher, total=0.5))
    links = ["/loris", *(f"/item/{number}" for number in range(5))]
    shop.extra["/with-loris"] = html("x", "".join(f'<a href="{link}">x</a>' for link in links))
    crawl_source(runtime, clock, shop, starts=(f"{shop.address}/with-loris",))
    run(runtime, clock)
    assert titles(runtime) >= {title_of(number) for number in range(5)}
    with runtime.sessions() as session:
        page = session.scalars(select(CrawlPage).where(CrawlPage.address.endswith("/loris"))).one()
        assert (page.state, page.tries, page.not_before is not None) == (PageState.WAITING, 1, True)


def test_what_a_page_leads_to_is_followed_at_once_though_another_host_is_being_waited_for(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    with Shop(products=0) as resting:
        with transaction(runtime.sessions) as session:
            session.add(
                CrawlHost(
                    origin=resting.address, robots="", robots_status=200, robots_at=clock(), refusals=1,
                    not_before=clock() + timedelta(minutes=10),
                )
            )  # fmt: skip
        crawl_source(runtime, clock, shop, starts=(f"{resting.address}/", f"{shop.address}/"))
        run(runtime, clock)
        assert not resting.asked
    assert titles(runtime) == {title_of(number) for number in range(25)}


def test_a_host_that_drips_again_is_left_alone_and_the_others_go_on(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crawling, "Fetcher", partial(Fetcher, total=60, drip_seconds=0.2))
    with Shop(products=0) as slow:
        slow.extra["/many"] = html("x", "".join(f'<a href="/loris-{n}">x</a>' for n in "abcdefgh"))
        crawl_source(runtime, clock, shop, starts=(f"{slow.address}/many", f"{shop.address}/"))
        run(runtime, clock, turns=3)
        asked = {path for path in slow.asked if path.startswith("/loris")}
        assert titles(runtime) == {title_of(number) for number in range(25)}
        assert len(asked) == 2, "two at once, and no third"
        for _ in range(17):  # one page a turn, each twice
            clock.move(hours=1)
            crawl.run(runtime, clock=clock)
        assert max(count for path, count in slow.asked.items() if "loris" in path) == 2
    assert run_of(runtime, 1).state is RunState.DONE
    with runtime.sessions() as session:
        faults = select(CrawlPage.fault).where(CrawlPage.state == PageState.REFUSED)
        assert set(session.scalars(faults)) == {"fetch_too_slow"}
