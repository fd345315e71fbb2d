"""Reading a feed of listings: CSV in UTF-8 or GB 18030, with English or Chinese column names. No I/O."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ipreg.errors import CallerError

MAX_ROWS = 100_000
MAX_PICTURES = 20
_COLUMNS = {
    "platform": ("platform", "平台"),
    "listing_id": ("listing_id", "id", "商品编号", "商品id"),
    "address": ("address", "url", "link", "链接", "网址"),
    "title": ("title", "name", "标题", "商品标题"),
    "seller": ("seller", "shop", "店铺", "卖家"),
    "price": ("price", "价格"),
    "currency": ("currency", "币种"),
    "pictures": ("pictures", "images", "image", "图片"),
}
_NEEDED = ("platform", "listing_id", "title", "pictures")
_LIMITS = {"platform": 100, "listing_id": 200, "address": 2000, "title": 500, "seller": 200}
_PRICE = re.compile(r"\d{1,12}(\.\d{1,4})?")


@dataclass(frozen=True)
class FeedRow:
    """A row that can be kept; ``line`` counts from 1, the header's line. ``pictures`` are names or addresses."""

    line: int
    platform: str
    listing_id: str
    title: str
    pictures: tuple[str, ...]
    address: str = ""
    seller: str = ""
    price: str = ""
    currency: str = ""


@dataclass(frozen=True)
class RowFault:
    """A row that can't be kept, and why."""

    line: int
    code: str
    values: dict[str, object]


def read_feed(data: bytes) -> list[FeedRow | RowFault]:
    """All rows, good and bad, in the order of the file.

    Raises ``CallerError`` where the file as a whole is at fault: ``feed_empty``, ``feed_not_text``,
    ``feed_columns_missing``, ``feed_too_long``, ``feed_malformed``.
    """
    text = _text(data)
    if not text.strip():
        raise CallerError("feed_empty", field="feed")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    rows: list[FeedRow | RowFault] = []
    try:
        columns = _columns(next(reader))
        for line, cells in _lines(reader):
            rows.append(_row(line, columns, cells))
            if len(rows) > MAX_ROWS:
                raise CallerError("feed_too_long", field="feed", most=MAX_ROWS)
    except csv.Error as fault:
        raise CallerError("feed_malformed", field="feed", line=reader.line_num) from fault
    return _without_repeats(rows)


def _lines(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on: a quoted cell may run over several."""
    before = reader.line_num  # type: ignore[attr-defined]
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield before + 1, cells
        before = reader.line_num  # type: ignore[attr-defined]


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise CallerError("feed_not_text", field="feed")


def _delimiter(text: str) -> str:
    header = text.lstrip().split("\n", 1)[0]
    return max(",;\t", key=header.count)


def _columns(header: list[str]) -> dict[str, int]:
    named = {name.strip().lower(): at for at, name in reversed(list(enumerate(header)))}
    found = {column: named[name] for column, names in _COLUMNS.items() for name in reversed(names) if name in named}
    missing = [column for column in _NEEDED if column not in found]
    if missing:
        raise CallerError("feed_columns_missing", field="feed", columns=", ".join(missing))
    return found


def _row(line: int, columns: dict[str, int], cells: list[str]) -> FeedRow | RowFault:
    values = {name: cells[at].strip() if at < len(cells) else "" for name, at in columns.items()}
    for name in _NEEDED:
        if not values[name]:
            return RowFault(line, "row_value_missing", {"column": name})
    for name, most in _LIMITS.items():
        if len(values.get(name, "")) > most:
            return RowFault(line, "row_value_too_long", {"column": name, "most": most})
    if values.get("price") and not _PRICE.fullmatch(values["price"]):
        return RowFault(line, "row_price_wrong", {"price": values["price"][:40]})
    if values.get("currency") and not re.fullmatch(r"[A-Z]{3}", values["currency"]):
        return RowFault(line, "row_currency_wrong", {"currency": values["currency"][:40]})
    if values.get("address") and not values["address"].startswith(("http://", "https://")):
        return RowFault(line, "row_address_wrong", {"address": values["address"][:100]})
    # "|" parts names and addresses; ";" may stand inside an address, so it parts only before another one or a name.
    pictures = tuple(part.strip() for part in re.split(r"\||;(?!\w+=)", values.pop("pictures")) if part.strip())
    if not 1 <= len(pictures) <= MAX_PICTURES:
        return RowFault(line, "row_pictures_count", {"most": MAX_PICTURES})
    return FeedRow(line=line, pictures=pictures, **values)


def _without_repeats(rows: list[FeedRow | RowFault]) -> list[FeedRow | RowFault]:
    first: dict[tuple[str, str], int] = {}
    kept: list[FeedRow | RowFault] = []
    for row in rows:
        if isinstance(row, FeedRow):
            line = first.setdefault((row.platform, row.listing_id), row.line)
            if line != row.line:
                kept.append(RowFault(row.line, "row_repeated", {"first": line}))
                continue
        kept.append(row)
    return kept
