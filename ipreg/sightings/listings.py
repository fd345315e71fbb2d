"""What is seen of a listing: kept once, with its history, its seller and its pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ipreg.models import (
    ChangeKind,
    FeedImport,
    Listing,
    ListingChange,
    ListingPicture,
    ListingSighting,
    Seller,
    Source,
    SourceKind,
    SourceState,
    StoredFile,
)
from ipreg.sightings.faults import clean_text
from ipreg.sightings.marketplaces import is_marketplace
from ipreg.sightings.webpage import host_of


@dataclass(frozen=True)
class Offer:
    """A listing as a source shows it; an empty text is "not told", and changes nothing that was told before.

    ``site`` and ``site_name``: address and name of the site of a page that was read and names no seller.
    """

    platform: str
    external_id: str
    title: str
    address: str = ""
    seller: str = ""
    seller_id: str = ""
    seller_address: str = ""
    price: str = ""
    currency: str = ""
    brand: str = ""
    availability: str = ""
    region: str = ""
    site: str = ""
    site_name: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, clean_text(getattr(self, field.name)))


_TOLD = ("address", "seller", "price", "currency", "brand", "availability", "region")
"""What an offer tells besides its title, and a listing keeps under the same name."""
MAX_ID = 200
SITE = "site:"
"""How the key of a seller begins who is known by the host of his shop."""


def bounded(text: str, most: int) -> str:
    """``text`` in at most ``most`` characters; two texts stay two, by a digest where one is longer."""
    if len(text) <= most:
        return text
    return f"{text[: most - 17]}~{hashlib.sha256(text.encode()).hexdigest()[:16]}"


LEFT_ALONE = timedelta(days=30)


@dataclass(frozen=True)
class Bringer:
    """By whose source, and in which import or run, an offer came."""

    account_id: int
    source_id: int | None = None
    import_id: int | None = None
    run_id: int | None = None


def see_listing(session: Session, *, offer: Offer, bringer: Bringer, now: datetime) -> Listing:
    """The row of that offer, new or brought up to date; each change of title, price or seller is written down.

    What another source says than the one that leads the listing fills gaps, and changes nothing: two that differ
    would write each other's changes for ever, and nobody's feed may rewrite what was read from a shop.
    """
    listing = session.scalar(
        select(Listing).where(Listing.platform == offer.platform, Listing.external_id == offer.external_id)
    )
    if listing is None:
        return _first_seen(session, offer, bringer, now)
    leads = _may_lead(session, listing, bringer, now)
    _note_changes(session, listing, offer, bringer, now, leads=leads)
    if leads:
        listing.title, listing.led_by_id, listing.led_at = offer.title, bringer.source_id, now
    listing.last_seen_at = now
    for name in _TOLD:
        if getattr(offer, name) and (leads or not getattr(listing, name)):
            setattr(listing, name, getattr(offer, name))
    if leads or listing.seller_id is None:
        known = None if listing.shop is not None and listing.shop.key.startswith(SITE) else listing.shop
        listing.shop = _seller(session, offer, now, rename=leads) or known
    session.flush()
    _sight(session, listing, bringer.account_id, now)
    return listing


def _first_seen(session: Session, offer: Offer, bringer: Bringer, now: datetime) -> Listing:
    listing = Listing(
        platform=offer.platform,
        external_id=offer.external_id,
        title=offer.title,
        import_id=bringer.import_id,
        source_id=bringer.source_id,
        led_by_id=bringer.source_id,
        led_at=now,
        first_seen_at=now,
        last_seen_at=now,
        pictures=[],
        shop=_seller(session, offer, now, rename=True),
        **{name: getattr(offer, name) for name in _TOLD},
    )
    session.add(listing)
    session.flush()
    session.add(
        ListingSighting(listing_id=listing.id, account_id=bringer.account_id, first_seen_at=now, last_seen_at=now)
    )
    return listing


def leads(listing: Listing, bringer: Bringer, now: datetime) -> bool:
    """Whether what the bringer said of the listing at ``now`` counted."""
    return listing.led_by_id == bringer.source_id and listing.led_at == now


def _may_lead(session: Session, listing: Listing, bringer: Bringer, now: datetime) -> bool:
    """The source that led goes on leading while it brings the listing; a crawl, which reads the page itself, goes
    before all others, and whoever comes before what people handed in once."""
    if listing.led_at is None or listing.led_at < now - LEFT_ALONE:
        return True
    leader = session.get(Source, listing.led_by_id) if listing.led_by_id is not None else None
    if leader is None:
        return bringer.source_id is not None or _handed_in_by(session, listing) in (None, bringer.account_id)
    if leader.id == bringer.source_id or leader.removed_at is not None or leader.state is SourceState.PAUSED:
        return True
    own = session.get(Source, bringer.source_id) if bringer.source_id is not None else None
    if own is None or own.kind is SourceKind.REPORT:
        return False
    return own.kind is SourceKind.CRAWL or leader.kind is SourceKind.REPORT


def _handed_in_by(session: Session, listing: Listing) -> int | None:
    return session.scalar(select(FeedImport.account_id).where(FeedImport.id == listing.import_id))


def add_picture(
    session: Session, *, listing: Listing, file: StoredFile, source: str, now: datetime, revive: bool = True
) -> ListingPicture:
    """The listing shows this picture; the same content twice is one picture. ``revive``: even if it was gone."""
    held = next((one for one in listing.pictures if one.sha256 == file.sha256), None)
    if held is not None:
        held.gone_at = None if revive else held.gone_at
        return held
    position = max((one.position for one in listing.pictures), default=-1) + 1
    made = ListingPicture(position=position, sha256=file.sha256, source=source)
    listing.pictures.append(made)
    session.flush()
    return made


def shown_pictures(listing: Listing) -> list[str]:
    """SHA-256 of what the listing shows at present."""
    return [one.sha256 for one in listing.pictures if one.gone_at is None]


def settle_pictures(
    session: Session,
    *,
    listing: Listing,
    before: list[str],
    shown: Iterable[str],
    bringer: Bringer | None = None,
    now: datetime,
) -> None:
    """The listing shows exactly ``shown`` now; ``before`` is what it showed. The change is written down."""
    present = set(shown)
    for one in listing.pictures:
        if one.sha256 not in present and one.gone_at is None:
            one.gone_at = now
    if before and set(before) != present:
        after = " ".join(shown_pictures(listing))
        _change(session, listing, ChangeKind.PICTURES, " ".join(before), after, bringer, now)
    session.flush()


def mark_gone(session: Session, *, listing: Listing, bringer: Bringer | None = None, now: datetime) -> None:
    """The listing is not there any more. Seen again, it is back."""
    if listing.gone_at is None:
        listing.gone_at = now
        _change(session, listing, ChangeKind.GONE, "", "", bringer, now)
        session.flush()


def mark_absent(session: Session, *, bringer: Bringer, since: datetime, now: datetime) -> int:
    """Those that a source leads and that were not seen since ``since`` are gone; how many."""
    absent = select(Listing).where(
        Listing.led_by_id == bringer.source_id, Listing.gone_at.is_(None), Listing.last_seen_at < since
    )
    found = list(session.scalars(absent))
    for listing in found:
        mark_gone(session, listing=listing, bringer=bringer, now=now)
    return len(found)


def see_all_again(session: Session, *, source_id: int, now: datetime) -> None:
    """A complete feed that is as it was names everything again that it named before."""
    there = update(Listing).where(Listing.led_by_id == source_id, Listing.gone_at.is_(None))
    session.execute(there.values(last_seen_at=now, led_at=now).execution_options(synchronize_session="fetch"))


def _note_changes(
    session: Session, listing: Listing, offer: Offer, bringer: Bringer, now: datetime, *, leads: bool
) -> None:
    if listing.gone_at is not None:
        listing.gone_at = None
        _change(session, listing, ChangeKind.BACK, "", "", bringer, now)
    was, is_now = f"{listing.price} {listing.currency}".strip(), f"{offer.price} {offer.currency}".strip()
    told = (
        (ChangeKind.TITLE, listing.title, offer.title),
        (ChangeKind.PRICE, was, is_now if offer.price else ""),
        (ChangeKind.SELLER, listing.seller, offer.seller),
    )
    for kind, before, after in told:
        if after and after != before and (leads or not before):
            _change(session, listing, kind, before, after, bringer, now)


def _change(
    session: Session,
    listing: Listing,
    kind: ChangeKind,
    before: str,
    after: str,
    bringer: Bringer | None,
    now: datetime,
) -> None:
    made = ListingChange(listing_id=listing.id, at=now, kind=kind, before=before, after=after)
    if bringer is not None:
        made.source_id, made.run_id = bringer.source_id, bringer.run_id
    session.add(made)


def _sight(session: Session, listing: Listing, account_id: int, now: datetime) -> None:
    wanted = select(ListingSighting).where(
        ListingSighting.listing_id == listing.id, ListingSighting.account_id == account_id
    )
    known = session.scalar(wanted)
    if known is None:
        known = ListingSighting(listing_id=listing.id, account_id=account_id, first_seen_at=now)
        session.add(known)
    known.last_seen_at = now
    session.flush()


def _seller(session: Session, offer: Offer, now: datetime, *, rename: bool) -> Seller | None:
    key = _seller_key(offer)
    if not key:
        return _site(session, offer, now)
    known = _known_seller(session, offer.platform, key)
    seller = known or _new_seller(session, offer.platform, key, now)
    seller.last_seen_at = now
    for name, value in (("name", offer.seller), ("shop_id", offer.seller_id), ("address", offer.seller_address)):
        if value and (rename or not getattr(seller, name)):
            setattr(seller, name, value)
    if known is None:
        session.flush()
        _part_from_sites(session, seller)
    return seller


def _known_seller(session: Session, platform: str, key: str) -> Seller | None:
    return session.scalar(select(Seller).where(Seller.platform == platform, Seller.key == key))


def _new_seller(session: Session, platform: str, key: str, now: datetime) -> Seller:
    made = Seller(platform=platform, key=key, first_seen_at=now, last_seen_at=now)
    session.add(made)
    return made


def _site(session: Session, offer: Offer, now: datetime) -> Seller | None:
    """The shop whose site it is, where nothing says that others sell there too: it is no marketplace, and whoever
    its pages name is the shop itself."""
    if not offer.site or is_marketplace(offer.site):
        return None
    host, name = host_of(offer.site), offer.site_name or host_of(offer.site)
    key = bounded(f"{SITE}{host}", 300)
    named = select(Seller).where(Seller.platform == offer.platform, Seller.key.not_like(f"{SITE}%")).limit(2)
    sellers = list(session.scalars(named))
    if any(not _is_of_site(one, host, name) for one in sellers):
        return None
    seller = next(iter(sellers), None) or _known_seller(session, offer.platform, key)
    if seller is None:
        seller = _new_seller(session, offer.platform, key, now)
        seller.name, seller.address = name, f"{offer.site}/"
    seller.last_seen_at = now
    return seller


def _is_of_site(seller: Seller, host: str, name: str) -> bool:
    """Whether a seller is the shop whose site it is: by its name, or its address is that of the site."""
    at_home = host_of(seller.address) == host and urlsplit(seller.address).path in ("", "/")
    return at_home or _tight(seller.name) in (_tight(name), host)


def _part_from_sites(session: Session, seller: Seller) -> None:
    """Where a first other seller is named, pages that name none are not known to be the site's own any more."""
    sites = select(Seller).where(Seller.platform == seller.platform, Seller.key.like(f"{SITE}%"))
    for site in list(session.scalars(sites)):
        if not _is_of_site(seller, site.key.removeprefix(SITE), site.name):
            theirs = update(Listing).where(Listing.seller_id == site.id)
            session.execute(theirs.values(seller_id=None).execution_options(synchronize_session="fetch"))


def _seller_key(offer: Offer) -> str:
    """Shop id before address before name: the first that is told. Names are compared without case and blanks."""
    if offer.seller_id:
        return f"id:{offer.seller_id}"
    if shop := _shop_key(offer.seller_address):
        return shop
    name = _tight(offer.seller)
    return f"name:{name}" if name else ""


def _tight(name: str) -> str:
    return "".join(name.split()).casefold()


def _shop_key(address: str) -> str:
    """What a shop's address says of whose it is; empty where it is none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if not address:
        return ""
    key = f"at:{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}"
    return bounded(key, 300)
