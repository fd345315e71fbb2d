"""Dates in, clocks out: what runs for a design, by when, and what can't be said because a date is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from ipreg import workdays
from ipreg.models import Disclosure, ObtainedKind, RightKind
from ipreg.rights import law
from ipreg.rights.law import Period

# The events of Patent Law art. 24; whatever else shows a design takes its novelty.
GRACED = frozenset(
    {
        Disclosure.EMERGENCY,
        Disclosure.RECOGNISED_EXHIBITION,
        Disclosure.PRESCRIBED_MEETING,
        Disclosure.AGAINST_WILL,
    }
)
PROVED = frozenset({Disclosure.RECOGNISED_EXHIBITION, Disclosure.PRESCRIBED_MEETING})


class ClockKind(StrEnum):
    PRE_REGISTRATION = "pre_registration"
    NOVELTY = "novelty"
    GRACE = "grace"
    GRACE_PROOF = "grace_proof"
    PRIORITY_IN_CHINA = "priority_in_china"
    PRIORITY_ABROAD = "priority_abroad"
    HAGUE = "hague"
    GRACE_ABROAD = "grace_abroad"
    ANNUAL_FEE = "annual_fee"
    PATENT_TERM = "patent_term"
    COPYRIGHT = "copyright"
    COPYRIGHT_REGISTRATION = "copyright_registration"
    TRADE_MARK = "trade_mark"
    EXHIBITION_MARK = "exhibition_mark"
    MARK_TERM = "mark_term"
    SECRET = "secret"  # noqa: S105 - no password


class State(StrEnum):
    """Soon is open with at most ``law.SOON`` days left."""

    SOON = "soon"
    OPEN = "open"
    UNKNOWN = "unknown"
    DONE = "done"
    OVER = "over"


class Missing(StrEnum):
    """The date without which a clock can't be told."""

    DISCLOSURE = "disclosure"
    DISCLOSURE_KIND = "disclosure_kind"
    APPLICATION = "application"
    CREATION = "creation"


@dataclass(frozen=True)
class Right:
    """A right or an application for it, as its owner recorded it."""

    kind: ObtainedKind
    applied_on: date
    granted_on: date | None = None


@dataclass(frozen=True)
class Facts:
    """What clocks are made from. ``shown`` None: not stated. ``wanted`` empty: not stated."""

    filed_on: date
    created_on: date | None
    shown: Disclosure | None = None
    shown_on: date | None = None
    wanted: frozenset[RightKind] = frozenset()
    rights: tuple[Right, ...] = ()

    def first(self, *kinds: ObtainedKind) -> date | None:
        """The day of the first application of these kinds."""
        return min((one.applied_on for one in self.rights if one.kind in kinds), default=None)

    def granted(self, kind: ObtainedKind) -> Right | None:
        """The right of this kind that was granted last."""
        found = [one for one in self.rights if one.kind is kind and one.granted_on is not None]
        return max(found, key=lambda one: (one.granted_on, one.applied_on), default=None)


@dataclass(frozen=True)
class Clock:
    """One clock. ``due_on`` is the last day on which what is due can be done, None where there is no such day.

    ``legal_end`` is the period's end before it was moved from a free day; ``provisional``: the State Council has
    not yet said which days of that year are free, so that the day may move again.
    """

    kind: ClockKind
    state: State
    article: str
    starts_on: date | None = None
    due_on: date | None = None
    legal_end: date | None = None
    days_left: int | None = None
    missing: Missing | None = None
    provisional: bool = False
    wanted: bool = True

    @property
    def moved(self) -> bool:
        return self.due_on != self.legal_end


def clocks_of(facts: Facts, today: date) -> list[Clock]:
    """All clocks of a design, the most urgent first. ``today`` is the day in China."""
    found = [clock for make in _MAKERS for clock in make(facts, today)]
    return sorted(found, key=_urgency)


def _urgency(clock: Clock) -> tuple[bool, int, date, int]:
    order = (State.SOON, State.OPEN, State.UNKNOWN, State.DONE, State.OVER)
    return (
        not clock.wanted,
        order.index(clock.state),
        clock.due_on or date.max,
        list(ClockKind).index(clock.kind),
    )


# --- The design patent


def _novelty(facts: Facts, today: date) -> Iterator[Clock]:
    """Showing a design before the day of application takes its novelty (art. 23), unless art. 24 forgives it."""
    wanted = _wants(facts, RightKind.DESIGN_PATENT)
    if facts.shown in GRACED and facts.shown_on is not None:
        yield _grace(facts, facts.shown_on, today, wanted)
        yield from _grace_proof(facts, today, wanted)
        return
    make = _maker(ClockKind.NOVELTY, law.NOVELTY, wanted)
    if facts.shown is None:
        missing = Missing.DISCLOSURE if facts.shown_on is None else Missing.DISCLOSURE_KIND
        yield make(State.UNKNOWN, missing=missing)
    elif facts.shown is not Disclosure.NONE and facts.shown_on is None:
        yield make(State.UNKNOWN, missing=Missing.DISCLOSURE)
    elif _applied_before(facts, facts.shown_on or date.max):
        yield make(State.DONE)
    elif facts.shown_on is None:
        yield make(State.OPEN)
    else:
        # What becomes known on the very day of application does no harm; the day before is the safe end.
        yield _until(make, facts.shown_on - timedelta(days=1), today)


def _grace(facts: Facts, shown_on: date, today: date, wanted: bool) -> Clock:
    make = _maker(ClockKind.GRACE, law.GRACE.article, wanted)
    if _applied_before(facts, law.GRACE.end(shown_on)):
        return make(State.DONE, starts_on=shown_on)
    return _running(make, law.GRACE, shown_on, today)


def _grace_proof(facts: Facts, today: date, wanted: bool) -> Iterator[Clock]:
    """Exhibition and meeting are declared in the application and proved within two months."""
    applied = facts.first(ObtainedKind.DESIGN_PATENT)
    if applied is None or facts.shown not in PROVED:
        return
    if facts.shown_on is None or applied <= facts.shown_on:
        return
    make = _maker(ClockKind.GRACE_PROOF, law.GRACE_PROOF.article, wanted)
    if facts.granted(ObtainedKind.DESIGN_PATENT):
        yield make(State.DONE, starts_on=applied)
    else:
        yield _running(make, law.GRACE_PROOF, applied, today)


def _applied_before(facts: Facts, last: date) -> bool:
    """Whether the day that counts for China, of priority where there is one, is ``last`` or earlier."""
    applied = facts.first(ObtainedKind.DESIGN_PATENT)
    if applied is None:
        return False
    first = _first_application(facts) or applied
    within = applied <= _moved(law.PRIORITY_IN_CHINA, first)
    return (first if within else applied) <= last


def _first_application(facts: Facts) -> date | None:
    return facts.first(ObtainedKind.DESIGN_PATENT, ObtainedKind.FOREIGN_DESIGN, ObtainedKind.HAGUE)


_PRIORITIES = (
    (ClockKind.PRIORITY_IN_CHINA, law.PRIORITY_IN_CHINA, ObtainedKind.DESIGN_PATENT),
    (ClockKind.PRIORITY_ABROAD, law.PRIORITY_ABROAD, ObtainedKind.FOREIGN_DESIGN),
    (ClockKind.HAGUE, law.PRIORITY_HAGUE, ObtainedKind.HAGUE),
)


def _priority(facts: Facts, today: date) -> Iterator[Clock]:
    """Six months from the first application anywhere; a pre-registration starts none of them."""
    first = _first_application(facts)
    for kind, period, goal in _PRIORITIES:
        make = _maker(kind, period.article, _wants(facts, RightKind.DESIGN_PATENT))
        if first is None:
            yield make(State.UNKNOWN, missing=Missing.APPLICATION)
        elif _later_within(facts, goal, first, _moved(period, first)):
            yield make(State.DONE, starts_on=first)
        elif _too_early(facts, kind, first):
            yield make(State.OVER, starts_on=first)
        else:
            yield _running(make, period, first, today)


def _later_within(facts: Facts, goal: ObtainedKind, first: date, last: date) -> bool:
    """Whether an application of kind ``goal`` other than the very first came by ``last``."""
    reached = sorted(one.applied_on for one in facts.rights if one.kind is goal)
    return any(day <= last for day in (reached[1:] if reached[:1] == [first] else reached))


def _too_early(facts: Facts, kind: ClockKind, first: date) -> bool:
    """Before domestic priority for designs and before the Hague system were there to be used from China."""
    if kind is ClockKind.PRIORITY_IN_CHINA:
        return first == facts.first(ObtainedKind.DESIGN_PATENT) and first < law.DOMESTIC_PRIORITY_SINCE
    return kind is ClockKind.HAGUE and law.PRIORITY_HAGUE.end(first) < law.HAGUE_SINCE


def _grace_abroad(facts: Facts, today: date) -> Iterator[Clock]:
    """Some countries forgive the designer's own showing for a year."""
    if facts.shown_on is None or facts.shown in (None, Disclosure.NONE):
        return
    period = law.GRACE_ABROAD
    make = _maker(ClockKind.GRACE_ABROAD, period.article, _wants(facts, RightKind.DESIGN_PATENT))
    applied = facts.first(ObtainedKind.FOREIGN_DESIGN, ObtainedKind.HAGUE)
    if applied is not None and applied <= period.end(facts.shown_on):
        yield make(State.DONE, starts_on=facts.shown_on)
    else:
        yield _running(make, period, facts.shown_on, today)


def _patent(facts: Facts, today: date) -> Iterator[Clock]:
    """A granted patent: how long it lasts, and the next year's fee, due at the end of the year before it."""
    patent = facts.granted(ObtainedKind.DESIGN_PATENT)
    if patent is None:
        return
    term = law.patent_term(patent.applied_on)
    make = _maker(ClockKind.PATENT_TERM, term.article, True)
    yield _running(make, term, patent.applied_on, today)
    make = _maker(ClockKind.ANNUAL_FEE, law.ANNUAL_FEE.article, True)
    for year in range(1, term.months // 12):
        legal_end = workdays.add_years(patent.applied_on, year)
        due = workdays.next_working_day(legal_end)
        if due >= today and legal_end > (patent.granted_on or legal_end):
            yield _until(
                make,
                due,
                today,
                legal_end=legal_end,
                starts_on=patent.applied_on,
                provisional=not workdays.is_published(legal_end.year),
            )
            return


# --- Copyright, trade mark, trade secret, and what a pre-registration is


def _copyright(facts: Facts, today: date) -> Iterator[Clock]:
    wanted = _wants(facts, RightKind.COPYRIGHT)
    make = _maker(ClockKind.COPYRIGHT, law.COPYRIGHT, wanted)
    if facts.created_on is None:
        yield make(State.UNKNOWN, missing=Missing.CREATION)
    else:
        yield make(State.DONE, starts_on=facts.created_on)
    make = _maker(ClockKind.COPYRIGHT_REGISTRATION, law.COPYRIGHT_REGISTRATION, wanted)
    yield make(State.DONE if facts.granted(ObtainedKind.COPYRIGHT) else State.OPEN)


def _trade_mark(facts: Facts, today: date) -> Iterator[Clock]:
    applied = facts.first(ObtainedKind.TRADE_MARK)
    make = _maker(ClockKind.TRADE_MARK, law.MARK_FIRST, _wants(facts, RightKind.TRADE_MARK))
    yield make(State.OPEN if applied is None else State.DONE, starts_on=applied)
    if RightKind.TRADE_MARK in facts.wanted:
        yield from _exhibition_mark(facts, applied, today)
    mark = facts.granted(ObtainedKind.TRADE_MARK)
    if mark is not None and mark.granted_on is not None:
        yield _mark_term(mark.granted_on, today)


def _exhibition_mark(facts: Facts, applied: date | None, today: date) -> Iterator[Clock]:
    """Goods first shown under a mark at a recognised exhibition have priority from that day."""
    if facts.shown is not Disclosure.RECOGNISED_EXHIBITION or facts.shown_on is None:
        return
    make = _maker(ClockKind.EXHIBITION_MARK, law.EXHIBITION_MARK.article, True)
    if applied is not None and applied <= _moved(law.EXHIBITION_MARK, facts.shown_on):
        yield make(State.DONE, starts_on=facts.shown_on)
    else:
        yield _running(make, law.EXHIBITION_MARK, facts.shown_on, today)


def _mark_term(granted_on: date, today: date) -> Clock:
    """Ten years from registration, renewed by ten each time; the last day is the one before the anniversary."""
    make = _maker(ClockKind.MARK_TERM, law.MARK_TERM.article, True)
    terms = 1
    while (end := workdays.add_months(granted_on, law.MARK_TERM.months * terms) - timedelta(days=1)) < today:
        terms += 1
    return _until(make, end, today, starts_on=granted_on)


def _secret(facts: Facts, today: date) -> Iterator[Clock]:
    if RightKind.TRADE_SECRET not in facts.wanted:
        return
    make = _maker(ClockKind.SECRET, law.SECRET, True)
    if facts.shown is None:
        yield make(State.UNKNOWN, missing=Missing.DISCLOSURE)
    elif facts.shown is Disclosure.NONE or (facts.shown_on is not None and facts.shown_on > today):
        yield make(State.OPEN)
    else:
        yield make(State.OVER, starts_on=facts.shown_on)


def _pre_registration(facts: Facts, today: date) -> Iterator[Clock]:
    yield _maker(ClockKind.PRE_REGISTRATION, law.EVIDENCE, True)(State.DONE, starts_on=facts.filed_on)


_MAKERS = (_novelty, _priority, _grace_abroad, _patent, _copyright, _trade_mark, _secret, _pre_registration)


# --- What they share


def _wants(facts: Facts, right: RightKind) -> bool:
    return not facts.wanted or right in facts.wanted


def _maker(kind: ClockKind, article: str, wanted: bool) -> Callable[..., Clock]:
    def make(state: State, **more: object) -> Clock:
        return Clock(kind, state, article, wanted=wanted, **more)  # type: ignore[arg-type]

    return make


def _moved(period: Period, start: date) -> date:
    end = period.end(start)
    return workdays.next_working_day(end) if period.moves else end


def _running(make: Callable[..., Clock], period: Period, start: date, today: date) -> Clock:
    provisional = period.moves and not workdays.is_published(period.end(start).year)
    return _until(
        make,
        _moved(period, start),
        today,
        legal_end=period.end(start),
        starts_on=start,
        provisional=provisional,
    )


def _until(
    make: Callable[..., Clock], due: date, today: date, *, legal_end: date | None = None, **more: object
) -> Clock:
    left = (due - today).days
    state = State.OVER if left < 0 else State.SOON if left <= law.SOON else State.OPEN
    return make(state, due_on=due, legal_end=legal_end or due, days_left=left, **more)
