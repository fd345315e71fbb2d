"""A picture that many shops show is looked at once, and none of its listings is missed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scenery import HandClock, People, design_form, draw_picture, edited_copy, one_picture
from sqlalchemy import select

from ipreg import registry
from ipreg.db import transaction
from ipreg.models import Account, Listing, ListingPicture, Match
from ipreg.runtime import Runtime
from ipreg.sightings import feeds
from jobs import imports, matches


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The digests of pictures that were looked at."""
    found: list[str] = []
    real = matches.looks

    def noted(things: list[Any], *others: Any, **more: Any) -> Iterator[Any]:
        found.extend(one.sha256 for one in things)
        return real(things, *others, **more)

    monkeypatch.setattr(matches, "looks", noted)
    return found


def seen_in(runtime: Runtime, clock: HandClock, *numbers: int, picture: bytes) -> None:
    rows = "".join(f"淘淘,{number},外套,店{number},a.jpg\n" for number in numbers)
    with transaction(runtime.sessions) as session:
        account = session.scalars(select(Account).where(Account.email == "enterprise@ipreg.example")).one()
        feeds.accept_feed(
            session, runtime.config, account=account, filename="feed.csv", pictures={"a.jpg": picture},
            data=f"platform,listing_id,title,seller,pictures\n{rows}".encode(), now=clock(),
        )  # fmt: skip
    imports.run(runtime, clock=clock)
    matches.run(runtime, clock=clock)


def file_design(runtime: Runtime, clock: HandClock) -> None:
    with transaction(runtime.sessions) as session:
        owner = session.scalars(select(Account).where(Account.email == "freelancer@ipreg.example")).one()
        registry.register_design(
            session, runtime.store, applicant=owner, form=design_form(), pictures=one_picture(1),
            request_key="r", now=clock(),
        )  # fmt: skip
    matches.run(runtime, clock=clock)


def matched(runtime: Runtime) -> list[str]:
    with runtime.sessions() as session:
        wanted = select(Listing.external_id).join(Match, Match.listing_id == Listing.id).order_by(Listing.id)
        return list(session.scalars(wanted))


def test_what_is_like_nothing_is_looked_at_once_and_matches_what_is_filed_later(
    runtime: Runtime, clock: HandClock, looked: list[str]
) -> None:
    with transaction(runtime.sessions) as session:
        People(session, clock())
    seen_in(runtime, clock, 1, 2, picture=edited_copy(draw_picture(1)))
    seen_in(runtime, clock, 3, picture=edited_copy(draw_picture(1)))
    assert len(looked) == 1 and matched(runtime) == []
    with runtime.sessions() as session:
        assert None not in session.scalars(select(ListingPicture.compared_by)).all()
    file_design(runtime, clock)
    assert matched(runtime) == ["1", "2", "3"]


def test_a_copy_matches_in_every_listing_at_once_and_later(
    runtime: Runtime, clock: HandClock, looked: list[str]
) -> None:
    with transaction(runtime.sessions) as session:
        People(session, clock())
    file_design(runtime, clock)
    seen_in(runtime, clock, 1, 2, picture=edited_copy(draw_picture(1)))
    seen_in(runtime, clock, 3, picture=edited_copy(draw_picture(1)))
    assert matched(runtime) == ["1", "2", "3"]
