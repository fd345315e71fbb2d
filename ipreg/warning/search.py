"""The inbox: filters as they stand in the address bar, pages by a place in the order, counts. All by one index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.models import Account, Alert, AlertRecipient, AlertState, Filing, MatchKind, Seller
from ipreg.warning.severity import LEVELS, between

STATES = ("open", "snoozed", "confirmed", "dismissed", "all")
KINDS = (MatchKind.COPY.value, MatchKind.NEW_PHOTOGRAPH.value)
COUNTED = 1_000
"""Lists are counted up to here."""


@dataclass(frozen=True)
class Filter:
    """What of the inbox is asked for; an empty text asks for nothing in particular.

    ``kind`` is what was recognised (``copy``, ``new_photograph``), ``design`` a filing number, ``seller`` the id of
    one, ``source`` a platform, ``since`` and ``until`` days (2026-11-24, by his clock), ``assigned`` ``me``,
    ``nobody`` or an account's id, ``news`` ``1`` for alerts that changed since the reader looked.
    """

    state: str = "open"
    severity: str = ""
    kind: str = ""
    design: str = ""
    seller: str = ""
    source: str = ""
    least: str = ""
    most: str = ""
    since: str = ""
    until: str = ""
    assigned: str = ""
    news: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filter:
        """From an address; what can't be understood is left out, and so not shown as if it were in force."""
        found = cls(**{one.name: given.get(one.name, "").strip()[:200] for one in fields(cls) if one.name in given})
        checks = {
            "state": found.state in STATES,
            "severity": found.severity in dict(LEVELS),
            "kind": found.kind in KINDS,
            "seller": _number(found.seller),
            "least": _price(found.least) is not None,
            "most": _price(found.most) is not None,
            "since": _day(found.since) is not None,
            "until": _day(found.until) is not None,
            "assigned": found.assigned in ("me", "nobody")
            or (found.assigned.isdecimal() and len(found.assigned) < 18),
            "news": found.news == "1",
        }
        defaults = cls()
        wrong = {name: getattr(defaults, name) for name, right in checks.items() if not right}
        return replace(found, **wrong)

    def query(self, **other: str) -> str:
        """As it stands in an address, with some values changed; what is as usual is left out."""
        changed = replace(self, **other)
        usual = Filter()
        pairs = [(one.name, getattr(changed, one.name)) for one in fields(self)]
        return urlencode([(name, value) for name, value in pairs if value != getattr(usual, name)])

    @property
    def narrow(self) -> bool:
        """Whether anything but the state is asked for."""
        return self != Filter(state=self.state)


@dataclass(frozen=True)
class Place:
    """Where a page begins: after, or ``back`` before, the alert of that severity and id."""

    severity: int
    alert_id: int
    back: bool = False

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Place | None:
        """From ``after=70.12`` or ``before=70.12``."""
        for name in ("after", "before"):
            severity, _, alert_id = given.get(name, "").partition(".")
            if severity.isdecimal() and alert_id.isdecimal() and len(severity) < 4 and len(alert_id) < 18:
                return cls(int(severity), int(alert_id), name == "before")
        return None


@dataclass(frozen=True)
class Page:
    """Alerts in order; ``before`` and ``after`` are the places of the neighbouring pages, if there are such."""

    alerts: list[Alert]
    before: str | None
    after: str | None


def condition(session: Session, *, account: Account, asked: Filter, now: datetime | None) -> ColumnElement[bool]:
    """The filter and what the account may see, as a condition on ``Alert``."""
    parts = [access.alerts_seen_by(session, account), *_state(asked.state, now)]
    if asked.severity:
        parts.append(Alert.severity.between(*between(asked.severity)))
    if asked.kind:
        parts.append(Alert.kind == MatchKind(asked.kind))
    if asked.design:
        filing = select(Filing.id).where(Filing.number == asked.design.upper())
        parts.append(Alert.filing_id == (session.scalar(filing) or 0))
    if asked.seller:
        parts.append(Alert.seller_id == int(asked.seller))
    if asked.source:
        parts.append(Alert.platform == asked.source)
    if asked.assigned:
        parts.append(_assigned(asked.assigned, account))
    if asked.news:
        read = AlertRecipient.alert_id == Alert.id, AlertRecipient.account_id == account.id
        parts.append(~select(AlertRecipient.id).where(*read, AlertRecipient.read_at >= Alert.changed_at).exists())
    return and_(*parts, *_ranges(asked, ZoneInfo(account.time_zone)))


def page(
    session: Session,
    *,
    account: Account,
    asked: Filter,
    place: Place | None = None,
    limit: int,
    now: datetime | None,
) -> Page:
    """One page of the inbox, the gravest first, then the newest."""
    wanted = select(Alert).where(condition(session, account=account, asked=asked, now=now))
    back = place is not None and place.back
    found = list(session.scalars(_ordered(wanted, place).limit(limit + 1)))
    more, found = len(found) > limit, found[:limit]
    if back:
        found.reverse()
    first, last = (f"{one.severity}.{one.id}" for one in (found[0], found[-1])) if found else (None, None)
    return Page(found, first if (more if back else place) else None, last if back or more else None)


def count(session: Session, *, account: Account, asked: Filter, now: datetime | None, most: int = COUNTED) -> int:
    """How many there are, ``most`` at the utmost."""
    wanted = select(Alert.id).where(condition(session, account=account, asked=asked, now=now)).limit(most)
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def choices(session: Session, *, account: Account) -> list[str]:
    """The platforms that the account's alerts are from."""
    seen = access.alerts_seen_by(session, account)
    wanted = select(Alert.platform).where(seen, Alert.platform != "").distinct().limit(100)
    return sorted(session.scalars(wanted))


def seller_name(session: Session, *, account: Account, asked: Filter) -> str:
    """The name of the seller who is asked for; empty where no alert of the account is on him."""
    if not asked.seller:
        return ""
    mine = access.alerts_seen_by(session, account), Alert.seller_id == int(asked.seller)
    known = session.scalar(select(Alert.id).where(*mine).limit(1))
    found = session.get(Seller, int(asked.seller)) if known is not None else None
    return (found.name or found.shop_id or found.address) if found else ""


def neighbours(
    session: Session, *, account: Account, asked: Filter, alert: Alert, now: datetime
) -> tuple[int | None, int | None]:
    """Ids of the alerts before and after this one in the filtered list."""
    wanted = select(Alert.id).where(condition(session, account=account, asked=asked, now=now))
    found = [
        session.scalar(_ordered(wanted, Place(alert.severity, alert.id, back)).limit(1)) for back in (True, False)
    ]
    return found[0], found[1]


def _ordered(wanted: Select[Any], place: Place | None) -> Select[Any]:
    if place is None:
        return wanted.order_by(Alert.severity.desc(), Alert.id.desc())
    if place.back:
        beyond = or_(
            Alert.severity > place.severity, and_(Alert.severity == place.severity, Alert.id > place.alert_id)
        )
        return wanted.where(Alert.severity >= place.severity, beyond).order_by(Alert.severity, Alert.id)
    beyond = or_(Alert.severity < place.severity, and_(Alert.severity == place.severity, Alert.id < place.alert_id))
    wanted = wanted.where(Alert.severity <= place.severity, beyond)
    return wanted.order_by(Alert.severity.desc(), Alert.id.desc())


def _state(state: str, now: datetime | None) -> list[ColumnElement[bool]]:
    asleep = Alert.snoozed_until.is_not(None) if now is None else Alert.snoozed_until > now
    if state == "open":
        return [Alert.state == AlertState.OPEN, or_(Alert.snoozed_until.is_(None), ~asleep)]
    if state == "snoozed":
        return [Alert.state == AlertState.OPEN, asleep]
    return [] if state == "all" else [Alert.state == AlertState(state)]


def _assigned(asked: str, account: Account) -> ColumnElement[bool]:
    if asked == "nobody":
        return Alert.assigned_to_id.is_(None)
    return Alert.assigned_to_id == (account.id if asked == "me" else int(asked))


def _ranges(asked: Filter, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = []
    if asked.least:
        parts.append(Alert.price >= _price(asked.least))
    if asked.most:
        parts.append(Alert.price <= _price(asked.most))
    since, until = _day(asked.since), _day(asked.until)
    if since:
        parts.append(Alert.raised_at >= _begins(since, zone))
    if until:
        parts.append(Alert.raised_at < _begins(until + timedelta(days=1), zone))
    return parts


def _number(text: str) -> bool:
    return text.isdecimal() and len(text) < 18


def _price(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found < 10**13 else None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9000 else None


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
