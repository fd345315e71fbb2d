"""The queue: cases by urgency, filtered by what stands in the address bar, paged so that no row jumps.

A page begins after a place in the order (``Place``) and not after a number of rows, and shows only what was there
when reading began (``as_of``): what comes in meanwhile is counted and waits for a click.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, func, or_, select, tuple_, union, union_all
from sqlalchemy.orm import QueryableAttribute, Session, lazyload

from ipreg import access, numbers
from ipreg.casework import table
from ipreg.casework.table import Tab
from ipreg.models import (
    Account,
    Case,
    CaseKind,
    CaseOutcome,
    CaseState,
    Filing,
    Industry,
    Match,
    Role,
    Seller,
)
from ipreg.sightings.sellerlinks import OFFICIALS, joined_each

PAGE = 25
MOST_CHOICES = 100
NOBODY = "none"
MANY = 2_000
"""From so many designs on an owner's cases are looked for in the queue, below among his matches."""


TAB_STATES: dict[Tab, frozenset[CaseState]] = {
    Tab.OPEN: table.OPEN,
    Tab.MINE: table.OPEN | {CaseState.REMEDIES, CaseState.APPEALED},
    Tab.WAITING: table.WAITING,
    Tab.APPROVAL: frozenset({CaseState.DECISION_PROPOSED}),
    Tab.OVERDUE: table.OPEN | {CaseState.REMEDIES, CaseState.APPEALED},
    Tab.FOLLOW_UP: frozenset({CaseState.DECIDED, CaseState.REMEDIES, CaseState.APPEALED}),
    Tab.ENDED: table.ENDED,
}


@dataclass(frozen=True)
class Filter:
    """What is asked for; a None does not narrow. ``officer`` is an account's id or ``NOBODY``."""

    tab: Tab = Tab.OPEN
    kind: CaseKind | None = None
    state: CaseState | None = None
    industry: Industry | None = None
    platform: str | None = None
    district: str | None = None
    right: str | None = None
    officer: str | None = None
    severity: int | None = None
    outcome: CaseOutcome | None = None
    seller: int | None = None
    search: str | None = None

    @classmethod
    def from_address(cls, values: Mapping[str, str]) -> Filter:
        """The filter of an address; what it does not know it leaves out."""

        def one(name: str, kind: type[StrEnum]) -> StrEnum | None:
            return kind(values[name]) if values.get(name) in list(kind) else None

        def text(name: str) -> str | None:
            return values.get(name, "").strip()[:200] or None

        def number(name: str) -> int | None:
            given = values.get(name, "")
            return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None

        return cls(
            tab=one("tab", Tab) or Tab.OPEN,  # type: ignore[arg-type]
            kind=one("kind", CaseKind),  # type: ignore[arg-type]
            state=one("state", CaseState),  # type: ignore[arg-type]
            industry=one("industry", Industry),  # type: ignore[arg-type]
            platform=text("platform"),
            district=text("district"),
            right=text("right"),
            officer=NOBODY if values.get("officer") == NOBODY else str(number("officer") or "") or None,
            severity=number("severity"),
            outcome=one("outcome", CaseOutcome),  # type: ignore[arg-type]
            seller=number("seller"),
            search=text("search"),
        )

    def to_address(self) -> dict[str, str]:
        """The same as parameters of an address; only what narrows."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: str(value)
            for name, value in found.items()
            if value is not None and (name, value) != ("tab", Tab.OPEN)
        }


@dataclass(frozen=True)
class Place:
    """A place in the order: after this row the next page begins."""

    rank_at: datetime
    id: int

    def __str__(self) -> str:
        return f"{self.rank_at.astimezone(UTC).isoformat()}~{self.id}"

    @classmethod
    def parse(cls, text: str) -> Place | None:
        """The place that ``str`` gave; None for anything else."""
        at, _, number = text.partition("~")
        try:
            moment = datetime.fromisoformat(at)
            stored = moment.tzinfo is not None and 1970 < moment.year < 9000
            return cls(moment, int(number)) if stored and 0 < int(number) < 2**53 else None
        except ValueError:
            return None


@dataclass(frozen=True)
class Page:
    """``after`` begins the next page, None on the last; ``newer`` came in since ``as_of``."""

    cases: list[Case]
    after: Place | None
    newer: int
    repeats: Mapping[int, int]
    """Seller's id to the decisions that found him to infringe."""


def page(
    session: Session,
    *,
    account: Account,
    wanted: Filter,
    as_of: datetime | None = None,
    after: Place | None = None,
    now: datetime,
    limit: int = PAGE,
) -> Page:
    """A page of the cases that the account may see, the most urgent first. Without ``as_of`` reading begins now."""
    where = [*_narrowing(account, wanted, many=_owns_many(session, account)), *_of_tab(account, wanted.tab, now)]
    newer = 0
    if as_of is not None:
        newer = session.scalar(select(func.count()).select_from(Case).where(*where, Case.opened_at > as_of)) or 0
        where.append(Case.opened_at <= as_of)
    if after is not None:
        where.append(tuple_(Case.rank_at, Case.id) > tuple_(after.rank_at, after.id))
    ids = list(session.scalars(_ids(wanted, where, limit + 1)))
    held = {one.id: one for one in session.scalars(_bare(select(Case)).where(Case.id.in_(ids[:limit])))}
    found = [held[one] for one in ids[:limit]]
    last = Place(found[-1].rank_at, found[-1].id) if len(ids) > limit else None
    return Page(found, last, newer, repeats(session, [one.seller_id for one in found if one.seller_id]))


def _ids(wanted: Filter, where: list[ColumnElement[bool]], limit: int) -> Select[int]:
    """The ids of a page, in order. Where only the tab narrows, each state brings its first ones by its own index:
    of 100,000 rows none is sorted."""
    order = Case.rank_at, Case.id
    if wanted != Filter(tab=wanted.tab) or wanted.tab is Tab.OVERDUE:
        return select(Case.id).where(*where).order_by(*order).limit(limit)
    parts = []
    for state in sorted(TAB_STATES[wanted.tab]):
        part = select(Case.rank_at, Case.id).where(Case.state == state, *where).order_by(*order).limit(limit)
        parts.append(select(part.subquery()))
    together = union_all(*parts).subquery()
    return select(together.c.id).order_by(together.c.rank_at, together.c.id).limit(limit)


def counts(session: Session, *, account: Account, wanted: Filter, now: datetime) -> dict[Tab, int]:
    """How many cases each tab has under the other filters."""
    narrowed = _asked(wanted)
    if narrowed or account.role not in access.OFFICIALS:
        return _counts_in_one(session, account, narrowed, now)
    grouped = session.execute(select(Case.state, func.count()).group_by(Case.state))
    by_state = {row[0]: row[1] for row in grouped}
    found = {tab: sum(by_state.get(state, 0) for state in states) for tab, states in TAB_STATES.items()}
    for tab in (Tab.MINE, Tab.OVERDUE):
        where = _of_tab(account, tab, now)
        found[tab] = session.scalar(select(func.count()).select_from(Case).where(*where)) or 0
    return found


def _counts_in_one(
    session: Session, account: Account, narrowed: list[ColumnElement[bool]], now: datetime
) -> dict[Tab, int]:
    """All in one reading: to find which cases are asked for is what costs."""
    columns = Case.id, Case.state, Case.due_at, Case.officer_id
    official = account.role in access.OFFICIALS
    found_by = select(*columns).where(*narrowed) if official else _his(account, columns, narrowed)
    cases = found_by.subquery().c
    counted = (
        func.count(),
        func.count().filter(cases.due_at <= now),
        func.count().filter(cases.officer_id == account.id),
    )
    rows = session.execute(select(cases.state, *counted).group_by(cases.state)).all()
    found = {tab: sum(row[1] for row in rows if row[0] in states) for tab, states in TAB_STATES.items()}
    if account.role is Role.REGULATOR:
        found[Tab.MINE] = sum(row[3] for row in rows if row[0] in TAB_STATES[Tab.MINE])
    return found | {Tab.OVERDUE: sum(row[2] for row in rows)}


def choices(session: Session, column: str) -> list[str]:
    """The values of ``platform`` or ``district`` that there are, for the filter's list."""
    kept = {"platform": Case.platform, "district": Case.district}[column]
    found = session.scalars(select(kept).where(kept != "").distinct().order_by(kept).limit(MOST_CHOICES))
    return list(found)


def officers(session: Session) -> list[Account]:
    """All regulators, by name."""
    return list(session.scalars(select(Account).where(Account.role == Role.REGULATOR).order_by(Account.name)))


def repeats(session: Session, sellers: list[int]) -> dict[int, int]:
    """How often each seller was found to infringe, by whichever of his shops officials know."""
    shops = joined_each(session, sellers, office=OFFICIALS)
    counted = (
        select(Case.seller_id, func.count())
        .where(Case.seller_id.in_({shop for of_one in shops.values() for shop in of_one}))
        .where(Case.outcome == CaseOutcome.INFRINGING)
        .group_by(Case.seller_id)
    )
    found = {row[0]: row[1] for row in session.execute(counted)}
    return {one: count for one, of_one in shops.items() if (count := sum(found.get(shop, 0) for shop in of_one))}


def _of_tab(account: Account, tab: Tab, now: datetime) -> list[ColumnElement[bool]]:
    if tab is Tab.OVERDUE:
        return [Case.due_at <= now]  # nothing that ended is due
    found: list[ColumnElement[bool]] = [Case.state.in_(sorted(TAB_STATES[tab]))]
    if tab is Tab.MINE and account.role is Role.REGULATOR:
        found.append(Case.officer_id == account.id)
    return found


def _narrowing(account: Account, wanted: Filter, *, many: bool = False) -> list[ColumnElement[bool]]:
    found = _asked(wanted)
    if account.role not in access.OFFICIALS:
        found.append(_of_great_owner(account) if many else _of_owner(account))
    return found


def _asked(wanted: Filter) -> list[ColumnElement[bool]]:
    """What the filter asks for, whoever asks."""
    asked = {
        Case.kind: wanted.kind,
        Case.state: wanted.state,
        Case.industry: wanted.industry,
        Case.platform: wanted.platform,
        Case.district: wanted.district,
        Case.right_kind: wanted.right,
        Case.severity: wanted.severity,
        Case.outcome: wanted.outcome,
        Case.seller_id: wanted.seller,
    }
    found: list[ColumnElement[bool]] = [column == value for column, value in asked.items() if value is not None]
    if wanted.officer == NOBODY:
        found.append(Case.officer_id.is_(None))
    elif wanted.officer is not None:
        found.append(Case.officer_id == int(wanted.officer))
    if wanted.search is not None:
        found.append(_search(wanted.search))
    return found


def _search(text: str) -> ColumnElement[bool]:
    """By the number of the case or the filing, or the seller's whole name: what an index finds."""
    number = text.upper()
    if number.startswith(numbers.CASE):
        return Case.number == number
    if number.startswith(numbers.FILING):
        of_filing = select(Match.id).join(Filing, Match.filing_id == Filing.id).where(Filing.number == number)
        return Case.match_id.in_(of_filing)
    return Case.seller_id.in_(select(Seller.id).where(Seller.name == text))


def _of_owner(account: Account) -> ColumnElement[bool]:
    return Case.id.in_(_his(account, (Case.id,)))


def _his(
    account: Account, columns: tuple[QueryableAttribute[Any], ...], narrowed: Sequence[ColumnElement[bool]] = ()
) -> CompoundSelect[Any]:
    """``columns`` of the cases of an owner's designs, and of the conflicts in which the later one is his.

    Each way on which a case can be his is a query of its own, which an index answers: where they are joined by
    "or" the database goes through all cases, and through all designs.
    """
    mine = union(*(select(Filing.id).where(way) for way in access.ways_of_owning(account)))
    his = select(*columns).join(Match, Case.match_id == Match.id).where(*narrowed)
    later = Match.later_filing_id.in_(mine), Case.kind == CaseKind.CONFLICT
    return union(his.where(Match.filing_id.in_(mine)), his.where(*later))


def _owns_many(session: Session, account: Account) -> bool:
    """Whether walking the queue and asking of each case whether it is his is faster than gathering all of his."""
    if account.role in access.OFFICIALS:
        return False
    some = select(Filing.id).where(access.owned_by(account)).limit(MANY).subquery()
    return session.scalar(select(func.count()).select_from(some)) == MANY


def _of_great_owner(account: Account) -> ColumnElement[bool]:
    def shown(filing: QueryableAttribute[int] | QueryableAttribute[int | None]) -> ColumnElement[bool]:
        found = select(Match.id).join(Filing, filing == Filing.id)
        return found.where(Match.id == Case.match_id, access.owned_by(account)).exists()

    return or_(shown(Match.filing_id), and_(Case.kind == CaseKind.CONFLICT, shown(Match.later_filing_id)))


def _bare(rows: Select[Case]) -> Select[Case]:
    """With what a row of the queue shows, and not the whole history."""
    return rows.options(lazyload(Case.events), lazyload(Case.clocks))
