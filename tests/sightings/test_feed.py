"""The feed's parser and the fetching of addresses that strangers chose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ipreg.errors import CallerError
from ipreg.sightings.csvfeed import FeedRow, RowFault, read_feed
from ipreg.sightings.fetch import checked_host

HEADER = "platform,listing_id,title,pictures\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings_and_delimiters(encoding: str, delimiter: str) -> None:
    text = "平台,商品编号,标题,图片\n淘淘,1,外套,a.jpg|b.jpg\n".replace(",", delimiter)
    (row,) = read_feed(text.encode(encoding))
    assert isinstance(row, FeedRow)
    assert (row.line, row.title, row.pictures) == (2, "外套", ("a.jpg", "b.jpg"))


def test_a_cell_over_several_lines_does_not_shift_the_numbers() -> None:
    rows = read_feed((HEADER + 'p,1,"one\ntwo",a.jpg\n\np,2,,a.jpg\n').encode())
    assert [(type(row), row.line) for row in rows] == [(FeedRow, 2), (RowFault, 5)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "feed_empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\xff\xff", "feed_not_text"),
        (b"a,b,c\n1,2,3\n", "feed_columns_missing"),
        ((HEADER + 'p,1,"open,a.jpg\n').encode(), "feed_malformed"),
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


@pytest.mark.network
@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::1", "fe80::1", "fd00::1",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1", "100.64.0.1", "2130706433"],
)  # fmt: skip
def test_no_private_address_is_connected_to(host: str) -> None:
    with pytest.raises(CallerError, match="address_private"):
        checked_host(host, 80, allow_private=False)
