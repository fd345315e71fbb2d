"""Sellers over all of their listings: matches, decided cases, a risk figure that says why, likely other shops."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from ipreg import access
from ipreg.errors import MissingError
from ipreg.models import Account, Alert, AlertState, Case, CaseOutcome, Listing, ListingPicture, Match, Role, Seller

SHARED_PICTURES = 2
SHARED_TITLES = 3
MAX_LISTINGS = 500
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
    """What an account may know of a seller; ``risk`` is 0 to 100, the sum of its reasons within that."""

    seller: Seller
    listings: list[Listing]
    alerts: list[Alert]
    cases: list[Case]
    risk: int
    reasons: list[Reason]
    likely: list[Likely]


def view_seller(session: Session, *, seller_id: int, account: Account) -> SellerView:
    """The seller as far as the account's own listings, alerts and cases go; ``MissingError`` where none does."""
    seller = session.get(Seller, seller_id)
    if seller is None:
        raise MissingError("seller_missing")
    mine = select(Listing).where(Listing.seller_id == seller.id).order_by(Listing.last_seen_at.desc())
    listings = [
        one for one in session.scalars(mine.limit(MAX_LISTINGS)) if access.can_see_listing(session, account, one)
    ]
    if not listings:
        raise MissingError("seller_missing")
    alerts, cases = _alerts_and_cases(session, account, seller)
    reasons = _reasons(alerts, cases)
    risk = max(0, min(100, sum(one.points for one in reasons)))
    return SellerView(seller, listings, alerts, cases, risk, reasons, _likely(session, account, seller))


def _alerts_and_cases(session: Session, account: Account, seller: Seller) -> tuple[list[Alert], list[Case]]:
    of_seller = (
        select(Alert)
        .join(Match, Alert.match_id == Match.id)
        .join(Listing, Match.listing_id == Listing.id)
        .where(Listing.seller_id == seller.id)
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


def _likely(session: Session, account: Account, seller: Seller) -> list[Likely]:
    """Shops that show the same pictures, or offer under the same titles. Others' listings are not told of."""
    pictures, titles = _sharing_pictures(session, seller), _sharing_titles(session, seller)
    found: list[Likely] = []
    for other_id in pictures.keys() | titles.keys():
        shared, same = pictures.get(other_id, 0), titles.get(other_id, 0)
        if shared < SHARED_PICTURES and same < SHARED_TITLES:
            continue
        other = session.get_one(Seller, other_id)
        if account.role is Role.REGULATOR or _sees_any(session, account, other):
            found.append(Likely(other, shared, same))
    return sorted(found, key=lambda one: (-one.pictures, -one.titles))[:10]


def _sharing_pictures(session: Session, seller: Seller) -> dict[int, int]:
    mine, theirs = aliased(ListingPicture), aliased(ListingPicture)
    my_listing, their_listing = aliased(Listing), aliased(Listing)
    wanted = (
        select(their_listing.seller_id, func.count(func.distinct(theirs.sha256)))
        .select_from(my_listing)
        .join(mine, mine.listing_id == my_listing.id)
        .join(theirs, theirs.sha256 == mine.sha256)
        .join(their_listing, their_listing.id == theirs.listing_id)
        .where(my_listing.seller_id == seller.id, their_listing.seller_id != seller.id)
        .group_by(their_listing.seller_id)
    )
    return {one: count for one, count in session.execute(wanted) if one is not None}


def _sharing_titles(session: Session, seller: Seller) -> dict[int, int]:
    mine, theirs = aliased(Listing), aliased(Listing)
    wanted = (
        select(theirs.seller_id, func.count(func.distinct(theirs.title)))
        .select_from(mine)
        .join(theirs, theirs.title == mine.title)
        .where(mine.seller_id == seller.id, theirs.seller_id != seller.id)
        .group_by(theirs.seller_id)
    )
    return {one: count for one, count in session.execute(wanted) if one is not None}


def _sees_any(session: Session, account: Account, seller: Seller) -> bool:
    listings = session.scalars(select(Listing).where(Listing.seller_id == seller.id).limit(50))
    return any(access.can_see_listing(session, account, one) for one in listings)
