"""Feeds that are tables: CSV and TSV in UTF-8 or GB 18030, and the first sheet of an XLSX. No I/O."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from ipreg.errors import CallerError
from ipreg.sightings.rows import IN_A_JOB, Limits, Row, RowFault, checked_row, columns_of
from ipreg.sightings.workbook import sheet_rows

MAX_BROKEN_ROWS = 1000


def read_table(text: str, *, platform: str = "", limits: Limits = IN_A_JOB) -> list[Row]:
    """The rows of a CSV or TSV; raises ``CallerError`` (``feed_columns_missing``, ``feed_malformed``, ...).

    A row whose quotes don't close is one fault; reading goes on with the line after it.
    """
    begun, delimiter = _past_separator(text)
    lines = _table_lines(io.StringIO(text[begun:], newline="").readlines(), delimiter, 2 if begun else 1)
    _line, header = next(lines, (0, []))
    if header is None:
        raise CallerError("feed_malformed", field="feed", line=1)
    return _rows(header, lines, platform, limits)


def _past_separator(text: str) -> tuple[int, str]:
    """Where the table begins and what parts its cells; spreadsheets may say it in a first line of its own."""
    first, end, _rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return len(first + end), first.strip()[4]
    return 0, max(",;\t", key=text.lstrip().split("\n", 1)[0].count)


def _table_lines(lines: list[str], delimiter: str, line: int) -> Iterator[tuple[int, list[str] | None]]:
    """Each row with the line it begins on (a quoted cell may run over several); None for one that can't be read."""
    at, faults = 0, 0
    while at < len(lines):
        reader = csv.reader(lines[at:], delimiter=delimiter, strict=True)
        read = 0
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield line + at + read, cells
                read = reader.line_num
        except csv.Error as fault:
            yield line + at + read, None
            faults += 1
            if faults > MAX_BROKEN_ROWS:
                raise CallerError("feed_malformed", field="feed", line=line + at + read) from fault
            at += read + 1
            continue
        return


def read_xlsx(data: bytes, *, platform: str = "", limits: Limits = IN_A_JOB) -> list[Row]:
    """The rows of the first sheet; raises ``CallerError`` as ``sheet_rows`` and ``read_table`` do."""
    lines = sheet_rows(data, most_bytes=limits.unpacked)
    _line, header = next(lines, (0, []))
    return _rows(header, lines, platform, limits)


def _rows(
    header: list[str], lines: Iterable[tuple[int, list[str] | None]], platform: str, limits: Limits
) -> list[Row]:
    columns = columns_of(header, platform=platform)
    rows: list[Row] = []
    for line, cells in lines:
        values = {name: cells[at] if at < len(cells) else "" for name, at in columns.items()} if cells else {}
        rows.append(checked_row(line, values, platform=platform) if cells else RowFault(line, "row_malformed", {}))
        limits.check(len(rows))
    return rows
