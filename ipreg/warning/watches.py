"""What is watched and who is told. Nothing has to be set: a design without a watch has the standard one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, ConflictError, MissingError
from ipreg.models import Filing, Industry, Match, MatchKind, Watch, WatchScope
from ipreg.warning.owners import Owner, members, owner_of

Choice = TypeVar("Choice", bound=StrEnum)
MAX_WATCHES = 100
LOOK = 0.5
"""From here on goods photographed anew are worth a look, where nothing else was set."""
_NARROWEST = (WatchScope.FILINGS, WatchScope.INDUSTRY, WatchScope.ALL)


@dataclass(frozen=True)
class Policy:
    """One watch, as it is applied: ``threshold`` of a copied picture, ``look`` of goods photographed anew.

    ``recipients`` are ids of accounts, none meaning all who may see.
    """

    threshold: float
    look: float = LOOK
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


def policies(session: Session, filing: Filing, *, threshold: float, look: float = LOOK) -> list[Policy]:
    """What applies to the design: the active watches of the narrowest scope that names it, else the standard."""
    usual = Policy(threshold, look)
    active = [one for one in watches_of(session, owner_of(filing)) if one.active and _covers(one, filing)]
    for scope in _NARROWEST:
        found = [_policy(one, usual) for one in active if one.scope is scope]
        if found:
            return found
    return [usual]


def accepting(found: Sequence[Policy], match: Match, probability: float) -> list[Policy]:
    """Those of the policies by which the match alerts. Similar designs raise no alert."""
    least = {MatchKind.COPY: "threshold", MatchKind.NEW_PHOTOGRAPH: "look"}.get(match.kind)
    if least is None:
        return []
    return [one for one in found if probability >= getattr(one, least) and _wants(one, match)]


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


def _policy(watch: Watch, usual: Policy) -> Policy:
    return Policy(
        usual.threshold if watch.threshold is None else watch.threshold,
        usual.look if watch.look is None else watch.look,
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


@dataclass(frozen=True)
class WatchForm:
    """A watch as its owner wrote it; ``filings`` are numbers, ``recipients`` ids of accounts, times like 22:00."""

    name: str
    scope: str = "all"
    industry: str = ""
    filings: tuple[str, ...] = ()
    active: bool = True
    threshold: str = ""
    look: str = ""
    platforms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    least_price: str = ""
    most_price: str = ""
    quiet_from: str = ""
    quiet_until: str = ""
    zone: str = "Asia/Shanghai"
    recipients: tuple[int, ...] = ()


def get_watch(session: Session, *, watch_id: int, owner: Owner) -> Watch:
    """The owner's watch; ``MissingError`` where it is somebody else's."""
    found = session.get(Watch, watch_id)
    if found is None or Owner(found.organization_id, found.account_id) != owner:
        raise MissingError("watch_missing")
    return found


def save_watch(
    session: Session,
    *,
    owner: Owner,
    form: WatchForm,
    watch: Watch | None = None,
    row_version: int = 0,
    now: datetime,
) -> Watch:
    """A new watch, or ``watch`` changed. Raises ``CallerError`` naming the field at fault."""
    if watch is not None and watch.row_version != row_version:
        raise ConflictError("changed_meanwhile")
    values = _checked(session, owner, form)
    if watch is None:
        if len(watches_of(session, owner)) >= MAX_WATCHES:
            raise CallerError("watches_too_many", field="name", most=MAX_WATCHES)
        watch = Watch(**owner.columns(), created_at=now)
        session.add(watch)
    for name, value in values.items():
        setattr(watch, name, value)
    session.flush()
    return watch


def _checked(session: Session, owner: Owner, form: WatchForm) -> dict[str, object]:
    name = " ".join(form.name.split())
    if not name or len(name) > 60:
        raise CallerError("field_too_long" if name else "field_empty", field="name", most=60)
    scope = _choice(WatchScope, form.scope, "scope")
    industry = _choice(Industry, form.industry, "industry") if scope is WatchScope.INDUSTRY else None
    filings = _filings(session, owner, form.filings) if scope is WatchScope.FILINGS else []
    least, most = _amount(form.least_price, "least_price"), _amount(form.most_price, "most_price")
    if least is not None and most is not None and least > most:
        raise CallerError("price_range_wrong", field="most_price")
    start, end = _minute(form.quiet_from, "quiet_from"), _minute(form.quiet_until, "quiet_until")
    if (start is None) != (end is None):
        raise CallerError("field_empty", field="quiet_until" if end is None else "quiet_from")
    may_see = {one.id: one for one in members(session, owner)}
    return {
        "name": name, "scope": scope, "industry": industry, "filings": filings, "active": form.active,
        "threshold": _share(form.threshold, "threshold"), "look": _share(form.look, "look"),
        "platforms": _texts(form.platforms), "regions": _texts(form.regions),
        "least_price": least, "most_price": most, "quiet_from": start, "quiet_until": end, "zone": _zone(form.zone),
        "recipients": [may_see[one] for one in dict.fromkeys(form.recipients) if one in may_see],
    }  # fmt: skip


def _filings(session: Session, owner: Owner, numbers: tuple[str, ...]) -> list[Filing]:
    wanted = select(Filing).where(owner.filed(), Filing.number.in_([one.strip().upper() for one in numbers]))
    found = list(session.scalars(wanted.limit(1000)).unique())
    if not found:
        raise CallerError("watch_without_design", field="filings")
    return found


def _choice(kind: type[Choice], value: str, field: str) -> Choice:
    if value not in list(kind):
        raise CallerError("choice_wrong", field=field)
    return kind(value)


def _share(text: str, field: str) -> float | None:
    """From a percentage; None for the usual one."""
    if not text.strip():
        return None
    try:
        share = float(text.strip().rstrip("%"))
    except ValueError:
        share = -1.0
    if not 50 <= share <= 100:
        raise CallerError("number_wrong", field=field, least=50, most=100)
    return share / 100


def _amount(text: str, field: str) -> Decimal | None:
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip())
    except InvalidOperation as fault:
        raise CallerError("row_price_wrong", field=field, price=text[:40]) from fault
    if not value.is_finite() or not 0 <= value < 10**13:
        raise CallerError("row_price_wrong", field=field, price=text[:40])
    return value


def _minute(text: str, field: str) -> int | None:
    if not text.strip():
        return None
    try:
        value = time.fromisoformat(text.strip())
    except ValueError as fault:
        raise CallerError("time_wrong", field=field) from fault
    return value.hour * 60 + value.minute


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, ZoneInfoNotFoundError) as fault:
        raise CallerError("choice_wrong", field="zone") from fault


def _texts(values: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(one.strip()[:100] for one in values if one.strip()))[:100]
