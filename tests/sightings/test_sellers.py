"""Whose shops are one: pictures that were recompressed, what people say, and shops that name no seller."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from apps import create_app
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from scenery import PASSWORD, HandClock, People
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ipreg.casework import queue
from ipreg.db import transaction
from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, AuditRow, Listing, ListingPicture, Seller, SellerLink
from ipreg.runtime import Runtime
from ipreg.sightings import feeds, sellerlinks, sellers
from ipreg.sightings.listings import Bringer, Offer, see_listing
from jobs import imports, matches, samepictures

SAMPLE = Path(__file__).parent.parent.parent / "ipreg" / "sample" / "designs"


@pytest.fixture
def people(runtime: Runtime, clock: HandClock) -> dict[str, Account]:
    with transaction(runtime.sessions) as session:
        People(session, clock())
        return {one.email.split("@")[0]: one for one in session.scalars(select(Account))}


@pytest.fixture
def app(runtime: Runtime, people: dict[str, Account]) -> Flask:
    made = create_app(runtime.config)
    made.config.update(WTF_CSRF_ENABLED=False, TESTING=True)
    return made


def sign_in(app: Flask, name: str) -> FlaskClient:
    client = app.test_client()
    client.post("/sign-in", data={"email": f"{name}@ipreg.example", "password": PASSWORD})
    client.get("/language/en")
    return client


def photograph(number: int) -> bytes:
    return (SAMPLE / f"design-{number:02}.jpg").read_bytes()


def reworked(data: bytes, *, scale: float = 1.0, quality: int = 60, kind: str = "JPEG") -> bytes:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, kind, quality=quality)
    return out.getvalue()


def feed(runtime: Runtime, clock: HandClock, owner: Account, *lines: str, **pictures: bytes) -> None:
    text = "platform,listing_id,title,seller,pictures\n" + "\n".join(lines) + "\n"
    with transaction(runtime.sessions) as session:
        feeds.accept_feed(
            session, runtime.config, account=session.merge(owner), filename="f.csv", data=text.encode(),
            pictures={f"{name}.jpg": data for name, data in pictures.items()}, now=clock(),
        )  # fmt: skip
    imports.run(runtime, clock=clock)
    matches.run(runtime, clock=clock)
    samepictures.run(runtime)


def test_shops_that_recompress_and_resize_each_others_pictures_look_like_one(
    runtime: Runtime, clock: HandClock, people: dict[str, Account]
) -> None:
    first, second = photograph(1), photograph(2)
    feed(
        runtime, clock, people["enterprise"],
        "淘淘,1,外套,原店,a.jpg|b.jpg", "京京,2,夹克,改名店,small.jpg|webp.jpg", "京京,3,毛衣,别家,c.jpg|d.jpg",
        a=first, b=second, small=reworked(first, scale=0.6, quality=45),
        webp=reworked(second, scale=1.3, quality=70, kind="WEBP"), c=photograph(3), d=photograph(4),
    )  # fmt: skip
    with runtime.sessions() as session:
        assert session.scalar(select(func.count(func.distinct(ListingPicture.sha256)))) == 6
        view = sellers.view_seller(session, seller_id=1, account=people["enterprise"])
        assert [(one.seller.name, one.pictures, one.titles) for one in view.likely] == [("改名店", 2, 0)]
        found = set(session.scalars(select(ListingPicture.shows)))
        assert len(found) == 4, "each photograph is known once, and no other is taken for it"


def shop(session: Session, owner: Account, name: str, *shows: str, now: datetime) -> int:
    """A shop with a listing that shows pictures known already; the seller's id."""
    offer = Offer("淘淘", f"{name}-1", f"{name}的外套", seller=name)
    listing = see_listing(session, offer=offer, bringer=Bringer(owner.id), now=now)
    for position, one in enumerate(shows):
        digest = session.scalars(select(ListingPicture.sha256).where(ListingPicture.source == one)).first()
        session.add(ListingPicture(listing_id=listing.id, position=position, sha256=digest, shows=digest))
    session.flush()
    assert listing.seller_id is not None
    return listing.seller_id


def test_what_everybody_shows_tells_nothing(runtime: Runtime, clock: HandClock, people: dict[str, Account]) -> None:
    feed(
        runtime, clock, people["enterprise"], "淘淘,1,外套,原店,a.jpg|b.jpg", a=photograph(1), b=photograph(2)
    )  # fmt: skip
    with transaction(runtime.sessions) as session:
        for number in range(sellers.MANY):
            shop(session, people["enterprise"], f"店{number}", "a.jpg", "b.jpg", now=clock())
        assert len(sellers.view_seller(session, seller_id=1, account=people["enterprise"]).likely) == 10
        shop(session, people["enterprise"], "又一店", "a.jpg", "b.jpg", now=clock())
        assert sellers.view_seller(session, seller_id=1, account=people["enterprise"]).likely == []


def three_shops(runtime: Runtime, clock: HandClock, owner: Account) -> None:
    with transaction(runtime.sessions) as session:
        for name in ("原店", "改名店", "第三店"):
            shop(session, owner, name, now=clock())


def test_two_shops_are_joined_by_hand_and_parted_again(
    runtime: Runtime, clock: HandClock, people: dict[str, Account], app: Flask
) -> None:
    three_shops(runtime, clock, people["enterprise"])
    enterprise = sign_in(app, "enterprise")
    found = enterprise.get("/sellers/1?find=改名").text
    assert 'name="other" value="2"' in found and 'name="other" value="3"' not in found
    refused = enterprise.post("/sellers/1/links", data={"other": "2", "same": "yes", "reason": " ", "find": "改名"})
    assert refused.status_code == 400 and 'id="fault-reason"' in refused.text
    for _ in range(2):  # pressed twice
        said = enterprise.post("/sellers/1/links", data={"other": "2", "same": "yes", "reason": "同一营业执照"})
        assert said.status_code == 302
    page = enterprise.get("/sellers/1").text
    assert "同一营业执照" in page and "改名店的外套" in page and "第三店的外套" not in page
    assert "原店的外套" in enterprise.get("/sellers/2").text, "it is one seller from both sides"
    with runtime.sessions() as session:
        assert session.scalar(select(func.count()).select_from(SellerLink)) == 1
        actions = list(session.scalars(select(AuditRow.action).where(AuditRow.action.startswith("sellers."))))
        assert actions.count("sellers.link") == 3, "the refused one too"
    assert enterprise.post("/sellers/1/links/1/undo").status_code == 302
    page = enterprise.get("/sellers/1").text
    assert "改名店的外套" not in page and "同一营业执照" not in page
    with runtime.sessions() as session:
        link = session.scalars(select(SellerLink)).one()
        assert link.undone_at is not None and link.reason == "同一营业执照", "what was said once stays on record"


def test_a_suggestion_that_was_refused_comes_no_more(
    runtime: Runtime, clock: HandClock, people: dict[str, Account], app: Flask
) -> None:
    feed(
        runtime, clock, people["enterprise"], "淘淘,1,外套,原店,a.jpg|b.jpg", "京京,2,外套,改名店,a.jpg|b.jpg",
        a=photograph(1), b=photograph(2),
    )  # fmt: skip
    enterprise = sign_in(app, "enterprise")
    assert "Probably the same seller" in enterprise.get("/sellers/1").text
    assert enterprise.post("/sellers/1/links", data={"other": "2", "same": "no"}).status_code == 302
    for page in ("/sellers/1", "/sellers/2"):
        assert "Probably the same seller" not in enterprise.get(page).text
    enterprise.post("/sellers/2/links", data={"other": "1", "same": "yes", "reason": "看错了，是同一家"})
    assert "Shops of this seller" in enterprise.get("/sellers/1").text, "the later word stands"


def test_what_one_office_says_is_nothing_to_another(
    runtime: Runtime, clock: HandClock, people: dict[str, Account], app: Flask
) -> None:
    three_shops(runtime, clock, people["enterprise"])
    with transaction(runtime.sessions) as session:
        shop(session, people["rival"], "原店", now=clock())
        sellerlinks.say(
            session, account=session.merge(people["enterprise"]), one_id=1, other_id=2, same=True, reason="同店",
            now=clock(),
        )  # fmt: skip
    with transaction(runtime.sessions) as session:
        view = sellers.view_seller(session, seller_id=1, account=people["rival"])
        assert (view.shops, view.links) == ([], [])
        rival = session.merge(people["rival"])
        with pytest.raises(MissingError):
            sellerlinks.say(session, account=rival, one_id=1, other_id=2, same=True, reason="x", now=clock())
        with pytest.raises(MissingError):
            sellerlinks.take_back(session, account=rival, link_id=1, now=clock())
        with pytest.raises(CallerError, match="seller_itself"):
            sellerlinks.say(session, account=rival, one_id=1, other_id=1, same=True, reason="x", now=clock())
        assert queue.repeats(session, [1, 2]) == {}
    assert sign_in(app, "rival").post("/sellers/1/links/1/undo").status_code == 404
    assert sign_in(app, "rival").get("/sellers/2").status_code == 404


def seen(
    session: Session, owner: Account, now: datetime, path: str, site: str = "https://shop.example", **more: str
) -> str:
    """The seller of a page that was read."""
    offer = Offer(site.partition("//")[2], path, "外套", address=f"{site}/{path}", **more)
    if "seller" not in more:
        offer = Offer(offer.platform, path, "外套", address=offer.address, site=site, site_name="锦绣坊")
    listing = see_listing(session, offer=offer, bringer=Bringer(owner.id), now=now)
    return listing.shop.name if listing.shop is not None else ""


def test_a_shop_that_names_no_seller_is_the_seller_itself(
    runtime: Runtime, clock: HandClock, people: dict[str, Account]
) -> None:
    owner = people["enterprise"]
    with transaction(runtime.sessions) as session:
        assert [seen(session, owner, clock(), path) for path in "ab"] == ["锦绣坊", "锦绣坊"]
        one = session.scalars(select(Seller)).one()
        assert (one.platform, one.address) == ("shop.example", "https://shop.example/")
        assert seen(session, owner, clock(), "c", seller="锦绣坊") == "锦绣坊", "it may name itself on some pages"
        assert seen(session, owner, clock(), "d") == "锦绣坊"


def test_where_others_sell_too_nobody_is_guessed(
    runtime: Runtime, clock: HandClock, people: dict[str, Account]
) -> None:
    owner = people["enterprise"]
    with transaction(runtime.sessions) as session:
        assert seen(session, owner, clock(), "a") == "锦绣坊"
        assert seen(session, owner, clock(), "b", seller="甲店") == "甲店"
        first = session.scalars(select(Listing).where(Listing.external_id == "a")).one()
        assert first.seller_id is None, "it is a marketplace, as is seen now"
        assert [seen(session, owner, clock(), path) for path in "ac"] == ["", ""]
        assert seen(session, owner, clock(), "x", site="https://item.taobao.com") == ""
