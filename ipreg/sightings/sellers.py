"""Sellers over all of their listings: matches, decided cases, a risk figure that says why, likely other shops."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import QueryableAttribute, Session

from ipreg import access
from ipreg.errors import MissingError
from ipreg.models import (
    Account,
    Alert,
    AlertState,
    Case,
    CaseOutcome,
    Listing,
    ListingPicture,
    Match,
    Seller,
    SellerLink,
)
from ipreg.sightings import sellerlinks

SHARED_PICTURES = 2
SHARED_TITLES = 3
MAX_LISTINGS = 500
MANY = 20
"""What so many sellers show is a supplier's picture, or a word that all use, and tells nothing of who they are."""
MAX_COMPARED = 2000
MAX_FOUND = 20
# Points a piece, and the most that one reason may give: the figure stays readable as a sum.
RISK_POINTS = {
    "infringing": (40, 80),
    "open_cases": (15, 45),
    "confirmed": (10, 30),
    "alerts": (5, 20),
    "not_infringing": (-10, -30),
}


@dataclass(frozen=True)
class Reason:
    """One part of a risk figure: so many of a kind, and the points that they give."""

    kind: str
    count: int
    points: int


@dataclass(frozen=True)
class Likely:
    """Another shop that looks like the same one."""

    seller: Seller
    pictures: int
    titles: int


@dataclass(frozen=True)
class SellerView:
    """What an account may know of a seller; ``risk`` is 0 to 100, the sum of its reasons within that.

    ``shops`` are the others that were said to be the same seller, whose listings count here as its own; ``links``
    all that was said of it.
    """

    seller: Seller
    shops: list[Seller]
    links: list[SellerLink]
    listings: list[Listing]
    alerts: list[Alert]
    cases: list[Case]
    risk: int
    reasons: list[Reason]
    likely: list[Likely]


def view_seller(session: Session, *, seller_id: int, account: Account) -> SellerView:
    """The seller as far as the account's own listings, alerts and cases go; ``MissingError`` where none does."""
    seller = session.get(Seller, seller_id)
    if seller is None or not access.can_see_seller(session, account, seller_id):
        raise MissingError("seller_missing")
    office = sellerlinks.office_of(account)
    one = sellerlinks.joined(session, seller_id, office=office)
    seen = [each for each in one[1:] if access.can_see_seller(session, account, each)]
    mine = select(Listing).where(Listing.seller_id.in_(one)).order_by(Listing.last_seen_at.desc())
    listings = [
        each for each in session.scalars(mine.limit(MAX_LISTINGS)) if access.can_see_listing(session, account, each)
    ]
    alerts, cases = _alerts_and_cases(session, account, one)
    reasons = _reasons(alerts, cases)
    links = sellerlinks.links_of(session, one, office=office)
    told = {each for link in links for each in (link.one_id, link.other_id)}
    hidden = {each for each in told if not access.can_see_seller(session, account, each)}
    return SellerView(
        seller=seller,
        shops=[session.get_one(Seller, each) for each in seen],
        links=[link for link in links if not {link.one_id, link.other_id} & hidden],
        listings=listings,
        alerts=alerts,
        cases=cases,
        risk=max(0, min(100, sum(each.points for each in reasons))),
        reasons=reasons,
        likely=_likely(session, account, one, told),
    )


def find_sellers(session: Session, *, account: Account, text: str) -> list[Seller]:
    """Sellers that the account sees, by the whole name or its beginning, shop id, address, or their page here."""
    text = text.strip()
    page = re.search(r"/sellers/(\d{1,9})\b", text)
    if not text:
        return []
    by_text = or_(
        Seller.name.startswith(text, autoescape=True),
        Seller.shop_id == text,
        Seller.address.in_((text, f"{text}/")),
    )
    wanted: ColumnElement[bool] = Seller.id == int(page[1]) if page else by_text
    found = session.scalars(select(Seller).where(wanted).order_by(Seller.id.desc()).limit(MAX_FOUND * 5))
    return [one for one in found if access.can_see_seller(session, account, one.id)][:MAX_FOUND]


def _alerts_and_cases(session: Session, account: Account, seller_ids: list[int]) -> tuple[list[Alert], list[Case]]:
    of_seller = (
        select(Alert)
        .join(Match, Alert.match_id == Match.id)
        .join(Listing, Match.listing_id == Listing.id)
        .where(Listing.seller_id.in_(seller_ids))
        .order_by(Match.probability.desc())
    )
    alerts = list(session.scalars(of_seller).unique())
    by_alert = {
        one.alert_id: one for one in session.scalars(select(Case).where(Case.alert_id.in_([a.id for a in alerts])))
    }
    cases = [one for one in by_alert.values() if access.can_see_case(account, one)]
    seen = {one.alert_id for one in cases}
    return [one for one in alerts if one.id in seen or access.can_see_alert(account, one)], cases


def _reasons(alerts: list[Alert], cases: list[Case]) -> list[Reason]:
    counts = Counter(
        "open_cases" if case.outcome is None else case.outcome.value
        for case in cases
        if case.outcome is not CaseOutcome.INSUFFICIENT
    )
    in_case = {case.alert_id for case in cases}
    for alert in alerts:
        if alert.id not in in_case and alert.state is not AlertState.DISMISSED:
            counts["confirmed" if alert.state is AlertState.CONFIRMED else "alerts"] += 1
    found = []
    for kind, (each, most) in RISK_POINTS.items():
        if counts[kind]:
            points = each * counts[kind]
            found.append(Reason(kind, counts[kind], max(points, most) if each < 0 else min(points, most)))
    return found


def _likely(session: Session, account: Account, one: list[int], known: set[int]) -> list[Likely]:
    """Shops that show the same pictures, or offer under the same titles. Others' listings are not told of, nor
    those of which somebody has said already whose they are."""
    pictures, titles = _sharing_pictures(session, one), _sharing_titles(session, one)
    close = [
        (pictures[other], titles[other], other)
        for other in pictures.keys() | titles.keys()
        if other not in known and (pictures[other] >= SHARED_PICTURES or titles[other] >= SHARED_TITLES)
    ]
    seen = (each for each in sorted(close, reverse=True) if access.can_see_seller(session, account, each[2]))
    return [
        Likely(session.get_one(Seller, other), shared, same) for shared, same, other in itertools.islice(seen, 10)
    ]


def _sharing_pictures(session: Session, one: list[int]) -> Counter[int]:
    """How many pictures of these shops others show, recompressed and resized ones too."""
    mine = select(ListingPicture.shows).join(Listing).where(Listing.seller_id.in_(one))
    shown = session.scalars(mine.where(ListingPicture.shows.is_not(None)).distinct().limit(MAX_COMPARED)).all()
    theirs = select(ListingPicture.shows, Listing.seller_id).join(Listing)
    return _counted(session, theirs, ListingPicture.shows, shown, one)


def _sharing_titles(session: Session, one: list[int]) -> Counter[int]:
    mine = select(Listing.title).where(Listing.seller_id.in_(one)).distinct()
    titles = session.scalars(mine.limit(MAX_COMPARED)).all()
    return _counted(session, select(Listing.title, Listing.seller_id), Listing.title, titles, one)


def _counted(
    session: Session,
    theirs: Select[Any, Any],
    column: QueryableAttribute[Any],
    values: Sequence[str | None],
    one: list[int],
) -> Counter[int]:
    """How many of the values each other seller has, without those that many have."""
    sellers: dict[str, set[int]] = {}
    for begin in range(0, len(values), 500):
        others = theirs.where(column.in_(values[begin : begin + 500]), Listing.seller_id.not_in(one))
        for value, seller_id in session.execute(others.distinct()):
            sellers.setdefault(value, set()).add(seller_id)
    return Counter(each for found in sellers.values() if len(found) <= MANY for each in found)
