"""The figures of the yearly white paper: counted in SQL, each with its definition, by industry, month, ...

Days are those of Beijing. A figure is counted from rows and from nothing else, so that it can be counted again;
``docs/statistics.md`` has the definitions. What the public gets goes through ``ipreg.disclosure``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sqlalchemy import ColumnElement, Float, FunctionElement, Select, and_, case, func, select
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
class Stage:
    """How long a stage takes: the median in days over ``count`` cases; None where there is none."""

    name: str
    count: int
    median_days: float | None


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
}
DEFINITIONS = {
    "filings": N_("Filings by the time they were filed (filings.filed_at), withdrawn ones too."),
    "rights": N_("Granted rights by the time they were recorded (right_records.recorded_at), not retracted."),
    "alerts": N_("Alerts by the time they were raised (alerts.raised_at); one a design and seller."),
    "cases": N_("Cases by the time they were opened (cases.opened_at), merged and withdrawn ones included."),
    "decisions": N_("Cases by the time of their newest decision (cases.decided_at), those that have one."),
    "stages": N_("Median of days between the first steps named; the later one lies in the period."),
    "repeat": N_("Sellers (cases.seller_id) with two or more cases decided as infringing in the period."),
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
    """Everything, in about twenty queries that count in the database."""
    tables = [
        _by_month(session, name, asked) if dimension == "month" else _by_column(session, name, dimension, asked)
        for name, figure in _FIGURES.items()
        for dimension in ("month", *figure.columns)
    ]
    stages = tuple(_stage(session, name, asked) for name in STAGES)
    return Figures(asked, tuple(tables), stages, repeat_sellers(session, asked=asked))


def years(session: Session) -> list[int]:
    """The years that have filings or cases, the newest first."""
    spans = [session.execute(select(func.min(at), func.max(at))).one() for at in (Filing.filed_at, Case.opened_at)]
    known = [at.astimezone(BEIJING).year for span in spans for at in span if at is not None]
    return list(range(max(known), min(known) - 1, -1)) if known else []


def repeat_sellers(session: Session, *, asked: Asked) -> int:
    """How many sellers were found to infringe twice or more."""
    figure = _FIGURES["decisions"]
    sellers = (
        figure.base()
        .add_columns(Case.seller_id)
        .where(_within(figure, asked), Case.outcome == CaseOutcome.INFRINGING, Case.seller_id.is_not(None))
        .group_by(Case.seller_id)
        .having(func.count() >= 2)
    )
    return session.scalar(select(func.count()).select_from(sellers.subquery())) or 0


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


def _by_month(session: Session, name: str, asked: Asked) -> Table:
    figure = _FIGURES[name]
    months = asked.months()
    counts = [
        func.coalesce(func.sum(case((and_(figure.at >= start, figure.at < end), 1), else_=0)), 0)
        for _, start, end in months
    ]
    if not months:
        return Table(name, "month", ())
    found = session.execute(figure.base().add_columns(*counts).where(_within(figure, asked))).one()
    named = zip(months, found, strict=True)
    return Table(name, "month", tuple((month, int(count)) for (month, _, _), count in named))


def _by_column(session: Session, name: str, dimension: str, asked: Asked) -> Table:
    figure = _FIGURES[name]
    column = figure.columns[dimension]
    query = figure.base().add_columns(column, func.count()).where(_within(figure, asked)).group_by(column)
    found = [(str(getattr(value, "value", value)), int(count)) for value, count in session.execute(query)]
    rows = sorted(found, key=lambda row: (-row[1], row[0]))
    return Table(name, dimension, tuple(rows))


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
    """The middle of the ordered lengths, or the mean of the two in the middle; the database orders and counts."""
    title, begins, ends = STAGES[name]
    figure = _FIGURES["cases"]
    ended = _first(ends)
    started = None if begins is None else _first(begins)
    start_at = Case.opened_at if started is None else started.c.at
    query = select(days_between(start_at, ended.c.at).label("days")).select_from(Case)
    query = query.join(ended, ended.c.case_id == Case.id)
    if started is not None:
        query = query.join(started, started.c.case_id == Case.id)
    within = _within(_Figure(ended.c.at, figure.base, figure.columns), asked)
    lengths = query.where(within, ended.c.at >= start_at).subquery()
    ranked = select(
        lengths.c.days,
        func.row_number().over(order_by=lengths.c.days).label("place"),
        func.count().over().label("count"),
    ).subquery()
    middle = and_(2 * ranked.c.place >= ranked.c.count, 2 * ranked.c.place <= ranked.c.count + 2)
    found = session.execute(select(func.avg(ranked.c.days), func.max(ranked.c.count)).where(middle)).one()
    return Stage(title, int(found[1] or 0), None if found[0] is None else float(found[0]))


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
