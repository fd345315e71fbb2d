"""Pictures that stand in a pushed feed themselves."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenery import draw_picture

from ipreg.sightings.inline import take_out


@pytest.mark.parametrize("escaped", [False, True])
def test_pictures_are_taken_out_and_named(escaped: bool) -> None:
    picture = draw_picture(1)
    row = {
        "platform": "淘淘",
        "listing_id": "1",
        "title": "a",
        "pictures": [address(picture), "https://x.example/1.jpg"],
    }
    text = json.dumps(row).replace("/", "\\/") if escaped else json.dumps(row)
    data, found = take_out(text.encode())
    name, other = json.loads(data)["pictures"]
    assert found == {name: picture} and other == "https://x.example/1.jpg"


def test_the_same_picture_has_one_name_and_a_broken_one_spoils_only_itself() -> None:
    feed = ",".join([address(b"one"), address(b"one"), "data:image/png;base64,A"])
    data, found = take_out(feed.encode())
    names = data.decode().split(",")
    assert names[0] == names[1] != names[2]
    assert [found[name] for name in names] == [b"one", b"one", b""]


@given(st.binary(max_size=200))
def test_what_holds_no_picture_stays_as_it_is(data: bytes) -> None:
    if b"base64" not in data:
        assert take_out(data) == (data, {})


@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=5))
def test_every_picture_comes_back_whole(pictures: list[bytes]) -> None:
    data, found = take_out(json.dumps([address(one) for one in pictures]).encode())
    assert [found[name] for name in json.loads(data)] == pictures


def address(picture: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()
