"""What people say of two shops: that they are one seller, or two. With a reason, and taken back when it was wrong.

A word counts in the office of whoever said it: among officials for all cases, in an enterprise for its members. The
shops themselves stay two, and so do their alerts: what was said can be taken back, and nothing has to be parted.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.errors import CallerError, MissingError
from ipreg.models import Account, Role, Seller, SellerLink

OFFICIALS = "officials"
MAX_REASON = 1000
MOST = 50
"""So many shops are one seller at most."""


def office_of(account: Account) -> str:
    """Who shares what is said."""
    if account.role in access.OFFICIALS:
        return OFFICIALS
    return f"organization:{account.organization_id}" if account.organization_id else f"account:{account.id}"


def say(
    session: Session, *, account: Account, one_id: int, other_id: int, same: bool, reason: str, now: datetime
) -> SellerLink:
    """One seller or two, from now on, whatever was said before. The same word again changes nothing.

    Raises ``MissingError`` where the account sees one of them not, ``CallerError`` (``seller_itself``,
    ``field_empty`` and ``field_too_long`` for the reason; to part two needs none).
    """
    access.require_role(account, Role.DESIGNER, Role.ENTERPRISE, Role.REGULATOR)
    if one_id == other_id:
        raise CallerError("seller_itself", field="find")
    reason = reason.strip()
    if len(reason) > MAX_REASON or (same and not reason):
        raise CallerError("field_too_long" if reason else "field_empty", field="reason", most=MAX_REASON)
    for seller_id in (one_id, other_id):
        if not access.can_see_seller(session, account, seller_id):
            raise MissingError("seller_missing")
    low, high = sorted((one_id, other_id))
    key = f"{office_of(account)}/{low}/{high}"
    standing = session.scalar(select(SellerLink).where(SellerLink.key == key))
    if standing is not None and standing.same is same:
        return standing
    if standing is not None:
        _end(session, standing, account, now)
    made = SellerLink(
        office=office_of(account),
        key=key,
        one=session.get_one(Seller, low),
        other=session.get_one(Seller, high),
        same=same,
        reason=reason,
        account=account,
        said_at=now,
    )
    session.add(made)
    session.flush()
    return made


def take_back(session: Session, *, account: Account, link_id: int, now: datetime) -> None:
    """What was said no longer stands; ``MissingError`` where it was not said in the account's office."""
    found = session.get(SellerLink, link_id)
    if found is None or found.office != office_of(account):
        raise MissingError("seller_link_missing")
    if found.key is not None:
        _end(session, found, account, now)


def joined(session: Session, seller_id: int, *, office: str) -> list[int]:
    """All shops that are one seller with it in that office, itself first."""
    found, edge = [seller_id], {seller_id}
    while edge and len(found) < MOST:
        ends = {end for link in links_of(session, edge, office=office) if link.same for end in _ends(link)}
        edge = ends - set(found)
        found += sorted(edge)
    return found[:MOST]


def joined_since(session: Session, *, office: str) -> dict[int, dict[int, datetime]]:
    """For each shop that was said to be one seller with others: those, and since when it is one with each.

    What was said first joins first, so a shop that joins many later is one with all of them from then on.
    """
    said = select(SellerLink).where(SellerLink.key.is_not(None), SellerLink.office == office, SellerLink.same)
    groups: dict[int, set[int]] = {}
    since: dict[int, dict[int, datetime]] = {}
    for link in session.scalars(said.order_by(SellerLink.said_at, SellerLink.id)):
        one, other = (groups.get(end, {end}) for end in _ends(link))
        if one is other or len(one) + len(other) > MOST:
            continue
        for low, high in itertools.product(one, other):
            since.setdefault(low, {})[high] = since.setdefault(high, {})[low] = link.said_at
        groups.update(dict.fromkeys(whole := one | other, whole))
    return since


def joined_each(session: Session, seller_ids: Iterable[int], *, office: str) -> dict[int, list[int]]:
    """``joined`` for each of them; of most nothing was said."""
    ids = set(seller_ids)
    linked = {end for link in links_of(session, ids, office=office) if link.same for end in _ends(link)}
    return {one: joined(session, one, office=office) if one in linked else [one] for one in ids}


def links_of(session: Session, seller_ids: Iterable[int], *, office: str) -> list[SellerLink]:
    """What stands on these shops in that office, newest first."""
    ids = list(seller_ids)
    wanted = select(SellerLink).where(
        SellerLink.key.is_not(None),
        SellerLink.office == office,
        or_(SellerLink.one_id.in_(ids), SellerLink.other_id.in_(ids)),
    )
    return list(session.scalars(wanted.order_by(SellerLink.id.desc()).limit(500)))


def _ends(link: SellerLink) -> tuple[int, int]:
    return link.one_id, link.other_id


def _end(session: Session, link: SellerLink, account: Account, now: datetime) -> None:
    link.key, link.undone_by_id, link.undone_at = None, account.id, now
    session.flush()
