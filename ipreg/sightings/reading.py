"""What kind of feed the bytes are, told from the bytes themselves and not from a name; then its rows. No I/O."""

from __future__ import annotations

import re

from ipreg.errors import CallerError
from ipreg.sightings.charsets import guess_charset
from ipreg.sightings.rows import IN_A_JOB, Limits, Row, without_repeats
from ipreg.sightings.tablefeed import read_table, read_xlsx
from ipreg.sightings.treefeed import read_json, read_products

ZIP = b"PK\x03\x04"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def read_feed(data: bytes, *, platform: str = "", limits: Limits = IN_A_JOB) -> list[Row]:
    """All rows, good and bad, in the order of the feed: CSV, TSV, XLSX, JSON, JSON Lines or product XML.

    ``platform`` is taken for rows that name none. Raises ``CallerError`` where the feed as a whole is at fault:
    ``feed_empty``, ``feed_not_text``, ``feed_columns_missing``, ``feed_too_long``, ``feed_malformed``,
    ``xlsx_malformed``, ``xlsx_too_large``, ``xml_malformed``, ``json_malformed``.
    """
    if data.startswith(ZIP):
        return without_repeats(read_xlsx(data, platform=platform, limits=limits))
    text = _decoded(data)
    begin = text.lstrip()[:1]
    if not begin:
        raise CallerError("feed_empty", field="feed")
    if begin == "<":
        return without_repeats(read_products(_in_utf8(text), platform=platform, limits=limits))
    if begin in "{[":
        return without_repeats(read_json(text, platform=platform, limits=limits))
    return without_repeats(read_table(text, platform=platform, limits=limits))


def _in_utf8(text: str) -> bytes:
    """The XML parser knows no GB 18030; what it says of its own encoding goes with it."""
    return re.sub(r"""(^\s*<\?xml[^>]*?)\sencoding=("[^"]*"|'[^']*')""", r"\1", text, count=1).encode(
        "utf-8", "replace"
    )


def _decoded(data: bytes) -> str:
    named = "utf-16" if data.startswith(_UTF16) else guess_charset(data)
    try:
        text = data.decode(named).removeprefix("\ufeff") if named else ""
    except UnicodeDecodeError:
        text = ""
    if "\x00" in text or (data and not text):
        raise CallerError("feed_not_text", field="feed")
    return text
