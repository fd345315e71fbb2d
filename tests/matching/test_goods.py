"""A listing shows goods of a filed design in pictures of its own: for a person to look at, and nobody is written
to."""

from __future__ import annotations

from pathlib import Path

import pytest
from apps import create_app
from scenery import PASSWORD, HandClock, People, design_form
from sqlalchemy import select

from ipreg import goods as goods_service
from ipreg import registry
from ipreg.db import transaction, utc_now
from ipreg.models import (
    Account,
    Alert,
    FilingView,
    Listing,
    ListingPicture,
    Match,
    MatchKind,
    Notice,
    PictureFingerprint,
    ViewKind,
)
from ipreg.registry import Picture
from ipreg.runtime import Runtime
from ipreg.sightings import feeds
from jobs import alerts, goods, imports, matches
from similarity import designs

PICTURES = Path(__file__).parent.parent / "acceptance" / "same_design"
DESIGN, STAGED, STRANGER = "antiqueChair", "q00086", "q00122"
KINDS = [ViewKind.FRONT, ViewKind.BACK, ViewKind.LEFT, ViewKind.RIGHT, ViewKind.TOP, ViewKind.PERSPECTIVE]


def file_design(runtime: Runtime, clock: HandClock) -> None:
    views = [
        Picture(kind, f"{kind.value}.jpg", (PICTURES / "registry" / f"{DESIGN}__{kind.value}.jpg").read_bytes())
        for kind in KINDS
    ]
    with transaction(runtime.sessions) as session:
        registry.register_design(
            session,
            runtime.store,
            applicant=People(session, clock()).designer,
            form=design_form("靠背椅"),
            pictures=views,
            request_key="r1",
            now=clock(),
        )


def offer(runtime: Runtime, clock: HandClock, number: int, picture: bytes) -> None:
    with transaction(runtime.sessions) as session:
        feeds.accept_feed(
            session,
            runtime.config,
            account=session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one(),
            filename="feed.csv",
            data=f"platform,listing_id,title,seller,pictures\n淘淘,{number},椅子,快手小铺{number},one.jpg\n".encode(),
            pictures={"one.jpg": picture},
            now=clock(),
        )
    imports.run(runtime, clock=clock)
    with transaction(runtime.sessions) as session:  # as if it had been searched for copies, in vain
        for shown in session.scalars(select(ListingPicture).where(ListingPicture.compared_by.is_(None))):
            shown.compared_by = "before"


def asked(name: str) -> bytes:
    return (PICTURES / "queries" / f"{name}.jpg").read_bytes()


def found(runtime: Runtime) -> list[tuple[str, MatchKind]]:
    with runtime.sessions() as session:
        rows = session.scalars(select(Match).join(Match.listing).order_by(Listing.external_id)).unique()
        return [(one.listing.external_id, one.kind) for one in rows if one.listing is not None]


@pytest.mark.parametrize("listed_first", [False, True])
def test_goods_are_recognised_whichever_came_first(runtime: Runtime, clock: HandClock, listed_first: bool) -> None:
    file_design(runtime, clock)
    if listed_first:  # the listing was compared before the design's views were seen
        with transaction(runtime.sessions) as session:
            filed = session.scalars(select(FilingView)).all()
            for view in filed:
                view.goods_by = goods_service.comparison()
    offer(runtime, clock, 1, asked(STAGED))
    offer(runtime, clock, 2, asked(STRANGER))
    goods.run(runtime, clock=clock)
    if listed_first:
        with transaction(runtime.sessions) as session:
            for view in session.scalars(select(FilingView)):
                view.goods_by = None
        goods.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.NEW_PHOTOGRAPH)]
    assert goods.run(runtime, clock=clock) == 0


def test_an_alert_waits_for_a_look_and_nobody_is_written_to(runtime: Runtime, clock: HandClock) -> None:
    file_design(runtime, clock)
    offer(runtime, clock, 1, asked(STAGED))
    goods.run(runtime, clock=clock)
    alerts.run(runtime, clock=clock)
    with runtime.sessions() as session:
        alert = session.scalars(select(Alert)).unique().one()
        assert alert.match.kind is MatchKind.NEW_PHOTOGRAPH
        assert 0.5 <= alert.probability < 0.99
        assert alert.recipients
        assert not [one for one in alert.recipients if one.tell_at is not None]
        assert not session.scalars(select(Notice).where(Notice.kind == "alert")).all()


def test_the_page_says_which_view_is_nearest_and_numbers_the_parts(runtime: Runtime, clock: HandClock) -> None:
    clock.now = utc_now()
    file_design(runtime, clock)
    offer(runtime, clock, 1, asked(STAGED))
    goods.run(runtime, clock=clock)
    alerts.run(runtime, clock=clock)
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    client = app.test_client()
    client.post("/sign-in", data={"email": "designer@ipreg.example", "password": PASSWORD})
    page = client.get("/alerts/1?lang=en").text
    assert "the same design photographed anew" in page
    assert "the nearest view" in page
    assert "Parts that correspond" in page and "Regions that agree" not in page
    assert "相互对应的部位" in client.get("/alerts/1?lang=zh").text
    assert client.get("/alerts/1/overlay").mimetype == "image/jpeg"


def test_a_copy_takes_the_place_of_goods_and_is_told(runtime: Runtime, clock: HandClock) -> None:
    file_design(runtime, clock)
    offer(runtime, clock, 1, (PICTURES / "registry" / f"{DESIGN}__front.jpg").read_bytes())
    goods.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.NEW_PHOTOGRAPH)]
    matches.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.COPY)]
    goods.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.COPY)]


def test_a_picture_is_searched_for_copies_before_for_goods(runtime: Runtime, clock: HandClock) -> None:
    file_design(runtime, clock)
    offer(runtime, clock, 1, (PICTURES / "registry" / f"{DESIGN}__front.jpg").read_bytes())
    with transaction(runtime.sessions) as session:
        session.scalars(select(ListingPicture)).one().compared_by = None
    goods.run(runtime, clock=clock)
    assert found(runtime) == []
    matches.run(runtime, clock=clock)
    goods.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.COPY)]


def test_a_copy_that_is_too_unsure_to_alert_hides_no_goods(runtime: Runtime, clock: HandClock) -> None:
    file_design(runtime, clock)
    offer(runtime, clock, 1, asked(STAGED))
    goods.run(runtime, clock=clock)
    with transaction(runtime.sessions) as session:
        match, shown = session.scalars(select(Match)).unique().one(), session.scalars(select(ListingPicture)).one()
        match.kind, match.probability, match.considered, shown.goods_by = MatchKind.COPY, 0.6, False, None
    goods.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.COPY)], "it is not known yet whether it alerts"
    alerts.run(runtime, clock=clock)
    goods.run(runtime, clock=clock)
    assert found(runtime) == [("1", MatchKind.NEW_PHOTOGRAPH)]
    alerts.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert session.scalars(select(Alert)).unique().one().kind is MatchKind.NEW_PHOTOGRAPH


def test_after_another_model_all_are_looked_at_anew(
    runtime: Runtime, clock: HandClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_design(runtime, clock)
    offer(runtime, clock, 1, asked(STAGED))
    goods.run(runtime, clock=clock)
    other = tmp_path / "other.onnx"
    other.write_bytes(designs.MODEL.read_bytes().replace(b"design-lite0/2", b"design-other/1"))
    (tmp_path / "other.crowd.npy").write_bytes(designs.MODEL.with_suffix(".crowd.npy").read_bytes())
    monkeypatch.setenv(designs.SETTING, str(other))
    assert goods.run(runtime, clock=clock) == 7
    assert found(runtime) == [("1", MatchKind.NEW_PHOTOGRAPH)]
    with runtime.sessions() as session:
        kept = session.scalars(select(PictureFingerprint.algorithm)).all()
        assert kept and all("design-other/1" in one for one in kept if one.startswith(designs.FORM))
