"""One's own designs: searched, filtered and paged in the database, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from ipreg import access, numbers
from ipreg.models import Account, AlertMatch, Filing, FilingTerm, Industry, Match
from ipreg.models.terms import wanted_terms

PAGE = 24
MOST_WORDS, LONGEST_WORDS = 6, 100
LAST_PAGE = 4200
COUNTED = 1000
SEEN = 12
# A day of the reader's is not one of UTC: a filter by day includes what lies within a zone's width of it.
_CHINA = timedelta(hours=8)


@dataclass(frozen=True)
class Wanted:
    """What is looked for. ``faults`` names the filters that could not be read; those filter nothing."""

    words: str = ""
    industry: Industry | None = None
    since: date | None = None
    until: date | None = None
    oldest_first: bool = False
    page: int = 1
    faults: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Wanted:
        """From an address's parameters: q, industry, since, until, order, page."""
        days = {name: _day(given.get(name, "")) for name in ("since", "until")}
        page = given.get("page", "1")
        return cls(
            words=" ".join(given.get("q", "").split())[:LONGEST_WORDS],
            industry=Industry(given["industry"]) if given.get("industry") in list(Industry) else None,
            since=days["since"],
            until=days["until"],
            oldest_first=given.get("order") == "oldest",
            page=min(max(1, int(page)), LAST_PAGE) if page.isdecimal() and len(page) < 9 else 1,
            faults=tuple(name for name, day in days.items() if given.get(name) and day is None),
        )

    @property
    def filters(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.words or self.industry or self.since or self.until)


@dataclass(frozen=True)
class Found:
    """A page of designs. ``count`` is exact up to ``COUNTED``, and one above it where there are more."""

    filings: list[Filing]
    more: bool
    count: int


def search(session: Session, *, account: Account, wanted: Wanted) -> Found:
    """The account's designs that match, as it sees them (``access.owned_by``)."""
    upto = wanted.page * PAGE + 1
    ids = _first(session, account, wanted, max(upto, COUNTED + 1))
    shown = _load(session, ids[upto - 1 - PAGE : upto - 1], wanted.oldest_first)
    return Found(shown, len(ids) >= upto, min(len(ids), COUNTED + 1))


def listed(session: Session, *, account: Account, wanted: Wanted, before: int | None, limit: int) -> list[Filing]:
    """At most ``limit`` of the account's designs that match, newest first, those with an id under ``before``."""
    return _load(session, _first(session, account, wanted, limit, before), False)


def newest(session: Session, *, account: Account, limit: int) -> list[Filing]:
    """The account's newest designs."""
    return _load(session, _first(session, account, Wanted(), limit)[:limit], False)


def seen_again(session: Session, filing: Filing) -> list[tuple[Match, int]]:
    """The likeliest that its owner was warned of, each with the id of its alert; at most one above ``SEEN``."""
    wanted = (
        select(Match, AlertMatch.alert_id)
        .join(AlertMatch, AlertMatch.match_id == Match.id)
        .where(Match.filing_id == filing.id, AlertMatch.dismissed_at.is_(None))
        .order_by(Match.probability.desc(), Match.id)
    )
    return [(match, alert_id) for match, alert_id in session.execute(wanted.limit(SEEN + 1)).unique()]


def _first(session: Session, account: Account, wanted: Wanted, most: int, before: int | None = None) -> list[int]:
    """Ids of the first ``most`` in order. One question a way of owning: each of them has its index."""
    order = Filing.id.asc() if wanted.oldest_first else Filing.id.desc()
    where = _conditions(wanted) + ([Filing.id < before] if before is not None else [])
    found: set[int] = set()
    for own in access.ways_of_owning(account):
        asked = select(Filing.id).where(own, *where).order_by(order).limit(most)
        found.update(session.scalars(asked))
    return sorted(found, reverse=not wanted.oldest_first)[:most]


def _load(session: Session, ids: list[int], oldest_first: bool) -> list[Filing]:
    found = session.scalars(select(Filing).where(Filing.id.in_(ids))).unique().all()
    return sorted(found, key=lambda one: one.id, reverse=not oldest_first)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [_says(word) for word in wanted.words.split()[:MOST_WORDS]]
    if wanted.industry is not None:
        found.append(Filing.industry == wanted.industry)
    if wanted.since is not None:
        found.append(Filing.filed_at >= _begin(wanted.since))
    if wanted.until is not None:
        found.append(Filing.filed_at < _begin(wanted.until) + timedelta(days=1))
    return found


def _says(word: str) -> ColumnElement[bool]:
    """By the index of letters; a number by its beginning."""
    number = word.upper()
    if number.isascii() and number.startswith(numbers.FILING):
        return and_(Filing.number >= number, Filing.number < number + "~")
    return and_(
        *(Filing.id.in_(select(FilingTerm.filing_id).where(FilingTerm.term == one)) for one in wanted_terms(word))
    )


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) - _CHINA


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 1900 < day.year < 3000 else None
