"""Feed sources on their schedule, the history that they write, and sellers."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from scenery import HandClock, People, draw_picture
from shop import Shop, photo
from sqlalchemy import func, select

from ipreg import access
from ipreg.db import transaction
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    ChangeKind,
    FeedImport,
    Listing,
    ListingChange,
    RunState,
    Seller,
    Source,
    SourceKind,
    SourceRun,
    StoredFile,
)
from ipreg.runtime import Runtime
from ipreg.sightings import feeds, sources
from ipreg.sightings.sources import FeedSettings
from jobs import imports
from jobs import sources as source_job

pytestmark = pytest.mark.network
HEADER = "listing_id,title,seller,price,currency,pictures\n"


@pytest.fixture
def runtime(runtime: Runtime, clock: HandClock) -> Runtime:
    """Private addresses are allowed: the shop is on this machine."""
    with transaction(runtime.sessions) as session:
        People(session, clock())
    return replace(runtime, config=replace(runtime.config, allow_private_addresses=True))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as opened:
        yield opened


def account(runtime: Runtime, name: str) -> Account:
    with runtime.sessions() as session:
        return session.scalars(select(Account).where(Account.email == f"{name}@ipreg.example")).one()


def feed_source(
    runtime: Runtime, clock: HandClock, location: str, who: str = "enterprise", complete: bool = True
) -> int:
    with transaction(runtime.sessions) as session:
        return sources.create_source(
            session,
            account=session.merge(account(runtime, who)),
            kind=SourceKind.FEED,
            name="日更",
            platform="淘淘",
            settings=FeedSettings(location, complete),
            every_minutes=60,
            now=clock(),
        ).id


def run(runtime: Runtime, clock: HandClock) -> SourceRun:
    source_job.run(runtime, clock=clock)
    imports.run(runtime, clock=clock)
    with runtime.sessions() as session:
        return session.scalars(select(SourceRun).order_by(SourceRun.id.desc())).first()  # type: ignore[return-value]


def listing_of(runtime: Runtime, external_id: str) -> Listing:
    with runtime.sessions() as session:
        return session.scalars(select(Listing).where(Listing.external_id == external_id)).one()


def serve(shop: Shop, *lines: str) -> None:
    text = (HEADER + "\n".join(lines) + "\n").replace("SHOP", shop.address)
    shop.extra["/feed.csv"] = (200, {"Content-Type": "text/csv"}, text.encode())


def test_a_feed_at_an_address_comes_in_by_itself_and_keeps_its_history(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(
        shop,
        "1,外套,快手小铺,99,CNY,SHOP/pic/1.jpg",
        "2,毛衣,快手小铺,59,CNY,SHOP/pic/2.jpg",
        "3,,x,1,CNY,SHOP/pic/1.jpg",
    )
    first = run(runtime, clock)
    assert (first.state, first.found, first.kept, first.refused) == (RunState.DONE, 3, 2, 1)
    clock.move(minutes=59)
    assert run(runtime, clock).id == first.id, "it is not due yet"
    clock.move(minutes=2)
    serve(shop, "1,外套 秋冬,快手小铺,79,CNY,SHOP/pic/5.jpg")
    second = run(runtime, clock)
    assert (second.kept, second.gone) == (1, 1)
    clock.move(minutes=61)
    serve(shop, "1,外套 秋冬,快手小铺,79,CNY,SHOP/pic/5.jpg", "2,毛衣,快手小铺,59,CNY,SHOP/pic/2.jpg")
    run(runtime, clock)
    with runtime.sessions() as session:
        told = [
            (one.listing_id, one.kind, one.before[:6], one.after[:6])
            for one in session.scalars(select(ListingChange))
        ]
        coat = session.get_one(Listing, 1)
        old, new = (one.sha256[:6] for one in coat.pictures)
        assert told == [
            (1, ChangeKind.TITLE, "外套", "外套 秋冬"),
            (1, ChangeKind.PRICE, "99 CNY", "79 CNY"),
            (1, ChangeKind.PICTURES, old, new),
            (2, ChangeKind.GONE, "", ""),
            (2, ChangeKind.BACK, "", ""),
        ]
        assert coat.pictures[0].gone_at is not None and coat.pictures[1].gone_at is None
        assert coat.first_seen_at < coat.last_seen_at and session.get_one(Listing, 2).gone_at is None
        assert [one.name for one in session.scalars(select(Seller))] == ["快手小铺"]


def test_the_same_feed_again_is_not_read_again(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(shop, "1,外套,店,99,CNY,SHOP/pic/1.jpg")
    run(runtime, clock)
    clock.move(hours=2)
    again = run(runtime, clock)
    assert (again.state, again.found, again.detail) == (RunState.DONE, 0, "unchanged")
    assert shop.asked["/pic/1.jpg"] == 1


def test_the_same_picture_in_many_listings_is_stored_once(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    feed_source(runtime, clock, f"{shop.address}/feed.csv")
    for name in ("a", "b", "c"):
        shop.extra[f"/{name}.jpg"] = (200, {}, photo(1))
    serve(shop, *(f"{n},外套,店{n},99,CNY,SHOP/{name}.jpg" for n, name in enumerate("abc")))
    run(runtime, clock)
    with runtime.sessions() as session:
        count = select(func.count())
        assert session.scalar(count.select_from(Listing)) == 3
        assert session.scalar(count.select_from(StoredFile)) == 1


def test_a_source_that_fails_says_why_waits_longer_and_recovers(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    source_id = feed_source(runtime, clock, f"{shop.address}/feed.csv")
    waits = []
    for _ in range(3):
        failed = run(runtime, clock)
        assert (failed.state, failed.fault, failed.fault_values["status"]) == (RunState.FAILED, "fetch_status", 404)
        with runtime.sessions() as session:
            due = session.get_one(Source, source_id).next_run_at
            assert due is not None
            waits.append((due - clock()).total_seconds() / 60)
        clock.now = due
    assert waits == [60, 120, 240]
    serve(shop, "1,外套,店,99,CNY,SHOP/pic/1.jpg")
    assert run(runtime, clock).kept == 1
    with runtime.sessions() as session:
        assert session.get_one(Source, source_id).failures == 0


def test_refused_rows_can_be_tried_again(runtime: Runtime, clock: HandClock, shop: Shop) -> None:
    feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(shop, "1,外套,店,99,CNY,SHOP/late.jpg", "2,,店,99,CNY,SHOP/pic/1.jpg")
    assert run(runtime, clock).refused == 2
    shop.extra["/late.jpg"] = (200, {}, photo(3))
    with transaction(runtime.sessions) as session:
        assert feeds.retry_faults(session, work=session.get_one(FeedImport, 1)) == 2
        with pytest.raises(ConflictError, match="import_running"):
            feeds.retry_faults(session, work=session.get_one(FeedImport, 1))
    after = run(runtime, clock)
    assert (after.found, after.kept, after.refused) == (2, 1, 1)
    with runtime.sessions() as session:
        assert [(one.line, one.code) for one in session.get_one(FeedImport, 1).faults] == [(3, "row_value_missing")]


def test_a_folder_brings_each_file_once(runtime: Runtime, clock: HandClock) -> None:
    folder = runtime.config.var / "feeds" / "in"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(draw_picture(1))
    (folder / "one.csv").write_text(HEADER + "1,外套,店,9,CNY,a.jpg\n", "utf-8")
    feed_source(runtime, clock, "in", "administrator", complete=False)
    assert run(runtime, clock).kept == 1
    (folder / "two.jsonl").write_text('{"id": "2", "title": "衣", "pictures": ["a.jpg"]}\n', "utf-8")
    clock.move(hours=2)
    assert (run(runtime, clock).found, len(list(folder.iterdir()))) == (1, 3)
    clock.move(hours=2)
    assert run(runtime, clock).detail == "unchanged"


def test_a_folder_waits_for_what_is_being_written_and_reads_nothing_twice(
    runtime: Runtime, clock: HandClock
) -> None:
    folder = runtime.config.var / "feeds" / "in"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(draw_picture(1))
    source_id = feed_source(runtime, clock, "in", "administrator", complete=False)
    place = folder / "one.csv"
    place.write_text(HEADER + "1,外套,店,9,CNY,a.jpg\n", "utf-8")
    os.utime(place, (clock().timestamp() - 3, clock().timestamp() - 3))
    assert run(runtime, clock).detail == "settling"
    with runtime.sessions() as session:
        assert session.get_one(Source, source_id).next_run_at == clock() + timedelta(minutes=1)
    clock.move(minutes=2)
    assert run(runtime, clock).kept == 1
    clock.move(hours=2)
    os.utime(place, (clock().timestamp() - 3600,) * 2)
    assert run(runtime, clock).detail == "unchanged", "written anew with the same content"


def test_one_file_that_can_not_be_read_keeps_no_other_from_being_read(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = runtime.config.var / "feeds" / "in"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(draw_picture(1))
    (folder / "a.csv").write_bytes(b"x" * 2000)
    (folder / "b.csv").write_text(HEADER + "1,外套,店,9,CNY,a.jpg\n", "utf-8")
    (folder / "c.csv").symlink_to(folder / "nowhere.csv")
    (folder / "d.csv").symlink_to("/etc/hostname")
    monkeypatch.setattr("ipreg.sightings.feedsource.MAX_FEED_BYTES", 1000)
    feed_source(runtime, clock, "in", "administrator", complete=False)
    found = run(runtime, clock)
    assert (found.state, found.fault, found.found, found.kept) == (RunState.FAILED, "feed_too_large", 1, 1)


def test_a_complete_folder_is_its_files_together(runtime: Runtime, clock: HandClock) -> None:
    folder = runtime.config.var / "feeds" / "in"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(draw_picture(1))
    for number in (1, 2):
        (folder / f"{number}.csv").write_text(HEADER + f"{number},外套,店,9,CNY,a.jpg\n", "utf-8")
    feed_source(runtime, clock, "in", "administrator", complete=True)
    assert run(runtime, clock).kept == 2
    clock.move(hours=2)
    (folder / "2.csv").write_text(HEADER + "2,外套 新,店,9,CNY,a.jpg\n", "utf-8")
    assert (run(runtime, clock).gone, listing_of(runtime, "1").gone_at) == (0, None)
    clock.move(hours=2)
    assert run(runtime, clock).detail == "unchanged"
    assert listing_of(runtime, "1").last_seen_at == clock(), "a complete feed that is as it was still names it"
    clock.move(hours=2)
    (folder / "1.csv").unlink()
    assert run(runtime, clock).gone == 1 and listing_of(runtime, "1").gone_at == clock()


@pytest.mark.parametrize("location", ["../secrets", "/etc/passwd", "none.csv"])
def test_no_path_leads_out_of_the_folder_of_feeds(runtime: Runtime, clock: HandClock, location: str) -> None:
    feed_source(runtime, clock, location, "administrator")
    assert run(runtime, clock).fault == "feed_file_missing"


def test_only_who_runs_the_server_names_a_path_on_it(runtime: Runtime, clock: HandClock) -> None:
    with pytest.raises(CallerError, match="address_wrong"):
        feed_source(runtime, clock, "in", "enterprise")
    with pytest.raises(PermissionDeniedError):
        feed_source(runtime, clock, "https://shop.example/feed", "designer")


def changes_of(runtime: Runtime, external_id: str) -> list[tuple[str, str, str, int | None]]:
    with runtime.sessions() as session:
        found = session.scalars(select(Listing).where(Listing.external_id == external_id)).one().changes
        return [(one.kind.value, one.before, one.after, one.source_id) for one in found]


def test_two_sources_of_one_listing_do_not_write_each_others_changes(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    first = feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(shop, "1,外套,快手小铺,99,CNY,SHOP/pic/1.jpg")
    run(runtime, clock)
    other = f"{HEADER}1,假外套,别家,1,CNY,{shop.address}/pic/2.jpg\n".encode()
    shop.extra["/rival.csv"] = (200, {}, other)
    rival = feed_source(runtime, clock, f"{shop.address}/rival.csv", "rival")
    run(runtime, clock)
    for price in ("109", "119"):
        clock.move(hours=2)
        serve(shop, f"1,外套,快手小铺,{price},CNY,SHOP/pic/1.jpg")
        shop.extra["/rival.csv"] = (200, {}, other.replace(b"1,CNY", f"{price[:1]},CNY".encode()))
        run(runtime, clock)
    found = listing_of(runtime, "1")
    assert (found.title, found.price, found.seller) == ("外套", "119", "快手小铺")
    prices = [one for one in changes_of(runtime, "1") if one[0] != "pictures"]
    assert prices == [("price", "99 CNY", "109 CNY", first), ("price", "109 CNY", "119 CNY", first)]
    assert len(changes_of(runtime, "1")) == 3, "the picture that only the other one named was taken away once"
    with transaction(runtime.sessions) as session:
        sources.remove_source(session, source=session.get_one(Source, first), now=clock())
    clock.move(hours=2)
    shop.extra["/rival.csv"] = (200, {}, other.replace(b"1,CNY", b"2,CNY"))
    run(runtime, clock)
    assert (listing_of(runtime, "1").title, listing_of(runtime, "1").led_by_id) == ("假外套", rival)


def test_a_removed_source_is_gone_from_sight_and_its_listings_stay(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    source_id = feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(shop, "1,外套,店,99,CNY,SHOP/pic/1.jpg")
    run(runtime, clock)
    with transaction(runtime.sessions) as session:
        sources.remove_source(session, source=session.get_one(Source, source_id), now=clock())
    clock.move(hours=30)
    source_job.run(runtime, clock=clock)
    owner = account(runtime, "enterprise")
    with runtime.sessions() as session:
        assert sources.sources_of(session, account=owner) == []
        with pytest.raises(MissingError):
            sources.get_source(session, source_id=source_id, account=owner)
        assert session.scalar(select(func.count()).select_from(SourceRun)) == 1
        assert access.can_see_listing(session, owner, session.get_one(Listing, 1))


def test_changed_settings_hold_from_the_next_run_which_is_due_at_once(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    source_id = feed_source(runtime, clock, f"{shop.address}/nowhere.csv")
    assert run(runtime, clock).fault == "fetch_status"
    serve(shop, "1,外套,店,99,CNY,SHOP/pic/1.jpg")
    with transaction(runtime.sessions) as session:
        source = session.get_one(Source, source_id)
        settings = FeedSettings(f"{shop.address}/feed.csv")
        changed = {"source": source, "account": source.account, "settings": settings, "now": clock()}
        with pytest.raises(CallerError, match="field_empty"):
            sources.change_source(session, name=" ", every_minutes=60, **changed)
        sources.change_source(session, name="新名", every_minutes=120, **changed)
    assert run(runtime, clock).kept == 1


def test_paused_it_does_nothing_and_resumed_it_goes_on_at_once(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    source_id = feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(shop, "1,外套,店,99,CNY,SHOP/pic/1.jpg")
    with transaction(runtime.sessions) as session:
        sources.pause(session, source=session.get_one(Source, source_id))
        with pytest.raises(ConflictError):
            sources.run_soon(session, source=session.get_one(Source, source_id), now=clock())
    source_job.run(runtime, clock=clock)
    assert sum(shop.asked.values()) == 0
    with transaction(runtime.sessions) as session:
        assert sources.health_of(session, session.get_one(Source, source_id)).word == "paused"
        sources.resume(session, source=session.get_one(Source, source_id), now=clock())
    assert run(runtime, clock).kept == 1
    with runtime.sessions() as session:
        health = sources.health_of(session, session.get_one(Source, source_id))
        assert (health.word, health.listings) == ("good", 1)


def test_a_listing_is_seen_by_whose_sources_brought_it_and_nobody_else(
    runtime: Runtime, clock: HandClock, shop: Shop
) -> None:
    source_id = feed_source(runtime, clock, f"{shop.address}/feed.csv")
    serve(shop, "1,外套,店,99,CNY,SHOP/pic/1.jpg")
    run(runtime, clock)
    with runtime.sessions() as session:
        listing = session.get_one(Listing, 1)
        may = {
            name: access.can_see_listing(session, account(runtime, name), listing)
            for name in ("enterprise", "rival")
        }
        assert may == {"enterprise": True, "rival": False}
        with pytest.raises(MissingError):
            sources.get_source(session, source_id=source_id, account=account(runtime, "rival"))
    feed_source(runtime, clock, f"{shop.address}/feed.csv", "rival")
    run(runtime, clock)
    with runtime.sessions() as session:
        assert access.can_see_listing(session, account(runtime, "rival"), session.get_one(Listing, 1))
