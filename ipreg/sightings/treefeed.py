"""Feeds that are not tables: JSON (an array, or a line an object) and the product feeds of shopping search.

The latter are RSS 2.0 or Atom with elements of the namespace ``http://base.google.com/ns/1.0``
(https://support.google.com/merchants/answer/7052112). No I/O.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import defusedxml.ElementTree
from defusedxml import DefusedXmlException

from ipreg.errors import CallerError
from ipreg.sightings.rows import IN_A_JOB, MAX_PICTURES, Limits, Row, RowFault, checked_row, known_names

MAX_PARTS, MAX_DEPTH = 10_000, 100  # of an item
_ITEMS = ("item", "entry")
_LINK_RELATIONS = ("alternate", "")
# Shops paste addresses and names into XML as they are; there it would have to be "&amp;".
_LONE_AMPERSAND = re.compile(rb"&(?!#?\w{1,10};)")


def read_json(text: str, *, platform: str = "", limits: Limits = IN_A_JOB) -> list[Row]:
    """The rows of JSON Lines, or of one JSON array (or ``{"listings": [...]}``); a broken line is one fault.

    Raises ``CallerError``: ``feed_too_long``.
    """
    rows: list[Row] = []
    for line, found in _objects(text):
        rows.append(found if isinstance(found, RowFault) else row_of_object(line, found, platform=platform))
        limits.check(len(rows))
    return rows


def row_of_object(line: int, found: object, *, platform: str = "") -> Row:
    """The row that a JSON object describes, with our names for its members or those of a CSV's columns."""
    if not isinstance(found, dict):
        return RowFault(line, "row_not_json", {})
    values: dict[str, str] = {}
    for name, value in found.items():
        text = _text(value)
        if text is None:
            return RowFault(line, "row_value_wrong", {"column": str(name)[:40]})
        values[str(name)] = text
    return checked_row(line, known_names(values), platform=platform)


def read_products(data: bytes, *, platform: str = "", limits: Limits = IN_A_JOB) -> list[Row]:
    """The rows of a product feed in XML; ``line`` counts its items from 1.

    Raises ``CallerError``: ``xml_malformed`` (also where it declares entities), ``feed_too_long``.
    """
    try:
        return _items(data, platform, limits)
    except CallerError as fault:
        mended = _LONE_AMPERSAND.sub(b"&amp;", data)
        if fault.code != "xml_malformed" or mended == data:
            raise
        return _items(mended, platform, limits)


def _items(data: bytes, platform: str, limits: Limits) -> list[Row]:
    """Each item as it ends; what was read is let go at once, items and all else, for a feed may be long."""
    rows: list[Row] = []
    around: list[Element] = []
    item, parts = 0, 0
    try:
        for event, element in defusedxml.ElementTree.iterparse(io.BytesIO(data), events=("start", "end")):
            if event == "start":
                around.append(element)
                item = item or (len(around) if _name(element) in _ITEMS else 0)
                parts = parts + 1 if item else 0
                if parts > MAX_PARTS or len(around) > MAX_DEPTH:
                    raise ValueError("an item without end")
                continue
            if len(around) == item:
                rows.append(checked_row(len(rows) + 1, _values(element), platform=platform))
                limits.check(len(rows))
                item = 0
            around.pop()
            if not item and around:
                around[-1].remove(element)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as fault:
        raise CallerError("xml_malformed", field="feed") from fault
    return rows


def _objects(text: str) -> Iterator[tuple[int, Any]]:
    whole = _whole(text)
    if whole is not None:
        yield from enumerate(whole, 1)
        return
    for line, content in enumerate(text.splitlines(), 1):
        if content.strip():
            yield line, _loaded(line, content)


def _whole(text: str) -> list[Any] | None:
    """The rows where the text is one JSON value and not a value a line."""
    if not text.lstrip().startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return None
        listings = found.get("listings") if isinstance(found, dict) else None
        return listings if isinstance(listings, list) else None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise CallerError("json_malformed", field="feed") from fault
    return list(found)


def _loaded(line: int, content: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return RowFault(line, "row_not_json", {})


def _text(value: object) -> str | None:
    """What a member says as text; lists of pictures are joined; None for what can't be meant."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | dict):
        return None
    if isinstance(value, int | float):
        return format(value, "f").rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    if isinstance(value, list) and len(value) <= MAX_PICTURES and all(isinstance(one, str) for one in value):
        return "|".join(value)
    return None


def _values(item: Element) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in item:
        name, text = _name(part), (part.text or "").strip()
        if name == "link" and part.get("href") and part.get("rel", "") in _LINK_RELATIONS:
            text = part.get("href", "")
        if not text:
            continue
        if name == "additional_image_link":
            found[name] = f"{found[name]}|{text}" if name in found else text
        elif _namespace(part).startswith("http://base.google.com/ns/1.0") or name not in found:
            found[name] = text  # the feed's own element says more than one of RSS of the same name
    return known_names(found)


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2].lower()


def _namespace(element: Element) -> str:
    return str(element.tag).rpartition("}")[0].lstrip("{")
