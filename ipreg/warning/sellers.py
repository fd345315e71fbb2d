"""Sellers that may offer a design: licensed ones and the owner's own shops. Their listings do not alert."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, MissingError, PermissionDeniedError
from ipreg.models import (
    Account,
    Agreement,
    Alert,
    AlertState,
    AllowedSeller,
    Filing,
    Listing,
    Seller,
    SellerMark,
    SellerTie,
)
from ipreg.warning.owners import Owner, may_manage, owner_of

MAX_PATTERN = 300


def allowed_sellers(session: Session, filing: Filing) -> list[AllowedSeller]:
    """Those that may offer the design, those of all designs included, oldest first."""
    of_design = or_(AllowedSeller.filing_id.is_(None), AllowedSeller.filing_id == filing.id)
    wanted = select(AllowedSeller).where(owner_of(filing).of(AllowedSeller), of_design)
    return list(session.scalars(wanted.order_by(AllowedSeller.id)))


def allowance(session: Session, filing: Filing, listing: Listing) -> AllowedSeller | None:
    """The entry by which the listing is right, if one is."""
    shop = session.get(Seller, listing.seller_id) if listing.seller_id is not None else None
    found = allowed_sellers(session, filing)
    return next((one for one in found if is_meant(one, listing.platform, listing.seller, shop)), None)


def is_meant(entry: AllowedSeller, platform: str, name: str, shop: Seller | None) -> bool:
    """Whether the entry speaks of that seller on that platform."""
    if entry.platform and entry.platform.casefold() != platform.casefold():
        return False
    if entry.mark is SellerMark.SHOP:
        return shop is not None and shop.shop_id == entry.pattern
    if entry.mark is SellerMark.ADDRESS:
        return shop is not None and bool(shop.address) and _fits(_plain(entry.pattern), _plain(shop.address))
    names = {name, shop.name if shop else ""} - {""}
    return any(_fits(_tight(entry.pattern), _tight(one)) for one in names)


def allow_seller(
    session: Session,
    *,
    account: Account,
    filing: Filing,
    every_design: bool = False,
    tie: SellerTie = SellerTie.LICENSED,
    mark: SellerMark,
    pattern: str,
    platform: str = "",
    note: str = "",
    now: datetime,
) -> AllowedSeller:
    """From now on that seller's listings of the design (or of every one of its owner's) do not alert."""
    owner = owner_of(filing)
    _require_manager(account, owner)
    pattern, platform = checked_pattern(pattern), platform.strip()[:100]
    filing_id = None if every_design else filing.id
    key = _key(owner, filing_id, mark.value, platform.casefold(), pattern.casefold())
    return _once(session, AllowedSeller(
        key=key, **owner.columns(), filing_id=filing_id, tie=tie, mark=mark, pattern=pattern, platform=platform,
        note=note.strip()[:2000], added_by=account, added_at=now,
    ))  # fmt: skip


def allow_licensed(
    session: Session, *, agreement: Agreement, mark: SellerMark, pattern: str, now: datetime
) -> AllowedSeller:
    """The same by a licence, which both sides agreed to: a row of its own, so that two licences with the same shop
    don't end each other's, whoever the owner is by then."""
    filing, pattern = agreement.filing, checked_pattern(pattern)
    return _once(session, AllowedSeller(
        key=_key("licence", agreement.id, mark.value, pattern.casefold()), **owner_of(filing).columns(),
        filing_id=filing.id, tie=SellerTie.LICENSED, mark=mark, pattern=pattern, agreement_id=agreement.id,
        added_by=agreement.giver, added_at=now,
    ))  # fmt: skip


def checked_pattern(pattern: str) -> str:
    """Without blanks around it; raises ``CallerError`` (field ``pattern``) where it speaks of everybody or is too
    long."""
    pattern = pattern.strip()
    if not pattern.strip("*? "):
        raise CallerError("field_empty", field="pattern")
    if len(pattern) > MAX_PATTERN:
        raise CallerError("field_too_long", field="pattern", most=MAX_PATTERN)
    return pattern


def _key(*said: object) -> str:
    return hashlib.sha256("\n".join(map(str, said)).encode()).hexdigest()


def _once(session: Session, made: AllowedSeller) -> AllowedSeller:
    known = session.scalar(select(AllowedSeller).where(AllowedSeller.key == made.key))
    if known is not None:
        return known
    session.add(made)
    session.flush()
    return made


def meant_sellers(session: Session, entry: AllowedSeller, owner: Owner) -> list[int]:
    """Ids of the sellers in open alerts of the owner of whom the entry speaks."""
    with_alerts = select(Alert.seller_id).where(owner.alerted(), Alert.state == AlertState.OPEN)
    shops = session.scalars(select(Seller).where(Seller.id.in_(with_alerts)))
    return [one.id for one in shops if is_meant(entry, one.platform, one.name, one)]


def forbid_seller(session: Session, *, entry_id: int, filing: Filing, account: Account) -> None:
    """Takes an entry off the list; what the seller offers from then on alerts again."""
    owner = owner_of(filing)
    _require_manager(account, owner)
    found = session.get(AllowedSeller, entry_id)
    if (
        found is None
        or found.filing_id not in (None, filing.id)
        or Owner(found.organization_id, found.account_id) != owner
    ):
        raise MissingError("allowed_seller_missing")
    session.delete(found)
    session.flush()


def suggestion(session: Session, listing: Listing) -> tuple[SellerMark, str] | None:
    """By what the listing's seller is known best."""
    shop = session.get(Seller, listing.seller_id) if listing.seller_id is not None else None
    if shop is not None and shop.shop_id:
        return SellerMark.SHOP, shop.shop_id
    if shop is not None and shop.address:
        return SellerMark.ADDRESS, shop.address
    return (SellerMark.NAME, listing.seller) if listing.seller else None


def _require_manager(account: Account, owner: Owner) -> None:
    if not may_manage(account, owner):
        raise PermissionDeniedError("alert_not_yours_to_decide")


def _fits(pattern: str, text: str) -> bool:
    """``*`` stands for anything, ``?`` for one character; all else for itself."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))).replace(r"\?", "."), text, re.S) is not None


def _plain(address: str) -> str:
    parts = urlsplit(address if "//" in address else f"//{address}")
    return f"{parts.netloc.casefold().removeprefix('www.')}{parts.path.rstrip('/')}"


def _tight(name: str) -> str:
    return "".join(name.split()).casefold()
