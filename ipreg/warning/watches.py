"""What is watched and who is told. Nothing has to be set: a design without a watch has the standard one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.models import Filing, Match, Watch, WatchScope
from ipreg.warning.owners import Owner, members, owner_of

_NARROWEST = (WatchScope.FILINGS, WatchScope.INDUSTRY, WatchScope.ALL)


@dataclass(frozen=True)
class Policy:
    """One watch, as it is applied; ``recipients`` are ids of accounts, none meaning all who may see."""

    threshold: float
    platforms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    least_price: Decimal | None = None
    most_price: Decimal | None = None
    quiet_from: int | None = None
    quiet_until: int | None = None
    zone: str = "Asia/Shanghai"
    recipients: tuple[int, ...] = ()


def watches_of(session: Session, owner: Owner) -> list[Watch]:
    """The owner's watches, oldest first."""
    return list(session.scalars(select(Watch).where(owner.of(Watch)).order_by(Watch.id)))


def policies(session: Session, filing: Filing, *, threshold: float) -> list[Policy]:
    """What applies to the design: the active watches of the narrowest scope that names it, else the standard."""
    active = [one for one in watches_of(session, owner_of(filing)) if one.active and _covers(one, filing)]
    for scope in _NARROWEST:
        found = [_policy(one, threshold) for one in active if one.scope is scope]
        if found:
            return found
    return [Policy(threshold)]


def accepting(found: Sequence[Policy], match: Match, probability: float) -> list[Policy]:
    """Those of the policies by which the match alerts."""
    return [one for one in found if probability >= one.threshold and _wants(one, match)]


def recipients(session: Session, filing: Filing, accepted: Sequence[Policy]) -> dict[int, Policy]:
    """Ids of the accounts to be told, each with the policy whose quiet hours are his. Only who may see is told."""
    may_see = {one.id for one in members(session, owner_of(filing))} | {filing.owner_id}
    found: dict[int, Policy] = {}
    for policy in accepted:
        for account_id in policy.recipients or may_see:
            if account_id in may_see:
                found.setdefault(account_id, policy)
    return found


def not_before(policy: Policy, now: datetime) -> datetime:
    """When somebody may be told who was to be told now: at once, or when the quiet hours are over."""
    start, end = policy.quiet_from, policy.quiet_until
    if start is None or end is None or start == end:
        return now
    local = now.astimezone(ZoneInfo(policy.zone))
    minute = local.hour * 60 + local.minute
    quiet = start <= minute < end if start < end else minute >= start or minute < end
    if not quiet:
        return now
    over = local.replace(hour=end // 60, minute=end % 60, second=0, microsecond=0)
    return (over + timedelta(days=1) if over <= local else over).astimezone(now.tzinfo)


def price_of(match: Match) -> Decimal | None:
    """The listing's price; None where it is not told."""
    return Decimal(match.listing.price) if match.listing is not None and match.listing.price else None


def _covers(watch: Watch, filing: Filing) -> bool:
    if watch.scope is WatchScope.INDUSTRY:
        return watch.industry is filing.industry
    return watch.scope is WatchScope.ALL or any(one.id == filing.id for one in watch.filings)


def _policy(watch: Watch, threshold: float) -> Policy:
    return Policy(
        threshold if watch.threshold is None else watch.threshold,
        tuple(watch.platforms),
        tuple(watch.regions),
        watch.least_price,
        watch.most_price,
        watch.quiet_from,
        watch.quiet_until,
        watch.zone,
        tuple(one.id for one in watch.recipients),
    )


def _wants(policy: Policy, match: Match) -> bool:
    """A later filing is always wanted. That a listing tells no price or region is no reason against it."""
    if match.listing is None:
        return True
    price, region = price_of(match), match.listing.region
    return (
        (not policy.platforms or match.listing.platform in policy.platforms)
        and (not policy.regions or not region or any(one in region for one in policy.regions))
        and (price is None or policy.least_price is None or price >= policy.least_price)
        and (price is None or policy.most_price is None or price <= policy.most_price)
    )
