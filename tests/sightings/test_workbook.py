"""Workbooks as strangers send them: what cells show, and what may not cost more than it is worth."""

from __future__ import annotations

import io
import tracemalloc
import zipfile
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from ipreg.errors import CallerError
from ipreg.sightings.reading import read_feed
from ipreg.sightings.rows import IN_A_REQUEST, FeedRow
from ipreg.sightings.workbook import sheet_rows

WHEN = datetime(2026, 1, 2, 3, 4)  # noqa: DTZ001 - a workbook knows no time zones
HEADER = ["platform", "listing_id", "title", "pictures"]


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with another content in one of its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in {*old.namelist(), name}:
            new.writestr(part, content if part == name else old.read(part))
    return out.getvalue()


def with_shared(data: bytes, texts: bytes) -> bytes:
    """The workbook with texts that its cells share, as Excel keeps them."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        related = archive.read("xl/_rels/workbook.xml.rels")
    more = b'<Relationship Id="rId9" Type="http://x/sharedStrings" Target="sharedStrings.xml"/></Relationships>'
    data = with_part(data, "xl/_rels/workbook.xml.rels", related.replace(b"</Relationships>", more))
    return with_part(data, "xl/sharedStrings.xml", texts)


def sheet_of(inside: bytes) -> bytes:
    """A workbook whose sheet holds these bytes."""
    namespace = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = b'<worksheet xmlns="%s"><sheetData>%s</sheetData></worksheet>' % (namespace, inside)
    return with_part(workbook(HEADER), "xl/worksheets/sheet1.xml", text)


def test_cells_show_what_a_person_sees() -> None:
    row = ["文", 7, 2.50, True, None, date(2026, 1, 2), WHEN, 0.1 + 0.2, 1e-7, 123456789012]
    ((line, cells),) = sheet_rows(workbook([], row))
    assert line == 2
    assert cells == [
        "文", "7", "2.5", "True", "", "2026-01-02", "2026-01-02T03:04:00", "0.3", "0.0000001", "123456789012",
    ]  # fmt: skip


def test_how_a_name_is_spoken_and_how_it_is_painted_is_no_part_of_it() -> None:
    texts = (
        b'<x:sst xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b"<x:si><x:r><x:rPr/><x:t>\xe6\x9d\xb1</x:t></x:r><x:r><x:t>\xe4\xba\xac</x:t></x:r>"
        b'<x:rPh sb="0" eb="2"><x:t>\xe3\x83\x88</x:t></x:rPh></x:si></x:sst>'
    )
    cell = b'<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1" t="inlineStr"><is><t>in</t></is></c></row>'
    assert list(sheet_rows(with_shared(sheet_of(cell), texts))) == [(1, ["東京", "", "in"])]


@pytest.mark.parametrize(
    "inside",
    [b"<row>" + b"<x>" * 500, b'<row><c t="s"><v>9</v></c></row>', b"<row><c r='A1'><v>" + b"9" * 400 + b"</v></c>",
     b"<row " + b" ".join(b'a%d="1"' % n for n in range(300_000)) + b"/>", b"<row><c><v>1"],
    ids=["deep", "no such text", "endless number", "endless tag", "torn"],
)  # fmt: skip
def test_a_sheet_that_lies_is_refused(inside: bytes) -> None:
    with pytest.raises(CallerError, match="xlsx_malformed"):
        list(sheet_rows(sheet_of(inside)))


def test_declared_entities_are_refused() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><sst><si><t>&a;</t></si></sst>'
    with pytest.raises(CallerError, match="xlsx_malformed"):
        list(sheet_rows(with_shared(workbook(HEADER), bomb)))


def test_a_row_of_half_a_million_cells_takes_no_memory_of_its_own() -> None:
    data = sheet_of(b'<row r="1">' + b"<c><v>1</v></c>" * 500_000 + b"</row>")
    tracemalloc.start()
    try:
        ((_line, cells),) = sheet_rows(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(cells) == 100 and peak < 4 * 2**20


def test_styles_and_a_list_of_parts_without_end_are_refused_unread() -> None:
    styles = with_part(workbook(HEADER), "xl/styles.xml", b"<styleSheet>" + b" " * (5 * 2**20) + b"</styleSheet>")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(12_000):
            archive.writestr(f"[Content_Types].xml{number:0200}", b"")
    for data in (styles, out.getvalue()):
        with pytest.raises(CallerError, match="xlsx_too_large"):
            list(sheet_rows(data))


def test_somebody_who_waits_gets_an_answer_soon() -> None:
    """What may be read in the request is far less than what an import may."""
    wide = [
        HEADER + [f"more {n}" for n in range(60)],
        *(["p", n, "t", "a.jpg"] + ["x" * 40] * 60 for n in range(2500)),
    ]
    large, long = (
        workbook(*wide),
        workbook(HEADER, *(["p", n, "t", "https://s.example/a.jpg"] for n in range(1001))),
    )
    assert len(read_feed(large)) == 2500 and isinstance(read_feed(long)[-1], FeedRow)
    with pytest.raises(CallerError, match="xlsx_too_large"):
        read_feed(large, limits=IN_A_REQUEST)
    with pytest.raises(CallerError, match="feed_too_long"):
        read_feed(long, limits=IN_A_REQUEST)
