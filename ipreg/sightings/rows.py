"""One row of a feed, checked: the same rules whatever the feed is written in. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ipreg.errors import CallerError
from ipreg.sightings.availability import availability_in
from ipreg.sightings.faults import clean_text
from ipreg.sightings.prices import currency_code, is_of_several, parse_price

MAX_ROWS = 100_000
MAX_PICTURES = 20
COLUMNS = {
    "platform": ("platform", "平台"),
    "listing_id": ("listing_id", "id", "商品编号", "商品id", "商品編號"),
    "address": ("address", "url", "link", "链接", "网址", "商品链接", "連結"),
    "title": ("title", "name", "标题", "商品标题", "商品名称", "標題"),
    "seller": ("seller", "shop", "店铺", "卖家", "店铺名称", "店鋪"),
    "seller_id": ("seller_id", "shop_id", "external_seller_id", "店铺编号"),
    "seller_address": ("seller_address", "shop_address", "店铺链接"),
    "price": ("price", "价格", "售价", "價格"),
    "sale_price": ("sale_price", "促销价"),
    "currency": ("currency", "币种", "货币", "幣別"),
    "brand": ("brand", "品牌"),
    "availability": ("availability", "库存状态"),
    "region": ("region", "地区", "发货地"),
    "pictures": ("pictures", "images", "image", "image_link", "图片", "商品图片", "圖片"),
    "more_pictures": ("additional_image_link", "更多图片"),
}
NEEDED = ("platform", "listing_id", "title", "pictures")
LIMITS = {
    "platform": 100,
    "listing_id": 200,
    "address": 2000,
    "title": 500,
    "seller": 200,
    "seller_id": 200,
    "seller_address": 2000,
    "brand": 200,
    "availability": 40,
    "region": 100,
}
# "|" parts names and addresses; "," and ";" may stand inside an address, so they part only before another one or,
# for ";", before a name.
_BETWEEN_PICTURES = re.compile(r"\||;(?!\w+=)|,(?=\s*https?://)")


@dataclass(frozen=True)
class FeedRow:
    """A row that can be kept; ``line`` counts from 1. ``pictures`` are names or addresses."""

    line: int
    platform: str
    listing_id: str
    title: str
    pictures: tuple[str, ...]
    address: str = ""
    seller: str = ""
    seller_id: str = ""
    seller_address: str = ""
    price: str = ""
    currency: str = ""
    brand: str = ""
    availability: str = ""
    region: str = ""


@dataclass(frozen=True)
class RowFault:
    """A row that can't be kept, and why."""

    line: int
    code: str
    values: dict[str, object]


Row = FeedRow | RowFault


@dataclass(frozen=True)
class Limits:
    """So many rows of a feed are read, and a workbook may unpack to so many bytes."""

    rows: int
    unpacked: int

    def check(self, rows: int) -> None:
        """Raises ``CallerError`` (``feed_too_long``)."""
        if rows > self.rows:
            raise CallerError("feed_too_long", field="feed", most=self.rows)


IN_A_JOB = Limits(MAX_ROWS, 100 * 2**20)
IN_A_REQUEST = Limits(1000, 8 * 2**20)
"""While somebody waits for the answer, and others for the process that reads."""


def columns_of(header: list[str], *, platform: str = "") -> dict[str, int]:
    """Where each column stands; raises ``CallerError`` (``feed_columns_missing``) where a needed one does not.

    ``platform`` is taken for rows that name none; the column may then be missing, and where the rows have
    addresses, whose host is it then.
    """
    named = {name.strip().lower().removeprefix("g:"): at for at, name in reversed(list(enumerate(header)))}
    named = {name.replace(" ", "_"): at for name, at in named.items()}
    found = {column: named[name] for column, names in COLUMNS.items() for name in reversed(names) if name in named}
    told = {"platform"} if platform or "address" in found else set()
    missing = [column for column in NEEDED if column not in {*found, *told}]
    if missing:
        raise CallerError("feed_columns_missing", field="feed", columns=", ".join(missing))
    return found


def known_names(values: Mapping[str, str]) -> dict[str, str]:
    """The values under our own names for the columns, whatever names they came with."""
    named = {name.strip().lower(): value for name, value in values.items()}
    return {column: named[name] for column, names in COLUMNS.items() for name in reversed(names) if name in named}


def checked_row(line: int, values: Mapping[str, str], *, platform: str = "") -> Row:
    """The row that ``values`` (by column) describe, or why it can't be kept."""
    found = {name: clean_text(value).strip() for name, value in values.items()}
    found["platform"] = found.get("platform") or platform or _host(found.get("address", ""))
    found["price"] = found.pop("sale_price", "") or found.get("price", "")
    fault = _fault(line, found)
    if fault is not None:
        return fault
    found["price"], found["currency"] = parse_price(found["price"], found.get("currency", ""), exact=True)
    found["availability"] = availability_in(found.get("availability", ""))
    pictures = _pictures(found.pop("pictures")) + _pictures(found.pop("more_pictures", ""))
    if not 1 <= len(pictures) <= MAX_PICTURES:
        return RowFault(line, "row_pictures_count", {"most": MAX_PICTURES})
    return FeedRow(line=line, pictures=tuple(dict.fromkeys(pictures)), **found)


def _fault(line: int, values: Mapping[str, str]) -> RowFault | None:
    for name in NEEDED:
        if not values.get(name):
            return RowFault(line, "row_value_missing", {"column": name})
    for name, most in LIMITS.items():
        if len(values.get(name, "")) > most:
            return RowFault(line, "row_value_too_long", {"column": name, "most": most})
    if values["price"] and not parse_price(values["price"], exact=True)[0]:
        code = "row_price_of_several" if is_of_several(values["price"]) else "row_price_wrong"
        return RowFault(line, code, {"price": values["price"][:40]})
    if values.get("currency") and not currency_code(values["currency"]):
        return RowFault(line, "row_currency_wrong", {"currency": values["currency"][:40]})
    for name in ("address", "seller_address"):
        if values.get(name) and not _is_web(values[name]):
            return RowFault(line, "row_address_wrong", {"address": values[name][:100]})
    return None


def without_repeats(rows: list[Row]) -> list[Row]:
    """The same listing a second time is a fault that names the first line."""
    first: dict[tuple[str, str], int] = {}
    kept: list[Row] = []
    for row in rows:
        if isinstance(row, FeedRow):
            line = first.setdefault((row.platform, row.listing_id), row.line)
            if line != row.line:
                kept.append(RowFault(row.line, "row_repeated", {"first": line}))
                continue
        kept.append(row)
    return kept


def _pictures(text: str) -> list[str]:
    return [part.strip() for part in _BETWEEN_PICTURES.split(text) if part.strip()]


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
