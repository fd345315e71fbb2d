"""The figures as files: CSV, XLSX, and a report to print (PDF)."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import datetime

from openpyxl import Workbook
from openpyxl.styles import Font

from ipreg.i18n import translator
from ipreg.models import Industry
from ipreg.names import INDUSTRIES
from ipreg.spreadsheets import harmless, line
from ipreg.statistics import DEFINITIONS, DIMENSIONS, TITLES, Figures, Median, word_of
from ipreg.typesetting import set_paper, showable

N_ = str  # marks a text for extraction
HEAD = (N_("Figure"), N_("By"), N_("What"), N_("Number"), N_("Over how many cases"))
MEDIAN, NOTES, ALL = N_("Median time in days"), N_("Definitions"), N_("All")
FILTER = N_("Filter")
Say = Callable[[str], str]
Cell = str | int | float
Row = tuple[str, str, str, Cell, Cell]


def rows(figures: Figures, say: Say) -> Iterator[Row]:
    """Every number: figure, dimension, what, value; before them what was asked for, if not all."""
    for dimension, value in narrowed(figures):
        yield say(FILTER), say(DIMENSIONS[dimension]), word_of(dimension, value, say), "", ""
    for table in figures.tables:
        for value, count in table.rows:
            what = word_of(table.dimension, value, say)
            yield say(TITLES[table.figure]), say(DIMENSIONS[table.dimension]), what, count, ""
    for stage in figures.stages:
        title = f"{say(MEDIAN)} · {say(stage.name)}"
        yield title, say(ALL), "", *_cells(stage.whole)
        for dimension, medians in stage.tables:
            for value, median in medians:
                yield title, say(DIMENSIONS[dimension]), word_of(dimension, value, say), *_cells(median)


def narrowed(figures: Figures) -> list[tuple[str, str]]:
    """The filters and their values: a file that holds a part says of what."""
    asked = figures.asked
    given = {"industry": asked.industry or "", "district": asked.district, "platform": asked.platform}
    return [(name, value) for name, value in given.items() if value]


def _cells(median: Median) -> tuple[Cell, Cell]:
    days = "" if median.days is None else round(median.days, 2)
    return days, "" if median.count is None else median.count


def as_csv(figures: Figures, say: Say) -> str:
    """With a mark by which spreadsheets know UTF-8; nothing in it begins a formula."""
    lines = [line(say(one) for one in HEAD), *(line(row) for row in rows(figures, say))]
    return "\ufeff" + "".join(lines)


def as_xlsx(figures: Figures, say: Say) -> bytes:
    """One sheet of numbers, one of definitions."""
    book = Workbook()
    sheet = book.active
    sheet.title = str(figures.asked.year)
    sheet.append([say(one) for one in HEAD])
    for row in rows(figures, say):
        sheet.append([harmless(cell) for cell in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column, width in zip("ABCDE", (40, 22, 28, 12, 12), strict=True):
        sheet.column_dimensions[column].width = width
    notes = book.create_sheet(say(NOTES)[:31])
    for name, text in DEFINITIONS.items():
        notes.append([say({**TITLES, "stages": MEDIAN}[name]), say(text)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_pdf(figures: Figures, *, issuer: str, now: datetime) -> bytes:
    """The report, in both languages."""
    zh = translator("zh")

    def both(text: str) -> str:
        return showable(f"{zh(text)} · {text}")

    tables = [
        {
            "title": both(TITLES[table.figure]),
            "by": both(DIMENSIONS[table.dimension]),
            "note": both(DEFINITIONS[table.figure]),
            "total": str(table.total),
            "rows": [[showable(word_of(table.dimension, value, zh)), str(count)] for value, count in table.rows],
        }
        for table in figures.tables
        if table.rows
    ]
    stages = [
        {
            "title": both(stage.name),
            "by": "" if not dimension else both(DIMENSIONS[dimension]),
            "rows": [
                [showable(word_of(dimension, value, zh)) if dimension else both(ALL), *_printed(median)]
                for value, median in medians
            ],
        }
        for stage in figures.stages
        for dimension, medians in (("", (("", stage.whole),)), *stage.tables)
        if medians
    ]
    facts = {
        "issuer": issuer,
        "year": str(figures.asked.year),
        "only": "; ".join(_only(name, value, both) for name, value in narrowed(figures)),
        "made": now.strftime("%Y-%m-%d %H:%M UTC"),
        "tables": tables,
        "stages": stages,
        "stages_note": both(DEFINITIONS["stages"]),
    }
    return set_paper("statistics.typ", facts, {}, at=now)


def _only(dimension: str, value: str, both: Say) -> str:
    told = both(INDUSTRIES[Industry(value)]) if dimension == "industry" else showable(value)
    return f"{both(DIMENSIONS[dimension])}: {told}"


def _printed(median: Median) -> tuple[str, str]:
    return str(median.count), "—" if median.days is None else f"{median.days:.1f}"
