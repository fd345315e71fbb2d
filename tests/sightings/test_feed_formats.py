"""Feeds in every form that people have them in."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipreg.errors import CallerError
from ipreg.sightings.reading import read_feed
from ipreg.sightings.rows import FeedRow, RowFault

ROW = {
    "platform": "淘淘",
    "listing_id": "7",
    "title": "外套",
    "pictures": "a.jpg|b.jpg",
    "price": "99.5",
    "currency": "CNY",
}
PRODUCTS = """<?xml version="1.0" encoding="{charset}"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>shop</title>
<item><g:id>A1</g:id><title>外套</title><link>https://shop.example/a1</link><description>x</description>
<g:image_link>https://shop.example/1.jpg</g:image_link>
<g:additional_image_link>https://shop.example/2.jpg</g:additional_image_link>
<g:additional_image_link>https://shop.example/3.jpg</g:additional_image_link>
<g:price>99.00 CNY</g:price><g:brand>云锦</g:brand><g:availability>in_stock</g:availability></item>
<item><g:id>A2</g:id><title></title><g:image_link>https://shop.example/1.jpg</g:image_link></item>
</channel></rss>"""


def workbook(*rows: list[Any], **named: Any) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def only(data: bytes, platform: str = "") -> FeedRow:
    (row,) = read_feed(data, platform=platform)
    assert isinstance(row, FeedRow), row
    return row


def test_json_lines_with_our_names_or_those_of_a_csv() -> None:
    chinese = {
        "平台": "淘淘",
        "商品编号": 7,
        "标题": "外套",
        "图片": ["a.jpg", "b.jpg"],
        "价格": 99.5,
        "币种": "CNY",
    }
    for found in (ROW, chinese):
        row = only(json.dumps(found, ensure_ascii=False).encode())
        assert (row.listing_id, row.title, row.pictures, row.price) == ("7", "外套", ("a.jpg", "b.jpg"), "99.5")


def test_a_json_array_and_an_object_of_listings_are_feeds_too() -> None:
    assert len(read_feed(json.dumps([ROW, {**ROW, "listing_id": "8"}], indent=1).encode())) == 2
    assert len(read_feed(json.dumps({"listings": [ROW]}, indent=1).encode())) == 1


def test_a_broken_line_of_json_is_one_fault() -> None:
    lines = [
        json.dumps(ROW),
        "{broken",
        "[1]",
        json.dumps({**ROW, "listing_id": "8", "price": {"x": 1}}),
        "[" * 5000,
    ]
    rows = read_feed("\n".join(lines).encode())
    assert [row.code if isinstance(row, RowFault) else "kept" for row in rows] == [
        "kept", "row_not_json", "row_not_json", "row_value_wrong", "row_not_json",
    ]  # fmt: skip
    assert [row.line for row in rows] == [1, 2, 3, 4, 5]


def test_a_workbook_with_numbers_as_numbers() -> None:
    header = ["平台", "商品编号", "标题", "价格", "币种", "图片"]
    row = only(workbook(header, ["淘淘", 123456789012, "外套", 99.5, "CNY", "a.jpg"]))
    assert (row.line, row.listing_id, row.price) == (2, "123456789012", "99.5")
    faults = read_feed(workbook(header, ["淘淘", 1, None, 1, "CNY", "a.jpg"]))
    assert [(fault.line, fault.code) for fault in faults if isinstance(fault, RowFault)] == [
        (2, "row_value_missing")
    ]


def bomb() -> bytes:
    """A workbook whose sheet unpacks to a gigabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(300):
                sheet.write(b" " * 2**20)
    return out.getvalue()


def far_row() -> bytes:
    """A workbook whose only row says that it is the two-thousand-millionth."""
    plain = workbook(["platform", "listing_id", "title", "pictures"], ["p", "1", "t", "a.jpg"])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                data = data.replace(b'r="2"', b'r="2000000000"').replace(b'"A2"', b'"A2000000000"')
            new.writestr(part.filename, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [(bomb(), "xlsx_too_large"), (far_row(), "feed_too_long"), (b"PK\x03\x04nonsense", "xlsx_malformed"),
     (workbook(["a", "b"], [1, 2]), "feed_columns_missing"), (workbook(), "feed_columns_missing")],
    ids=["bomb", "far row", "damaged", "columns", "empty"],
)  # fmt: skip
def test_a_workbook_that_can_not_be_read_says_why(data: bytes, code: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_feed(data)
    assert caught.value.code == code


@pytest.mark.parametrize("charset", ["UTF-8", "GBK", "gb18030"])
def test_a_product_feed_in_xml(charset: str) -> None:
    first, second = read_feed(PRODUCTS.format(charset=charset).encode(charset), platform="好店")
    assert isinstance(first, FeedRow) and isinstance(second, RowFault)
    assert (first.platform, first.listing_id, first.title, first.brand) == ("好店", "A1", "外套", "云锦")
    assert (first.price, first.currency, first.availability) == ("99.00", "CNY", "in_stock")
    assert first.pictures == tuple(f"https://shop.example/{n}.jpg" for n in (1, 2, 3))
    assert (second.line, second.code) == (2, "row_value_missing")


def test_without_a_platform_the_host_stands_for_it() -> None:
    first = read_feed(PRODUCTS.format(charset="UTF-8").encode())[0]
    assert isinstance(first, FeedRow) and first.platform == "shop.example"


def test_an_atom_product_feed() -> None:
    text = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:g="http://base.google.com/ns/1.0"><entry><g:id>1</g:id>'
        '<title>coat</title><link href="https://shop.example/1"/><g:image_link>https://shop.example/1.jpg'
        "</g:image_link></entry></feed>"
    )
    assert only(text.encode()).address == "https://shop.example/1"


@pytest.mark.parametrize(
    "text",
    ['<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item>&b;</item></channel></rss>',
     '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><item>&a;</item></rss>', "<rss><item>"],
)  # fmt: skip
def test_entities_and_broken_xml_are_refused(text: str) -> None:
    with pytest.raises(CallerError, match="xml_malformed"):
        read_feed(text.encode())


def test_a_tab_separated_product_feed() -> None:
    header = "id\ttitle\tlink\timage link\tadditional image link\tprice\tbrand"
    pictures = "https://s.example/1.jpg\thttps://s.example/2.jpg,https://s.example/3.jpg"
    row = only(f"{header}\n1\tcoat\thttps://s.example/1\t{pictures}\t15.00 USD\tX\n".encode(), platform="s")
    assert (row.price, row.currency, len(row.pictures)) == ("15.00", "USD", 3)


@given(
    st.one_of(
        st.binary(max_size=300), st.text(max_size=300).map(lambda text: ("<rss>" + text).encode("utf-8", "replace"))
    )
)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    for begin in (b"", b"{", b"[", b"<", b"PK\x03\x04", b"\xff\xfe"):
        try:
            rows = read_feed(begin + data, platform="p")
        except CallerError:
            continue
        assert all(isinstance(row, FeedRow | RowFault) for row in rows)


def test_a_table_that_names_no_platform_is_of_the_host_of_its_links() -> None:
    """As the tab-separated form of shopping search has it."""
    header = "id\ttitle\tlink\tprice\timage link\tadditional image link\n"
    row = "A1\tcoat\thttps://www.shop.example/1\t9.00 CNY\thttps://shop.example/1.jpg\thttps://shop.example/2.jpg\n"
    (found,) = read_feed((header + row).encode())
    assert isinstance(found, FeedRow)
    assert (found.platform, found.price, found.currency) == ("shop.example", "9.00", "CNY")
    assert found.pictures == ("https://shop.example/1.jpg", "https://shop.example/2.jpg")
