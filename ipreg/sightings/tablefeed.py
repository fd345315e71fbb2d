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
from ipreg.sightings.rows import MAX_ROWS, Row, RowFault, checked_row, columns_of

MAX_XLSX_BYTES = 100 * 2**20
MIN_XLSX_BYTES = 8 * 2**20
MAX_XLSX_RATIO = 40
MAX_XLSX_FILES = 2000
MAX_COLUMNS = 100
MAX_BROKEN_ROWS = 1000


def read_table(text: str, *, platform: str = "") -> list[Row]:
    """The rows of a CSV or TSV; raises ``CallerError`` (``feed_columns_missing``, ``feed_malformed``, ...).

    A row whose quotes don't close is one fault; reading goes on with the line after it.
    """
    begun, delimiter = _past_separator(text)
    lines = _table_lines(io.StringIO(text[begun:], newline="").readlines(), delimiter, 2 if begun else 1)
    _line, header = next(lines, (0, []))
    if header is None:
        raise CallerError("feed_malformed", field="feed", line=1)
    return _rows(header, lines, platform)


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


def is_workbook(data: bytes) -> bool:
    """Whether these bytes, which begin as a ZIP does, are an XLSX."""
    try:
        return any(part.filename == "[Content_Types].xml" for part in _parts(data))
    except CallerError:
        return False


def _check_size(data: bytes) -> None:
    """An XLSX is a ZIP: how large its parts say to be is looked at before any is unpacked. Honest ones are packed
    to a tenth; what is packed much better costs more to read than to send."""
    parts = _parts(data)
    most = min(MAX_XLSX_BYTES, max(MIN_XLSX_BYTES, MAX_XLSX_RATIO * len(data)))
    if len(parts) > MAX_XLSX_FILES or sum(part.file_size for part in parts) > most:
        raise CallerError("xlsx_too_large", field="feed")


def _parts(data: bytes) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, RuntimeError, OSError) as fault:
        raise CallerError("xlsx_malformed", field="feed") from fault


def _rows(header: list[str], lines: Iterator[tuple[int, list[str] | None]], platform: str) -> list[Row]:
    columns = columns_of(header, platform=platform)
    rows: list[Row] = []
    for line, cells in lines:
        values = {name: cells[at] if at < len(cells) else "" for name, at in columns.items()} if cells else {}
        rows.append(checked_row(line, values, platform=platform) if cells else RowFault(line, "row_malformed", {}))
        if len(rows) > MAX_ROWS:
            raise CallerError("feed_too_long", field="feed", most=MAX_ROWS)
    return rows


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
