"""What strangers send may break anything of its own, and nothing of anybody else."""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from apps import create_app
from flask import Flask
from scenery import PASSWORD, HandClock, People, draw_picture
from shop import Shop, html, title_of
from sqlalchemy import select

from ipreg.db import transaction
from ipreg.models import (
    Account,
    CrawlPage,
    FeedImport,
    ImportState,
    Listing,
    PageState,
    Report,
    ReportState,
    RunState,
    Source,
    SourceKind,
    SourceRun,
)
from ipreg.runtime import Runtime
from ipreg.sightings import feeds, remotes, reports, sources, visits
from ipreg.sightings.fetch import Fetcher
from ipreg.sightings.sources import CrawlSettings, FeedSettings
from jobs import crawl, imports, pictures
from jobs import reports as report_job
from jobs import sources as source_job

pytestmark = pytest.mark.network
HEADER = "platform,listing_id,title,pictures,seller,seller_address\n"
NOWHERE = (302, {"Location": "http://["}, b"")
PRODUCT = '<script type="application/ld+json">{"@type": "Product", "name": "%s", "image": "/pic/1.jpg"}</script>'


@pytest.fixture
def runtime(runtime: Runtime, clock: HandClock) -> Runtime:
    with transaction(runtime.sessions) as session:
        People(session, clock())
    return replace(runtime, config=replace(runtime.config, allow_private_addresses=True))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop(products=5) as opened:
        opened.extra["/nowhere"] = NOWHERE
        yield opened


def account(runtime: Runtime, name: str = "enterprise") -> Account:
    with runtime.sessions() as session:
        return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()


def hand_in(runtime: Runtime, clock: HandClock, data: bytes) -> int:
    with transaction(runtime.sessions) as session:
        owner = session.merge(account(runtime))
        pictures = {"a.jpg": draw_picture(1)}
        return feeds.accept_feed(
            session, runtime.config, account=owner, filename="f", data=data, pictures=pictures, now=clock()
        ).id


def make_source(
    runtime: Runtime, clock: HandClock, settings: FeedSettings | CrawlSettings, who: str = "enterprise"
) -> int:
    kind = SourceKind.FEED if isinstance(settings, FeedSettings) else SourceKind.CRAWL
    with transaction(runtime.sessions) as session:
        return sources.create_source(
            session,
            account=session.merge(account(runtime, who)),
            kind=kind,
            name="x",
            platform="淘淘" if kind is SourceKind.FEED else "",
            settings=settings,
            every_minutes=60,
            now=clock(),
        ).id


def crawl_settings(shop: Shop, path: str = "/", **more: object) -> CrawlSettings:
    return CrawlSettings(**{"starts": (f"{shop.address}{path}",), "delay": 0.0, **more})  # type: ignore[arg-type]


def run(runtime: Runtime, clock: HandClock) -> SourceRun:
    for job in (source_job, crawl, imports):
        job.run(runtime, clock=clock)
    with runtime.sessions() as session:
        return session.scalars(select(SourceRun).order_by(SourceRun.id.desc()).limit(1)).one()


def titles(runtime: Runtime) -> set[str]:
    with runtime.sessions() as session:
        return set(session.scalars(select(Listing.title)))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("p,1,t," + "长" * 100 + ".jpg,,", "picture_file_missing"),
        ("p,1,t,a.jpg,S,http://[x", "row_address_wrong"),
        ("p,1,t,a.jpg,S,http://℀.example/", "row_address_wrong"),
        ("p,1,t,SHOP/nowhere,,", "fetch_failed"),
        (
            json.dumps({"platform": "p", "listing_id": "1", "title": "t", "pictures": ["b\0.jpg"]}),
            "picture_file_missing",
        ),
    ],
)
def test_a_bad_row_is_told_and_the_queue_goes_on(
    runtime: Runtime, clock: HandClock, shop: Shop, row: str, code: str
) -> None:
    text = row if row.startswith("{") else HEADER + row.replace("SHOP", shop.address)
    bad, good = (
        hand_in(runtime, clock, text.encode()),
        hand_in(runtime, clock, (HEADER + "p,2,good,a.jpg,,").encode()),
    )
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        work = session.get_one(FeedImport, bad)
        assert (work.state, [one.code for one in work.faults]) == (ImportState.DONE, [code])
        assert session.get_one(FeedImport, good).kept_rows == 1


def test_half_a_letter_in_a_text_is_replaced(runtime: Runtime, clock: HandClock) -> None:
    row = {"platform": "p", "listing_id": "1", "title": "包 \ud83d", "pictures": ["a.jpg"]}
    hand_in(runtime, clock, json.dumps(row).encode())
    imports.run(runtime, clock=clock)
    assert titles(runtime) == {"包 \N{REPLACEMENT CHARACTER}"}


def test_what_nobody_foresaw_ends_one_import_only(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [hand_in(runtime, clock, (HEADER + f"p,{n},t{n},a.jpg,,").encode()) for n in range(3)]
    read = feeds.read_feed

    def stumble(data: bytes, *, platform: str) -> list[feeds.Row]:
        if b"t1" in data:
            raise RuntimeError("nobody foresaw this")
        return read(data, platform=platform)

    monkeypatch.setattr(feeds, "read_feed", stumble)
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        found = [(work.state, work.fault) for work in (session.get_one(FeedImport, one) for one in ids)]
    assert found == [(ImportState.DONE, None), (ImportState.FAILED, "unexpected"), (ImportState.DONE, None)]


def test_a_report_that_leads_nowhere_is_refused_and_the_next_one_followed(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    with transaction(runtime.sessions) as session:
        owner = session.merge(account(runtime, "designer"))
        for path in ("/nowhere", "/item/1"):
            reports.report_address(session, account=owner, address=shop.address + path, now=clock())
    report_job.run(runtime, clock=clock)
    with runtime.sessions() as session:
        found = [(one.state, one.fault) for one in session.scalars(select(Report).order_by(Report.id))]
    assert found == [(ReportState.REFUSED, "fetch_failed"), (ReportState.KEPT, None)]


@pytest.mark.parametrize("address", ["http://[", "http://℀.example/"])
def test_a_reported_address_that_can_not_be_read_is_refused_at_its_field(runtime: Runtime, address: str) -> None:
    app: Flask = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    client = app.test_client()
    client.post("/sign-in", data={"email": "designer@ipreg.example", "password": PASSWORD})
    assert client.post("/reports", data={"address": address}).status_code == 400


@pytest.mark.parametrize("what", ["redirect", "letter"])
def test_a_bad_page_of_a_crawl_spoils_only_itself(
    runtime: Runtime, clock: HandClock, shop: Shop, what: str
) -> None:
    shop.extra["/item/3"] = NOWHERE if what == "redirect" else html("x", PRODUCT % r"包 \ud83d")
    source_id = make_source(runtime, clock, crawl_settings(shop))
    run(runtime, clock)
    expected = {title_of(number) for number in (0, 1, 2, 4)}
    assert titles(runtime) - {"包 \N{REPLACEMENT CHARACTER}"} == expected
    for _ in range(5):
        clock.move(minutes=10)
        crawl.run(runtime, clock=clock)
    with runtime.sessions() as session:
        done = session.scalars(select(SourceRun)).one()
        assert (done.state, done.detail) == (RunState.DONE, "")
        bad = session.scalars(select(CrawlPage).where(CrawlPage.address.endswith("/item/3"))).one()
        fault = (PageState.REFUSED, "fetch_failed") if what == "redirect" else (PageState.DONE, None)
        assert (bad.state, bad.fault, bad.source_id) == (*fault, source_id)


def test_a_picture_that_leads_nowhere_does_not_hold_up_the_others(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    shop.extra["/pic/0.jpg"] = NOWHERE
    make_source(runtime, clock, crawl_settings(shop))
    run(runtime, clock)
    pictures.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert sum(bool(one.pictures) for one in session.scalars(select(Listing))) >= 4


def corrupt_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("f.csv", HEADER + "p,9,t,a.jpg,,\n" * 200)
    data = bytearray(packed.getvalue())
    data[45:60] = bytes(one ^ 0xFF for one in data[45:60])
    return bytes(data)


def test_a_damaged_archive_is_refused_where_it_is_handed_in(runtime: Runtime, clock: HandClock) -> None:
    with pytest.raises(feeds.CallerError, match="zip_malformed"):
        hand_in(runtime, clock, corrupt_zip())


def test_an_archive_with_names_in_chinese_and_pictures_too_large_is_read_file_by_file(
    runtime: Runtime, clock: HandClock
) -> None:
    """As Windows in China packs it: the names in GBK, and nothing that says so."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x/f.csv", HEADER + "p,1,t,花瓶.jpg,,\np,2,t,bomb.jpg,,\np,3,t,none.jpg,,\n")
        archive.writestr("x/aaaa.jpg", draw_picture(1))
        archive.writestr("x/bomb.jpg", b"\0" * (runtime.config.max_file_bytes + 1))
    data = packed.getvalue().replace(b"aaaa.jpg", "花瓶.jpg".encode("gbk"))
    import_id = hand_in(runtime, clock, data)
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        work = session.get_one(FeedImport, import_id)
        found = [(one.line, one.code) for one in work.faults]
    assert (work.kept_rows, found) == (1, [(3, "picture_too_large"), (4, "picture_file_missing")])


def test_a_feed_source_that_was_cut_off_is_due_again(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.extra["/f.csv"] = (200, {}, f"listing_id,title,pictures\n1,t,{shop.address}/pic/1.jpg\n".encode())
    source_id = make_source(runtime, clock, FeedSettings(f"{shop.address}/f.csv"))
    with monkeypatch.context() as patched:
        patched.setattr("ipreg.sightings.feedsource.Fetcher.get", killed)
        with pytest.raises(KeyboardInterrupt):
            source_job.run(runtime, clock=clock)
    source_job.run(runtime, clock=clock)
    with runtime.sessions() as session:
        source = session.get_one(Source, source_id)
        assert sources.health_of(session, source).word == "failing"
        assert source.next_run_at is not None and source.next_run_at - clock() <= timedelta(hours=1)
    clock.move(minutes=61)
    assert run(runtime, clock).state is RunState.DONE
    assert titles(runtime) == {"t"}


def killed(*_values: object, **_named: object) -> None:
    raise KeyboardInterrupt


def test_a_broken_file_of_rules_is_shown_and_stops_no_crawl(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    folder = runtime.config.var / "sites"
    folder.mkdir()
    (folder / "broken.toml").write_text("hosts = [")
    source_id = make_source(runtime, clock, crawl_settings(shop))
    assert run(runtime, clock).kept == 5
    app: Flask = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    client = app.test_client()
    client.post("/sign-in", data={"email": "enterprise@ipreg.example", "password": PASSWORD})
    assert "broken.toml" in client.get(f"/sources/{source_id}").text


def test_a_host_s_delay_and_its_no_hold_for_the_pictures_of_a_crawl(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    shop.robots = "User-agent: *\nCrawl-delay: 10\n"
    images = "".join(f'<img itemprop="image" src="/pic/{n}.jpg">' for n in range(4))
    goods = f'<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">包</b>{images}</div>'
    shop.extra["/one"] = html("x", goods)
    make_source(runtime, clock, crawl_settings(shop, "/one"))
    run(runtime, clock)
    clock.move(seconds=11)
    for asked in (1, 2):
        pictures.run(runtime, clock=clock)
        assert sum(path.startswith("/pic") for _, path in shop.times) == asked
        clock.move(seconds=11)
    for number in range(4):
        shop.extra[f"/pic/{number}.jpg"] = (429, {"Retry-After": "600"}, b"")
    for _ in range(3):
        pictures.run(runtime, clock=clock)
        clock.move(seconds=100)
    assert sum(path.startswith("/pic") for _, path in shop.times) == 3, "it stayed away as long as it was told"


def test_a_feed_s_pictures_are_had_as_politely_and_once(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    shop.robots = "User-agent: *\nDisallow: /private/\nCrawl-delay: 10\n"
    rows = [f"p,{n},t{n},{shop.address}/pic/{n}.jpg,," for n in range(2)]
    rows.append(f"p,3,t3,{shop.address}/private/x.jpg,,")
    first = hand_in(runtime, clock, (HEADER + "\n".join(rows)).encode())
    other = hand_in(runtime, clock, (HEADER + "p,9,other,a.jpg,,").encode())
    imports.run(runtime, clock=clock)
    assert [path for _, path in shop.times if path.startswith("/pic")] == ["/pic/0.jpg"]
    assert titles(runtime) == {"t0"}, "what the same account handed in later waits for its turn"
    clock.move(seconds=11)
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert [one.code for one in session.get_one(FeedImport, first).faults] == ["robots_refused"]
        assert session.get_one(FeedImport, other).state is ImportState.DONE
    hand_in(runtime, clock, (HEADER + "\n".join([rows[0], "p,5,t5,a.jpg,,"])).encode())
    imports.run(runtime, clock=clock)
    assert titles(runtime) == {"t0", "t1", "other", "t5"}
    assert shop.asked["/pic/0.jpg"] == 1


def test_a_host_that_drips_costs_an_import_a_few_pictures_and_no_more(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visits, "Fetcher", partial(Fetcher, total=60, drip_seconds=0.2))
    with Shop(products=0) as slow:
        rows = [f"p,{n},t{n},{slow.address}/loris-{n}.jpg,," for n in range(12)]
        rows.append(f"p,good,good,{shop.address}/pic/0.jpg,,")
        handed = hand_in(runtime, clock, (HEADER + "\n".join(rows)).encode())
        for _ in range(6):
            imports.run(runtime, clock=clock)
            clock.move(minutes=9)
        asked = [path for path in slow.asked if path.startswith("/loris")]
    assert len(asked) == visits.MAX_REFUSALS
    with runtime.sessions() as session:
        work = session.get_one(FeedImport, handed)
        assert work.state is ImportState.DONE
        assert Counter(one.code for one in work.faults) == {"fetch_too_slow": 5, "host_left_alone": 7}
    assert titles(runtime) == {"good"}


def test_a_host_that_drips_does_not_hold_up_the_pictures_of_others(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remotes, "Fetcher", partial(Fetcher, total=60, drip_seconds=0.2))
    with Shop(products=0) as slow:
        dripping = [f"{slow.address}/loris-{number}.jpg" for number in range(8)]
        images = "".join(f'<img itemprop="image" src="{one}">' for one in [*dripping, "/pic/1.jpg"])
        goods = f'<div itemscope itemtype="https://schema.org/Product"><b itemprop="name">包</b>{images}</div>'
        shop.extra["/one"] = html("x", goods)
        make_source(runtime, clock, crawl_settings(shop, "/one"))
        run(runtime, clock)
        pictures.run(runtime, clock=clock)
        assert sum(path.startswith("/loris") for path in slow.asked) == 2
    with runtime.sessions() as session:
        assert len(session.scalars(select(Listing)).one().pictures) == 1


def test_imports_of_all_accounts_have_their_slice(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = hand_in(runtime, clock, (HEADER + "\n".join(f"p,{n},t{n},a.jpg,," for n in range(3))).encode())
    with transaction(runtime.sessions) as session:
        owner = session.merge(account(runtime, "regulator"))
        small = feeds.accept_feed(
            session, runtime.config, account=owner, filename="f", data=(HEADER + "q,1,t,a.jpg,,").encode(),
            pictures={"a.jpg": draw_picture(1)}, now=clock(),
        ).id  # fmt: skip
    monkeypatch.setattr(imports, "SLICE", 0.0)
    order: list[int] = []
    turn = imports.run_import

    def noting(runtime: Runtime, import_id: int, **named: object) -> feeds.Turn:
        order.append(import_id)
        return turn(runtime, import_id, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(imports, "run_import", noting)
    assert imports.run(runtime, clock=clock) == 2
    assert order[:2] == [many, small], "the second account did not wait for the whole of the first one's"


@pytest.mark.parametrize("much", [0, 600_000])
def test_robots_with_a_mark_of_byte_order_or_far_too_long_are_obeyed(
    runtime: Runtime, clock: HandClock, shop: Shop, much: int
) -> None:
    shop.robots = "\N{ZERO WIDTH NO-BREAK SPACE}User-agent: *\nDisallow: /item/\n" + "# more\n" * (much // 7)
    make_source(runtime, clock, crawl_settings(shop))
    assert run(runtime, clock).state is RunState.DONE
    assert shop.asked["/list?page=1"] == 1 and not any(path.startswith("/item") for path in shop.asked)


def test_two_long_addresses_are_two_listings(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    long = "/goods/" + "%E5%8C%85" * 30
    for number in (1, 2):
        shop.extra[f"{long}-{number}.html"] = html("x", PRODUCT % f"包 {number}")
    shop.links = [f"{long}-{number}.html" for number in (1, 2)]
    shop.products = 0
    make_source(runtime, clock, crawl_settings(shop))
    run(runtime, clock)
    assert titles(runtime) == {"包 1", "包 2"}


def test_an_endless_calendar_ends_over_many_short_turns(
    runtime: Runtime, clock: HandClock, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.links = ["/calendar/1"]
    make_source(runtime, clock, crawl_settings(shop, depth=30, pages=500))
    monkeypatch.setattr(crawl, "SECONDS", 0.05)
    source_job.run(runtime, clock=clock)
    for _ in range(400):
        crawl.run(runtime, clock=clock)
        with runtime.sessions() as session:
            if session.scalars(select(SourceRun)).one().state is RunState.DONE:
                break
    assert sum(path.startswith("/calendar") for path in shop.asked) <= 50
