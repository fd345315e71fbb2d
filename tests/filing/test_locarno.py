"""A class is found by what people call their goods."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenery import HandClock

from ipreg import locarno
from ipreg.errors import CallerError
from ipreg.statements import read_form

# What people of the nine trades call their goods: class, then words as somebody may type them.
EVERYDAY = Path(__file__).with_name("everyday-goods.txt").read_text("utf-8").splitlines()
SAID = [(goods.strip(), line[:5]) for line in EVERYDAY for goods in line[6:].split(",")]


@pytest.mark.parametrize(("said", "number"), [*SAID, ("10-02 手表和腕表", "10-02"), ("10.2", "10-02")])
def test_goods_lead_to_their_class(said: str, number: str) -> None:
    assert locarno.find(said) == number


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("hat and gloves", "02-03 帽子、头部遮盖物 Headwear; 02-06 手套 Gloves"),
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
