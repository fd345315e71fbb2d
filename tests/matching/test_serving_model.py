"""Another embedding is configured: the one before it serves until every picture has been looked at anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenery import HandClock, People, design_form, draw_picture, edited_copy, one_picture
from sqlalchemy import select

from ipreg import registry
from ipreg.db import transaction
from ipreg.models import Account, FilingView, ListingPicture, Match, PictureFingerprint
from ipreg.runtime import Runtime
from ipreg.sightings import feeds
from jobs import fingerprints, imports, matches
from similarity import embedding


@pytest.fixture
def another_model(tmp_path: Path) -> Path:
    """The same network under another id."""
    place = tmp_path / "another.onnx"
    data = embedding.MODEL.read_bytes()
    assert data.count(b"copy-lite0/2") == 1
    place.write_bytes(data.replace(b"copy-lite0/2", b"copy-other/1"))
    return place


def file_design(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        registry.register_design(
            session,
            runtime.store,
            applicant=People(session, clock()).designer,
            form=design_form(),
            pictures=one_picture(1),
            request_key="r1",
            now=clock(),
        )


def list_copy(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        feeds.accept_feed(
            session,
            runtime.config,
            account=session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one(),
            filename="feed.csv",
            data="platform,listing_id,title,seller,pictures\n淘淘,1,外套,快手小铺,copy.jpg\n".encode(),
            pictures={"copy.jpg": edited_copy(draw_picture(1))},
            now=clock(),
        )
    imports.run(runtime, clock=clock)


def compared_by(runtime: Runtime) -> list[str | None]:
    with runtime.sessions() as session:
        return [one.compared_by for kind in (FilingView, ListingPicture) for one in session.scalars(select(kind))]


def test_the_old_index_answers_until_all_was_looked_at_anew(
    runtime: Runtime, clock: HandClock, another_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_design(runtime, clock)
    assert (fingerprints.run(runtime, clock=clock), matches.run(runtime, clock=clock)) == (0, 1)
    monkeypatch.setenv(embedding.SETTING, str(another_model))
    list_copy(runtime, clock)
    assert matches.run(runtime, clock=clock) == 1
    with runtime.sessions() as session:
        found = session.scalars(select(Match)).one()
        assert "copy-lite0/2" in found.algorithm and found.probability > 0.9
    assert fingerprints.run(runtime, clock=clock) == 2
    assert matches.run(runtime, clock=clock) == 2
    assert all(one is not None and "copy-other/1" in one for one in compared_by(runtime))
    fingerprints.run(runtime, clock=clock)
    with runtime.sessions() as session:
        assert all("copy-other/1" in one.algorithm for one in session.scalars(select(PictureFingerprint)))
        assert len(session.scalars(select(Match)).all()) == 1


def test_a_former_model_whose_file_is_lost_serves_no_more(
    runtime: Runtime, clock: HandClock, another_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_design(runtime, clock)
    matches.run(runtime, clock=clock)
    monkeypatch.setenv(embedding.SETTING, str(another_model))
    list_copy(runtime, clock)
    assert matches.run(runtime, clock=clock) == 2
    with runtime.sessions() as session:
        assert "copy-other/1" in session.scalars(select(Match)).one().algorithm


def test_a_lost_file_holds_up_nothing_and_is_looked_at_when_it_is_back(
    runtime: Runtime, clock: HandClock, another_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_design(runtime, clock)
    fingerprints.run(runtime, clock=clock)
    list_copy(runtime, clock)
    assert matches.run(runtime, clock=clock) == 2
    with runtime.sessions() as session:
        lost = session.scalars(select(ListingPicture)).one().sha256
    (file,) = [one for one in runtime.config.var.rglob(f"*{lost[4:]}*") if one.is_file()]
    file.rename(file.with_suffix(".away"))
    monkeypatch.setenv(embedding.SETTING, str(another_model))
    assert fingerprints.run(runtime, clock=clock) == 2
    assert matches.run(runtime, clock=clock) == 2, "the former model serves no more"
    assert matches.run(runtime, clock=clock) == 0
    file.with_suffix(".away").rename(file)
    fingerprints.run(runtime, clock=clock)
    assert matches.run(runtime, clock=clock) == 0, "it is not tried all the time"
    clock.move(hours=2)
    fingerprints.run(runtime, clock=clock)
    assert matches.run(runtime, clock=clock) == 1
    with runtime.sessions() as session:
        made = session.scalars(select(PictureFingerprint).where(PictureFingerprint.sha256 == lost)).one()
        assert made.data is not None and "copy-other/1" in made.algorithm
