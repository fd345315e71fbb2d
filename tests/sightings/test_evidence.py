"""Evidence of a listing: captured when it alerts, provable when it is deleted, seen by those concerned only."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import Iterator

import pytest
from scenery import HandClock, design_form, draw_picture, edited_copy, one_picture
from shop import Shop, html
from site_of_tests import Site, build_site
from sqlalchemy import select, text
from warcio.archiveiterator import ArchiveIterator

from ipreg import log, logkeys, registry
from ipreg.db import transaction
from ipreg.logcheck import check_log
from ipreg.models import Account, Alert, Capture, CaptureState, Listing, LogEntry
from ipreg.runtime import Runtime
from ipreg.sightings import fetch
from ipreg.sightings.render import find_chromium
from jobs import checkpoints, evidence

pytestmark = pytest.mark.network
COPY = edited_copy(draw_picture(1))


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Shop() as opened:
        opened.extra["/goods/1"] = html(
            "外套",
            '<div itemscope itemtype="https://schema.org/Product"><h1 itemprop="name">外套</h1>'
            '<img itemprop="image" src="/copy.jpg"><script>document.title = "drawn"</script>'
            '<iframe src="http://169.254.169.254/latest/"></iframe><p style="height:2000px">long</p></div>',
        )
        opened.extra["/copy.jpg"] = (200, {"Content-Type": "image/jpeg"}, COPY)
        yield opened


@pytest.fixture(autouse=True)
def shop_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """The shop's own address counts as public; every other private one is refused as it always is."""
    public = fetch._is_public
    monkeypatch.setattr(fetch, "_is_public", lambda number: str(number) == "127.0.0.1" or public(number))


@pytest.fixture
def alerted(runtime: Runtime, clock: HandClock, shop: Shop) -> Site:
    """A site with an alert and a case, whose listing has its page in the shop; nothing is captured yet."""
    site = build_site(runtime, clock)
    with transaction(runtime.sessions) as session:
        listing = session.scalars(select(Listing)).one()
        listing.address = f"{shop.address}/redirect?to=/goods/1"
        assert session.scalar(select(Alert)) is not None
    return site


def captured(runtime: Runtime) -> Capture:
    with runtime.sessions() as session:
        return session.scalars(select(Capture)).one()


def test_a_page_is_captured_once_with_pictures_headers_and_names(
    runtime: Runtime, clock: HandClock, shop: Shop, alerted: Site
) -> None:
    for _ in range(2):
        evidence.run(runtime, clock=clock)
    assert shop.asked["/goods/1"] == 1
    found = captured(runtime)
    assert (found.state, found.status, found.captured_at) == (CaptureState.DONE, 200, clock())
    files = {one.name: one for one in found.files}
    assert runtime.store.get(files["picture-1"].sha256) == COPY
    assert runtime.store.get(files["page"].sha256) == shop.extra["/goods/1"][2]
    assert [hop["status"] for hop in found.facts["hops"]] == [302, 200]
    assert found.facts["hops"][1]["resolved"] == ["127.0.0.1"]
    assert ["content-type", "text/html; charset=utf-8"] in found.facts["headers"]
    records = list_warc(runtime.store.get(files["evidence.warc.gz"].sha256))
    assert ("response", f"{shop.address}/goods/1", shop.extra["/goods/1"][2]) in records
    assert ("response", f"{shop.address}/copy.jpg", COPY) in records
    assert {kind for kind, _, _ in records} >= {"warcinfo", "request", "response", "metadata"}


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def list_warc(data: bytes) -> list[tuple[str, str, bytes]]:
    return [
        (one.rec_type, one.rec_headers.get_header("WARC-Target-URI"), one.content_stream().read())
        for one in ArchiveIterator(io.BytesIO(data))
    ]


@pytest.mark.browser
@pytest.mark.skipif(not find_chromium(""), reason="NO CHROMIUM HERE: install Debian's package chromium")
def test_the_screenshot_is_of_the_whole_page_and_nothing_private_is_reached(
    runtime: Runtime, clock: HandClock, alerted: Site
) -> None:
    from PIL import Image

    evidence.run(runtime, clock=clock)
    found = captured(runtime)
    assert found.facts["screenshot"] == "taken"
    shot = next(one for one in found.files if one.name == "screenshot.png")
    with Image.open(io.BytesIO(runtime.store.get(shot.sha256))) as picture:
        assert picture.width == 1280 and picture.height > 2000
    warc = runtime.store.get(next(one for one in found.files if one.name == "evidence.warc.gz").sha256)
    records = list_warc(warc)
    assert any(kind == "resource" for kind, _, _ in records)


def test_the_digests_are_in_the_log_and_the_log_holds(runtime: Runtime, clock: HandClock, alerted: Site) -> None:
    evidence.run(runtime, clock=clock)
    checkpoints.run(runtime, clock=clock)
    found = captured(runtime)
    assert found.log_index is not None
    with runtime.sessions() as session:
        entry = session.get_one(LogEntry, found.log_index)
        told = json.loads(entry.statement)
        assert entry.kind == "evidence" and told["filing"] == alerted.filing
        assert {one["sha256"] for one in told["files"]} == {one.sha256 for one in found.files}
        log.prove_inclusion(session, index=found.log_index).verify(runtime.log_key.verifier)
        log.verify_log(session, verifier=runtime.log_key.verifier)


def test_a_page_that_is_gone_is_tried_again_and_what_is_held_is_committed_to(
    runtime: Runtime, clock: HandClock, alerted: Site
) -> None:
    with transaction(runtime.sessions) as session:
        session.scalars(select(Listing)).one().address = f"http://127.0.0.1:{unused_port()}/gone"
    for _ in range(6):
        evidence.run(runtime, clock=clock)
        clock.move(hours=3)
    found = captured(runtime)
    assert (found.state, found.fault, found.tries) == (CaptureState.FAILED, "fetch_failed", 4)
    with runtime.sessions() as session:
        assert found.log_index is not None
        told = json.loads(session.get_one(LogEntry, found.log_index).statement)
        assert told["fault"] == "fetch_failed" and len(told["held_pictures"]) == 1


def test_a_listing_without_an_address_is_committed_to_by_its_pictures(runtime: Runtime, clock: HandClock) -> None:
    build_site(runtime, clock)
    evidence.run(runtime, clock=clock)
    found = captured(runtime)
    assert (found.state, found.address, found.files) == (CaptureState.DONE, "", [])
    assert found.log_index is not None


def test_a_later_filing_alerts_without_a_page(runtime: Runtime, clock: HandClock) -> None:
    build_site(runtime, clock)
    with transaction(runtime.sessions) as session:
        other = session.scalars(select(Account).where(Account.email == "freelancer@ipreg.example")).one()
        registry.register_design(
            session,
            runtime.store,
            applicant=other,
            form=design_form("同款"),
            pictures=one_picture(1),
            request_key="again",
            now=clock(),
        )
    from jobs import alerts, fingerprints, matches

    for job in (fingerprints, matches, alerts, evidence):
        job.run(runtime, clock=clock)
    with runtime.sessions() as session:
        alerts_of = [one.match.listing_id for one in session.scalars(select(Alert))]
        assert sorted(map(str, alerts_of)) == ["1", "1", "None"], "the old listing is seen by the new filing too"
        assert len(session.scalars(select(Capture)).all()) == 2


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        ("update captures set address = 'http://elsewhere.example/'", "check_fields_changed"),
        ("update captures set status = 404", "check_fields_changed"),
        ("update captures set log_index = null", "check_row_missing"),
        ("update capture_files set sha256 = 'ff' || substr(sha256, 3)", "check_fields_changed"),
        ("delete from capture_files", "check_fields_changed"),
    ],
)
def test_changed_evidence_is_named_by_the_check_of_the_log(
    runtime: Runtime, clock: HandClock, alerted: Site, tamper: str, named: str
) -> None:
    evidence.run(runtime, clock=clock)
    checkpoints.run(runtime, clock=clock)
    assert differences(runtime) == set()
    with transaction(runtime.sessions) as session:
        session.execute(text(tamper))
    assert named in differences(runtime)


def test_a_captured_file_that_is_changed_on_disk_is_named(
    runtime: Runtime, clock: HandClock, alerted: Site
) -> None:
    evidence.run(runtime, clock=clock)
    checkpoints.run(runtime, clock=clock)
    path = runtime.store.path(captured(runtime).files[0].sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes() + b"x")
    assert differences(runtime) == {"check_file_changed"}


def differences(runtime: Runtime) -> set[str]:
    with runtime.sessions() as session:
        known = logkeys.verifiers(session, first=runtime.log_key)
        return {one.code for one in check_log(session, runtime.store, verifiers=known).differences}
