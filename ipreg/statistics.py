"""The figures of the yearly white paper: counted in SQL, each with its definition, by industry, month, ...

Days are those of Beijing. A figure is counted from rows and from nothing else, so that it can be counted again;
``docs/statistics.md`` has the definitions. What the public gets goes through ``ipreg.disclosure``.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    FunctionElement,
    Row,
    Select,
    String,
    and_,
    case,
    func,
    select,
    type_coerce,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session

from ipreg.casework.words import OUTCOMES
from ipreg.models import Alert, Case, CaseEvent, CaseOutcome, Filing, Industry, ObtainedKind, RightRecord
from ipreg.names import INDUSTRIES
from ipreg.rights.words import OBTAINED

N_ = str  # marks a text for extraction
BEIJING = timezone(timedelta(hours=8))
MOST_ROWS = 200


@dataclass(frozen=True)
class Asked:
    """Which rows count: those of a year in Beijing's days, up to ``until``; of one industry, district, platform."""

    year: int
    until: datetime | None = None
    industry: Industry | None = None
    district: str = ""
    platform: str = ""

    @property
    def begins(self) -> datetime:
        return datetime(self.year, 1, 1, tzinfo=BEIJING)

    @property
    def ends(self) -> datetime:
        end = datetime(self.year + 1, 1, 1, tzinfo=BEIJING)
        return min(end, self.until) if self.until else end

    def months(self) -> list[tuple[str, datetime, datetime]]:
        """Each month's name, beginning and end; only those that have begun before ``ends``."""
        starts = [datetime(self.year, month, 1, tzinfo=BEIJING) for month in range(1, 13)]
        stops = [*starts[1:], datetime(self.year + 1, 1, 1, tzinfo=BEIJING)]
        return [
            (f"{self.year}-{at.month:02d}", at, min(end, self.ends))
            for at, end in zip(starts, stops, strict=True)
            if at < self.ends
        ]


@dataclass(frozen=True)
class Table:
    """Counts by one dimension. ``rows``: what, and how many; the total is that of all rows."""

    figure: str
    dimension: str
    rows: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.rows)


@dataclass(frozen=True)
class Median:
    """The middle length in days over ``count`` cases; None where there is none. In public the count is not told."""

    count: int | None
    days: float | None


@dataclass(frozen=True)
class Stage:
    """How long a stage takes, in all and by each dimension."""

    name: str
    whole: Median
    tables: tuple[tuple[str, tuple[tuple[str, Median], ...]], ...] = ()


@dataclass(frozen=True)
class Figures:
    """All of them for one question."""

    asked: Asked
    tables: tuple[Table, ...]
    stages: tuple[Stage, ...]
    repeat_sellers: int

    def table(self, figure: str, dimension: str) -> Table:
        return next(one for one in self.tables if (one.figure, one.dimension) == (figure, dimension))


@dataclass(frozen=True)
class _Figure:
    """What is counted (``base``, whose columns are named) and at which time."""

    at: Any
    base: Callable[[], Select[Any]]
    columns: dict[str, Any]


def _repeats(asked: Asked) -> _Figure:
    """Sellers by the second decision against them in the period: each has one, so that rows add up to sellers."""
    place = func.row_number().over(partition_by=Case.seller_id, order_by=(Case.decided_at, Case.id))
    found = (
        select(Case.decided_at, Case.industry, Case.district, Case.platform, place.label("place"))
        .where(Case.outcome == CaseOutcome.INFRINGING, Case.seller_id.is_not(None))
        .where(Case.decided_at >= asked.begins, Case.decided_at < asked.ends)
        .subquery()
    )
    columns = {name: found.c[name] for name in ("industry", "district", "platform")}
    return _Figure(found.c.decided_at, lambda: select().select_from(found).where(found.c.place == 2), columns)


_FIGURES: dict[str, _Figure] = {
    "filings": _Figure(
        Filing.filed_at,
        lambda: select().select_from(Filing),
        {"industry": Filing.industry, "district": Filing.district},
    ),
    "rights": _Figure(
        RightRecord.recorded_at,
        lambda: (
            select()
            .select_from(RightRecord)
            .join(Filing, RightRecord.filing_id == Filing.id)
            .where(RightRecord.granted_on.is_not(None), RightRecord.retracted_at.is_(None))
        ),
        {"industry": Filing.industry, "district": Filing.district, "right": RightRecord.kind},
    ),
    "alerts": _Figure(
        Alert.raised_at,
        lambda: select().select_from(Alert).join(Filing, Alert.filing_id == Filing.id),
        {"industry": Filing.industry, "district": Filing.district, "platform": Alert.platform},
    ),
    "cases": _Figure(
        Case.opened_at,
        lambda: select().select_from(Case),
        {"industry": Case.industry, "district": Case.district, "platform": Case.platform},
    ),
    "decisions": _Figure(
        Case.decided_at,
        lambda: select().select_from(Case).where(Case.outcome.is_not(None)),
        {"industry": Case.industry, "district": Case.district, "platform": Case.platform, "outcome": Case.outcome},
    ),
}
TITLES = {
    "filings": N_("Designs filed"),
    "rights": N_("Designs that became rights"),
    "alerts": N_("Alerts raised"),
    "cases": N_("Cases opened"),
    "decisions": N_("Cases decided"),
    "repeat": N_("Repeat infringers"),
}
DEFINITIONS = {
    "filings": N_("Filings by the time they were filed (filings.filed_at), withdrawn ones too."),
    "rights": N_("Granted rights by the time they were recorded (right_records.recorded_at), not retracted."),
    "alerts": N_("Alerts by the time they were raised (alerts.raised_at); one a design and seller."),
    "cases": N_("Cases by the time they were opened (cases.opened_at), merged and withdrawn ones included."),
    "decisions": N_("Cases by the time of their newest decision (cases.decided_at), those that have one."),
    "stages": N_("Median of days between the first steps named; the later one lies in the period."),
    "repeat": N_(
        "Sellers (cases.seller_id) with two or more cases decided as infringing in the period, where and when the"
        " second one was."
    ),
}
DIMENSIONS = {
    "month": N_("Month"),
    "industry": N_("Industry"),
    "district": N_("District"),
    "platform": N_("Platform"),
    "outcome": N_("Outcome"),
    "right": N_("Right"),
}
STAGES: dict[str, tuple[str, frozenset[str] | None, frozenset[str]]] = {
    "acceptance": (N_("From opening to acceptance"), None, frozenset({"accepted", "not_accepted", "assigned"})),
    "response": (N_("From service to response"), frozenset({"served"}), frozenset({"responded"})),
    "decision": (
        N_("From opening to decision"),
        None,
        frozenset(f"decided_{one.value}" for one in CaseOutcome),
    ),
    "closing": (
        N_("From decision to closing"),
        frozenset(f"decided_{one.value}" for one in CaseOutcome),
        frozenset({"closed"}),
    ),
}
"""Each stage: its name, the steps it begins with (None: the opening), the steps it ends with."""


def figures(session: Session, *, asked: Asked) -> Figures:
    """Everything, in ten queries."""
    counted = {**_FIGURES, "repeat": _repeats(asked)}
    tables = [table for name, figure in counted.items() for table in _tables(session, name, figure, asked)]
    stages = tuple(_stage(session, name, asked) for name in STAGES)
    repeat = next(one.total for one in tables if one.figure == "repeat")
    return Figures(asked, tuple(tables), stages, repeat)


def years(session: Session) -> list[int]:
    """The years that have filings or cases, the newest first."""
    spans = [session.execute(select(func.min(at), func.max(at))).one() for at in (Filing.filed_at, Case.opened_at)]
    known = [at.astimezone(BEIJING).year for span in spans for at in span if at is not None]
    return list(range(max(known), min(known) - 1, -1)) if known else []


def word_of(dimension: str, value: str, say: Callable[[str], str]) -> str:
    """A row's name for people."""
    if dimension == "industry":
        return say(INDUSTRIES[Industry(value)])
    if dimension == "outcome":
        return say(OUTCOMES[CaseOutcome(value)])
    if dimension == "right":
        return say(OBTAINED[ObtainedKind(value)])
    return value or say(N_("not stated"))


def _within(figure: _Figure, asked: Asked) -> ColumnElement[bool]:
    wanted = [figure.at >= asked.begins, figure.at < asked.ends]
    for name in ("industry", "district", "platform"):
        value = getattr(asked, name)
        if value:
            wanted.append(figure.columns[name] == value if name in figure.columns else figure.at.is_(None))
    return and_(*wanted)


def _tables(session: Session, name: str, figure: _Figure, asked: Asked) -> Iterator[Table]:
    """The figure by each dimension, from one reading of its rows: the database counts them by all dimensions at
    once, and the cells are added up here."""
    months = asked.months()
    counts: dict[str, Counter[str]] = {one: Counter() for one in ("month", *figure.columns)}
    for month, *values, count in _cells(session, figure, asked) if months else ():
        counts["month"][months[month][0]] += count
        for column, value in zip(figure.columns, values, strict=True):
            counts[column][str(getattr(value, "value", value))] += count
    yield Table(name, "month", tuple((month, counts["month"][month]) for month, _, _ in months))
    for column in figure.columns:
        rows = sorted(counts[column].items(), key=lambda row: (-row[1], row[0]))
        yield Table(name, column, tuple(rows))


def _month(at: Any, asked: Asked) -> ColumnElement[int]:
    """The place of a time's month among those of the question, to which it belongs."""
    return case(*((at < end, place) for place, (_, _, end) in enumerate(asked.months())))


def _cells(session: Session, figure: _Figure, asked: Asked) -> Iterator[tuple[Any, ...]]:
    """The number of the month, a value of each column, and how many rows have just these."""
    rows = figure.base().add_columns(_month(figure.at, asked).label("month"), *figure.columns.values())
    found = rows.where(_within(figure, asked)).subquery()
    return map(tuple, session.execute(select(*found.c, func.count()).group_by(*found.c)))


# --- Medians


class days_between(FunctionElement[float]):  # noqa: N801 - reads as SQL's own functions do
    """Days from the first time to the second, as a number."""

    type = Float()
    inherit_cache = True
    name = "days_between"


@compiles(days_between, "sqlite")
def _sqlite_days(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"(julianday({end}) - julianday({start}))"


@compiles(days_between)
def _days(element: Any, compiler: Any, **more: Any) -> str:
    start, end = (compiler.process(one, **more) for one in element.clauses)
    return f"(EXTRACT(EPOCH FROM ({end} - {start})) / 86400.0)"


def _stage(session: Session, name: str, asked: Asked) -> Stage:
    """The lengths come from the database; the middle of each group of them is taken here."""
    title, begins, ends = STAGES[name]
    figure = _FIGURES["cases"]
    ended = _first(ends)
    started = None if begins is None else _first(begins)
    start_at = Case.opened_at if started is None else started.c.at
    plain = (type_coerce(figure.columns[one], String) for one in _STAGE_COLUMNS)
    columns: list[Any] = [days_between(start_at, ended.c.at), _month(ended.c.at, asked), *plain]
    query = select(*columns).select_from(Case).join(ended, ended.c.case_id == Case.id)
    if started is not None:
        query = query.join(started, started.c.case_id == Case.id)
    within = _within(_Figure(ended.c.at, figure.base, figure.columns), asked)
    found = session.execute(query.where(within, ended.c.at >= start_at)).all() if asked.months() else []
    return Stage(title, _median([row[0] for row in found]), tuple(_stage_tables(found, asked)))


_STAGE_COLUMNS = ("industry", "district", "platform")


def _stage_tables(found: Sequence[Row[Any]], asked: Asked) -> Iterator[tuple[str, tuple[tuple[str, Median], ...]]]:
    months = asked.months()
    groups: dict[str, defaultdict[str, list[float]]] = {
        one: defaultdict(list) for one in ("month", *_STAGE_COLUMNS)
    }
    for days, month, *values in map(tuple, found):
        groups["month"][months[month][0]].append(days)
        for column, value in zip(_STAGE_COLUMNS, values, strict=True):
            groups[column][value].append(days)
    for dimension, lengths in groups.items():
        rows = [(value, _median(of_it)) for value, of_it in lengths.items()]
        by_name = dimension == "month"
        rows.sort(key=lambda row: row[0] if by_name else (-(row[1].count or 0), row[0]))
        yield dimension, tuple(rows)


def _median(lengths: list[float]) -> Median:
    """The middle one, or the mean of the two in the middle."""
    return Median(len(lengths), statistics.median(lengths) if lengths else None)


def _first(actions: frozenset[str]) -> Any:
    """Each case's first step of these."""
    wanted = select(CaseEvent.case_id, func.min(CaseEvent.at).label("at"))
    wanted = wanted.where(CaseEvent.action.in_(sorted(actions)))
    return wanted.group_by(CaseEvent.case_id).subquery()


def last_full_month(now: datetime) -> datetime:
    """The end of the newest month that is over: public figures stop there, so that two days can't be compared."""
    local = now.astimezone(BEIJING)
    return datetime(local.year, local.month, 1, tzinfo=BEIJING).astimezone(UTC)


def names_in(tables: Sequence[Table], dimension: str) -> list[str]:
    """What a filter may be set to."""
    found = {value for one in tables if one.dimension == dimension for value, _ in one.rows if value}
    return sorted(found)[:MOST_ROWS]
