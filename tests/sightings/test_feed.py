"""The feed's parser and the fetching of addresses that strangers chose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenery import HandClock, People

from ipreg.db import transaction
from ipreg.errors import CallerError
from ipreg.runtime import Runtime
from ipreg.sightings.listings import Bringer, Offer, see_listing
from ipreg.sightings.reading import read_feed
from ipreg.sightings.rows import FeedRow, RowFault

HEADER = "platform,listing_id,title,pictures\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    text = "平台,商品编号,标题,图片\n淘淘,1,外套,a.jpg|b.jpg\n".replace(",", delimiter)
    (row,) = read_feed(text.encode(encoding))
    assert isinstance(row, FeedRow)
    assert (row.line, row.title, row.pictures) == (2, "外套", ("a.jpg", "b.jpg"))


def test_quotes_that_do_not_close_spoil_one_row() -> None:
    rows = read_feed(
        (HEADER + 'p,1,"open,a.jpg\np,2,good,a.jpg\np,3,"a"b,a.jpg\np,4,one\u2028line,a.jpg\n').encode()
    )
    assert [(row.line, type(row)) for row in rows] == [(2, RowFault), (3, FeedRow), (4, RowFault), (5, FeedRow)]


def test_what_spreadsheets_write_first_is_no_row() -> None:
    (row,) = read_feed(("\ufeffsep=;\n" + HEADER.replace(",", ";") + "p;1;外套;a.jpg\n").encode())
    assert isinstance(row, FeedRow) and (row.line, row.title) == (3, "外套")


@pytest.mark.parametrize(
    ("title", "encoding"),
    [
        ("純棉刺繡連身裙 復古花瓶", "big5"),
        ("外套", "big5"),
        ("云纹外套 羊毛", "gb18030"),
        ("Vase bleuté, façonné", "cp1252"),
    ],
)
def test_a_charset_without_a_label_is_the_one_that_makes_sense(title: str, encoding: str) -> None:
    (row,) = read_feed((HEADER + f'p,1,"{title}",a.jpg\n').encode(encoding))
    assert isinstance(row, FeedRow) and row.title == title


@pytest.mark.parametrize(
    ("price", "currency", "read"),
    [("1.2万元", "", ("12000", "CNY")), ("RMB 1,299", "", ("1299", "CNY")), ("￥１２９", "", ("129", "CNY")),
     ("1.299,00", "€", ("1299.00", "EUR")), ("99-199", "人民币", ("99", "CNY")), 
     ("129.000", "usd", ("129.000", "USD"))],
)  # fmt: skip
def test_prices_as_people_type_them(price: str, currency: str, read: tuple[str, str]) -> None:
    (row,) = read_feed(
        f'platform,listing_id,title,pictures,price,currency\np,1,x,a.jpg,"{price}",{currency}\n'.encode()
    )
    assert isinstance(row, FeedRow) and (row.price, row.currency) == read


def test_a_cell_over_several_lines_does_not_shift_the_numbers() -> None:
    rows = read_feed((HEADER + 'p,1,"one\ntwo",a.jpg\n\np,2,,a.jpg\n').encode())
    assert [(type(row), row.line) for row in rows] == [(FeedRow, 2), (RowFault, 5)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "feed_empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xff", "feed_not_text"),
        (b"a,b,c\n1,2,3\n", "feed_columns_missing"),
        (b'"platform,listing_id\n', "feed_malformed"),
    ],
)
def test_a_file_that_is_no_feed_is_refused_with_its_reason(data: bytes, code: str) -> None:
    with pytest.raises(CallerError) as caught:
        read_feed(data)
    assert caught.value.code == code


@given(st.binary(max_size=400))
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        rows = read_feed(HEADER.encode() + data)
    except CallerError:
        return
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines)) and all(line > 1 for line in lines)


def test_a_nul_in_a_text_stops_no_import(runtime: Runtime, clock: HandClock) -> None:
    """PostgreSQL refuses it."""
    with transaction(runtime.sessions) as session:
        bringer = Bringer(People(session, clock()).enterprise.id)
        offer = Offer("淘\0淘", "1\0", "云纹\0外套", seller="好\0店")
        see_listing(session, offer=offer, bringer=bringer, now=clock())
        found = see_listing(session, offer=Offer("淘淘", "1", "云纹外套"), bringer=bringer, now=clock())
    assert (found.platform, found.external_id, found.title, found.seller) == ("淘淘", "1", "云纹外套", "好店")
