"""Slips in the numbers of rights are found."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipreg.errors import CallerError
from ipreg.models import ObtainedKind
from ipreg.rights.numbers import check_character, check_number


@pytest.mark.parametrize(
    ("digits", "check"), [("201710601862", "3"), ("97101765", "4"), ("95115608", "X"), ("201310699744", "2")]
)
def test_published_numbers_have_the_character_that_is_computed(digits: str, check: str) -> None:
    assert check_character(digits) == check


GOOD = "202330123456." + check_character("202330123456")


@pytest.mark.parametrize(
    ("kind", "given_number", "kept"),
    [
        ("design_patent", f"ZL {GOOD}", GOOD),
        ("design_patent", f"ｚｌ２０２３３０１２３４５６．{GOOD[-1]}", GOOD),
        ("design_patent", GOOD.replace(".", ""), GOOD),
        ("copyright", "国作登字-2023-F-00123456", "国作登字-2023-F-00123456"),
        ("copyright", "粤作登字—2023—F—00001234", "粤作登字-2023-F-00001234"),
        ("trade_mark", " 12345678A ", "12345678A"),
        ("hague", "dm/234567", "DM/234567"),
        ("foreign_design", "008765432-0001", "008765432-0001"),
    ],
)
def test_a_good_number_is_kept_in_its_usual_form(kind: str, given_number: str, kept: str) -> None:
    assert check_number(ObtainedKind(kind), given_number, applied_on=date(2023, 5, 1)) == kept


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("design_patent", "", "field_empty"),
        ("design_patent", "CN307654321S", "right_number_publication"),
        ("design_patent", "20233012345", "right_number_patent"),
        ("design_patent", "202310123456.1", "right_number_not_design"),
        ("design_patent", "202330123456", "right_number_check_missing"),
        ("design_patent", GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1"), "right_number_check_wrong"),
        ("design_patent", "202430123456." + check_character("202430123456"), "right_number_other_year"),
        ("copyright", "登字2023", "right_number_work"),
        ("trade_mark", "第123", "right_number_mark"),
        ("hague", "234567", "right_number_hague"),
        ("foreign_design", "pending", "right_number_foreign"),
        ("foreign_design", "1" * 65, "field_too_long"),
        ("foreign_design", "1\u202e2", "field_control_characters"),
    ],
)
def test_a_slip_is_told(kind: str, number: str, code: str) -> None:
    with pytest.raises(CallerError) as fault:
        check_number(ObtainedKind(kind), number, applied_on=date(2023, 5, 1))
    assert (fault.value.code, fault.value.field) == (code, "number")


@settings(deadline=None)
@given(st.from_regex(r"20[0-2][0-9]3[0-9]{7}", fullmatch=True), st.integers(0, 11), st.integers(0, 9))
def test_one_wrong_digit_is_always_found(digits: str, place: int, other: int) -> None:
    changed = digits[:place] + str(other) + digits[place + 1 :]
    assert changed == digits or check_character(changed) != check_character(digits)


@settings(deadline=None)
@given(st.text(max_size=70), st.sampled_from(ObtainedKind))
def test_any_text_is_a_number_or_a_told_fault(text: str, kind: ObtainedKind) -> None:
    try:
        assert check_number(kind, text, applied_on=date(2023, 5, 1))
    except CallerError as fault:
        assert fault.field == "number"
