"""Feeds that are tables: CSV and TSV in UTF-8 or GB 18030, and the first sheet of an XLSX. No I/O."""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from ipreg.errors import CallerError
from ipreg.sightings.rows import MAX_ROWS, Row, checked_row, columns_of

MAX_XLSX_BYTES = 200 * 2**20
MAX_XLSX_FILES = 2000
MAX_COLUMNS = 100


def read_table(text: str, *, platform: str = "") -> list[Row]:
    """The rows of a CSV or TSV; raises ``CallerError`` (``feed_columns_missing``, ``feed_malformed``, ...)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = next(reader, [])
        return _rows(header, _lines(reader), platform)
    except csv.Error as fault:
        raise CallerError("feed_malformed", field="feed", line=reader.line_num) from fault


def read_xlsx(data: bytes, *, platform: str = "") -> list[Row]:
    """The rows of the first sheet; what a cell shows counts, formulas are not computed.

    Raises ``CallerError``: ``xlsx_malformed``, ``xlsx_too_large``, and those of ``read_table``.
    """
    _check_size(data)
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library tells of styles and extensions that it leaves out
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a sheet says of its own size is often wrong
            cells = sheet.iter_rows(values_only=True, max_col=MAX_COLUMNS)
            lines = ((line, [_cell(value) for value in row]) for line, row in enumerate(cells, 1))
            filled = _filled(lines)
            _line, header = next(filled, (0, []))
            return _rows(header, filled, platform)
    except CallerError:
        raise
    except Exception as fault:  # the library lets all kinds out of a damaged file
        raise CallerError("xlsx_malformed", field="feed") from fault


def _check_size(data: bytes) -> None:
    """An XLSX is a ZIP: how large its parts say to be is looked at before any is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError) as fault:
        raise CallerError("xlsx_malformed", field="feed") from fault
    if len(parts) > MAX_XLSX_FILES or sum(part.file_size for part in parts) > MAX_XLSX_BYTES:
        raise CallerError("xlsx_too_large", field="feed")


def _rows(header: list[str], lines: Iterator[tuple[int, list[str]]], platform: str) -> list[Row]:
    columns = columns_of(header, platform=platform)
    rows: list[Row] = []
    for line, cells in lines:
        values = {name: cells[at] if at < len(cells) else "" for name, at in columns.items()}
        rows.append(checked_row(line, values, platform=platform))
        if len(rows) > MAX_ROWS:
            raise CallerError("feed_too_long", field="feed", most=MAX_ROWS)
    return rows


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on: a quoted cell may run over several."""
    before = reader.line_num  # type: ignore[attr-defined]
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield before + 1, cells
        before = reader.line_num  # type: ignore[attr-defined]


def _filled(lines: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """The rows with something in them. A sheet may claim to have any number of empty ones."""
    empty = 0
    for line, cells in lines:
        if any(cell.strip() for cell in cells):
            yield line, cells
            continue
        empty += 1
        if empty > MAX_ROWS:
            raise CallerError("feed_too_long", field="feed", most=MAX_ROWS)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return format(Decimal(repr(value)).normalize(), "f") if value == value and abs(value) < 1e18 else ""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def _delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=header.count)
