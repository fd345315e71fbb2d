"""What the public may know of a table: small numbers are left out, and so is what would give them away.

A count from 1 to 4 is not told. Where the total is told, one hidden row could be had by subtraction, and two small
ones by a guess: so further rows, the smallest first, are hidden until it is two rows with ten or more together.
Where there are not enough, the total is hidden, and in every table of that figure so much that no sum tells it.

Whoever keeps what was told a month ago has the difference: the new month by district, by platform. So every number
that is told is rounded to the nearest five; a difference of two is then nine numbers wide.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ipreg.statistics import Figures, Median, Stage, Table

LEAST = 5
TOGETHER = 2 * LEAST
STEP = 5
"""What is told are multiples of it."""


@dataclass(frozen=True)
class PublicTable:
    """As a table; None is a number that is not told."""

    figure: str
    dimension: str
    rows: tuple[tuple[str, int | None], ...]
    total: int | None


@dataclass(frozen=True)
class PublicFigures:
    tables: tuple[PublicTable, ...]
    stages: tuple[Stage, ...]
    repeat_sellers: int | None

    def table(self, figure: str, dimension: str) -> PublicTable:
        return next(one for one in self.tables if (one.figure, one.dimension) == (figure, dimension))


def public(figures: Figures) -> PublicFigures:
    """The figures as anybody may see them."""
    hidden = {(one.figure, one.dimension): _hidden(one) for one in figures.tables}
    closed = {one.figure for one in figures.tables if not _total_is_safe(one, hidden[one.figure, one.dimension])}
    for one in figures.tables:
        if one.figure in closed and not hidden[one.figure, one.dimension]:
            hidden[one.figure, one.dimension] = _smallest(one)  # else its rows add up to what is not told
    tables = tuple(
        PublicTable(
            one.figure,
            one.dimension,
            _told(one, hidden[one.figure, one.dimension]),
            None if one.figure in closed else rounded(one.total),
        )
        for one in figures.tables
    )
    repeat = next((one.total for one in tables if one.figure == "repeat"), None)
    stages = tuple(one for one in map(_stage, figures.stages) if one.whole.days is not None)
    return PublicFigures(tables, stages, repeat)


def _told(table: Table, hidden: frozenset[str]) -> tuple[tuple[str, int | None], ...]:
    """The rows in an order that says no more than they do: months as they come, all else by what is told."""
    rows = [(name, None if name in hidden else rounded(count)) for name, count in table.rows]
    if table.dimension != "month":
        rows.sort(key=lambda row: (row[1] is None, -(row[1] or 0), row[0]))
    return tuple(rows)


def rounded(count: int) -> int:
    """To the nearest multiple of ``STEP``.

    >>> [rounded(one) for one in (0, 5, 7, 8, 12)]
    [0, 5, 5, 10, 10]
    """
    return (count + STEP // 2) // STEP * STEP


def _stage(stage: Stage) -> Stage:
    """Medians over enough cases. Over how many is not told: beside other tables it could give away a single one."""
    tables = tuple(
        (dimension, tuple((name, _median(one)) for name, one in rows if _median(one).days is not None))
        for dimension, rows in stage.tables
    )
    return Stage(stage.name, _median(stage.whole), tables)


def _median(one: Median) -> Median:
    """To a tenth of a day: of an odd number of cases the median is the very length of one of them."""
    enough = one.count is not None and one.count >= LEAST and one.days is not None
    return Median(None, round(one.days, 1) if enough and one.days is not None else None)


def _hidden(table: Table) -> frozenset[str]:
    rows = sorted(((count, name) for name, count in table.rows if count > 0), key=lambda row: row)
    small = [row for row in rows if row[0] < LEAST]
    if not small:
        return frozenset()
    chosen = list(small)
    for row in rows[len(small) :]:
        if _enough(count for count, _ in chosen):
            break
        chosen.append(row)
    return frozenset(name for _, name in chosen)


def _smallest(table: Table) -> frozenset[str]:
    return frozenset(name for _, name in sorted((count, name) for name, count in table.rows if count > 0)[:2])


def _enough(counts: Iterable[int]) -> bool:
    found = list(counts)
    return len(found) >= 2 and sum(found) >= TOGETHER


def _total_is_safe(table: Table, hidden: frozenset[str]) -> bool:
    if 0 < table.total < LEAST:
        return False
    return not hidden or _enough(count for name, count in table.rows if name in hidden)
