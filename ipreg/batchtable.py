"""The table of a batch: one design a row, headings and choices in Chinese or English, and its template."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from typing import Any

from ipreg.designform import plain, read_creators
from ipreg.errors import CallerError
from ipreg.i18n import translator
from ipreg.models import RightKind, ViewKind
from ipreg.names import DISCLOSURES, FILE_OF_WORK, INDUSTRIES, RIGHTS, VIEWS

MOST_ROWS = 500
N_ = str  # marks a text for extraction
COLUMNS: dict[str, str] = {
    "title": N_("Title"),
    "industry": N_("Industry"),
    "locarno_class": N_("Locarno class"),
    "creators": N_("Creators"),
    "created_on": N_("Day of creation"),
    "disclosure": N_("First shown"),
    "first_disclosed_on": N_("Day of first showing"),
    "rights_wanted": N_("Rights wanted"),
    "description": N_("Description"),
    "keywords": N_("Keywords"),
    "materials": N_("Materials"),
    "colours": N_("Colours"),
    "district": N_("District"),
    "sealed": N_("Sealed"),
    "opens_on": N_("Opens on"),
    **{view.value: label for view, label in VIEWS.items()},
    "design_files": FILE_OF_WORK,
}
NEEDED = ("title", "industry", "creators", "created_on", "front")
_FILES = (*[view.value for view in ViewKind], "design_files")
_EXAMPLE = {
    "title": N_("Coat with a cloud pattern"),
    "industry": N_("Clothing"),
    "locarno_class": "02-02",
    "creators": "林晓 60%、周宁 40%",
    "created_on": "2026-01-31",
    "disclosure": N_("Not shown to anybody yet"),
    "rights_wanted": N_("Design patent"),
    "front": "001-front.jpg",
    "back": "001-back.jpg",
    "detail": "001-a.jpg; 001-b.jpg",
}


def template(locale: str) -> bytes:
    """The empty table with one example, in UTF-8 with the mark that spreadsheets need."""
    say = translator(locale)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([say(label) for label in COLUMNS.values()])
    writer.writerow([say(_EXAMPLE.get(name, "")) if _EXAMPLE.get(name) else "" for name in COLUMNS])
    return out.getvalue().encode("utf-8-sig")


def read_table(data: bytes) -> list[tuple[int, dict[str, Any]]]:
    """The rows with their line numbers, as values for ``statements.read_form``, and ``files`` by view.

    Raises ``CallerError`` (field ``batch``): ``batch_table_not_text``, ``batch_columns_missing``, ``batch_empty``,
    ``batch_too_long``, ``batch_table_broken``; and, since nothing that somebody wrote is to be dropped silently,
    ``batch_columns_unknown``, ``batch_column_twice``, ``batch_cell_without_column``.
    """
    text = _decoded(data)
    delimiter = max(",;\t", key=text.split("\n", 1)[0].count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        heads = _heads(next(reader, []))
        rows = []
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, _values(_by_column(heads, cells, reader.line_num))))
            if len(rows) > MOST_ROWS:
                raise CallerError("batch_too_long", field="batch", most=MOST_ROWS)
    except csv.Error as fault:
        raise CallerError("batch_table_broken", field="batch", line=reader.line_num) from fault
    if not rows:
        raise CallerError("batch_empty", field="batch")
    return rows


def _heads(given: list[str]) -> list[str | None]:
    """The field of each column, None under an empty heading."""
    heads = [_field_of(head) for head in given]
    _require_columns(heads)
    unknown = [
        head.strip()[:50] for head, field in zip(given, heads, strict=True) if head.strip() and field is None
    ]
    if unknown:
        raise CallerError("batch_columns_unknown", field="batch", columns=", ".join(unknown[:8]))
    for place, field in enumerate(heads):
        if field is not None and field in heads[:place]:
            raise CallerError("batch_column_twice", field="batch", column=given[place].strip()[:50])
    return heads


def _field_of(head: str) -> str | None:
    """By its heading, with or without what somebody explained in brackets after it."""
    return _FIELDS.get(_plain(head)) or _FIELDS.get(_plain(re.sub(r"[(（].*[)）]\s*$", "", head)))


def _by_column(heads: list[str | None], cells: list[str], line: int) -> dict[str, str]:
    for place, cell in enumerate(cells):
        if cell.strip() and (place >= len(heads) or heads[place] is None):
            raise CallerError("batch_cell_without_column", field="batch", line=line, cell=cell.strip()[:50])
    return {head: cell for head, cell in zip(heads, cells, strict=False) if head is not None}


def _require_columns(heads: list[str | None]) -> None:
    lacking = [name for name in NEEDED if name not in heads]
    if "front" in lacking and any(name in heads for name in _FILES[1:-1]):
        lacking.remove("front")
    if lacking:
        say = translator("zh")
        names = ", ".join(f"{say(COLUMNS[name])}/{COLUMNS[name]}" for name in lacking)
        raise CallerError("batch_columns_missing", field="batch", columns=names)


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    given = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    found: dict[str, Any] = {name: value for name, value in given.items() if name not in _FILES}
    found["industry"] = _INDUSTRIES.get(_plain(given["industry"]), given["industry"])
    found["disclosure"] = _DISCLOSURES.get(_plain(given["disclosure"]), given["disclosure"])
    found["sealed"] = _SEALED.get(_plain(given["sealed"]), given["sealed"])  # what is neither is told, not guessed
    found["rights_wanted"] = [
        _RIGHTS.get(_plain(word), word) for word in re.split(r"[,，、;；]", given["rights_wanted"]) if word.strip()
    ]
    found["creators"] = [
        [one.name, "" if one.share is None else plain(one.share)] for one in read_creators(given["creators"])
    ]
    found["files"] = {name: _parted(given[name]) for name in _FILES if given[name]}
    return found


def _parted(names: str) -> list[str]:
    return [one.strip() for one in re.split(r"[;；|\n]", names) if one.strip()]


def _decoded(data: bytes) -> str:
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CallerError("batch_table_not_text", field="batch")


def _plain(text: str) -> str:
    return re.sub(r"[\s*＊（）()：:]", "", text).casefold()


def _known(names: Mapping[Any, str]) -> dict[str, str]:
    """What a cell may say for each choice: its value, or its name in either language."""
    say: Callable[[str], str] = translator("zh")
    return {_plain(word): str(key) for key, name in names.items() for word in (str(key), name, say(name))}


_YES = ("yes", "y", "1", "true", "sealed", "是", "密封", "保密", "✓", "√")
_NO = ("", "no", "n", "0", "false", "open", "否", "不", "公开", "不密封", "不保密")
_SEALED = dict.fromkeys(_YES, "yes") | dict.fromkeys(_NO, "")
_FIELDS = _known(COLUMNS)
_INDUSTRIES = _known(INDUSTRIES)
_DISCLOSURES = _known(DISCLOSURES)
_RIGHTS = _known({one: RIGHTS[one] for one in RightKind})
