"""A class is found by what people call their goods."""

from __future__ import annotations

import pytest
from scenery import HandClock

from ipreg import locarno
from ipreg.errors import CallerError
from ipreg.statements import read_form


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("手表", "10-02"), ("watches", "10-02"), ("连衣裙", "02-02"), ("红色连衣裙", "02-02"), ("ring", "11-01"),
        ("gold rings", "11-01"), ("eyeglass frame", "16-06"), ("Eyeglass Frames", "16-06"), ("沙发", "06-01"),
        ("glasses", "16-06"), ("glass", "07-01"), ("口红", "28-02"), ("t恤", "02-02"), ("表带", "10-07"),
        ("bra", "02-01"), ("手提包", "03-01"), ("漆器摆件", "11-02"),
        ("10-02 手表和腕表", "10-02"),
        ("10.2", "10-02"),
    ],
)  # fmt: skip
def test_goods_lead_to_their_class(said: str, number: str) -> None:
    assert locarno.find(said) == number


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("lace dress", "02-02 服装 Garments; 05-02 花边 Lace"),
        ("furniture", "06-03"),
        ("外星人", None),
        ("10-88", None),
    ],
)
def test_what_is_not_one_class_is_told_with_those_it_may_be(said: str, told: str | None, clock: HandClock) -> None:
    fault = read_form({"locarno_class": said}, clock())[1]["locarno_class"]
    assert isinstance(fault, CallerError) and fault.code == ("locarno_several" if told else "locarno_unknown")
    assert (told or "") in str(fault.values["classes"])


def test_every_class_of_the_goods_is_in_the_list_and_no_goods_stand_twice() -> None:
    numbers = [number for number, _, _ in locarno._GOODS]
    assert len(set(numbers)) == len(numbers) and set(numbers) <= {one.number for one in locarno.PLACES}
    named = [word for number in numbers for word in locarno.goods_of(number).lower().split(", ")]
    assert len(set(named)) == len(named), sorted({one for one in named if named.count(one) > 1})
