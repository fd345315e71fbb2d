from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenery import design_form

from ipreg.designform import Creator, check_form, faults_of, read_creators, read_words
from ipreg.errors import CallerError
from ipreg.models import Disclosure, RightKind

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"creator": "  "}, "field_empty", "creator"),
        ({"creator": "林晓 60%、周宁"}, "shares_incomplete", "creator"),
        ({"creator": "林晓 60%、周宁 30%"}, "shares_not_whole", "creator"),
        ({"creator": "林晓 100%、周宁 0%"}, "shares_not_whole", "creator"),
        ({"creator": "、".join(f"人{n}" for n in range(21))}, "creators_too_many", "creator"),
        ({"created_on": date(1066, 10, 14)}, "date_too_early", "created_on"),
        ({"disclosure": Disclosure.MARKETPLACE}, "disclosure_without_day", "first_disclosed_on"),
        ({"first_disclosed_on": date(2026, 2, 10)}, "disclosure_without_kind", "disclosure"),
        (
            {"disclosure": Disclosure.EXHIBITION, "first_disclosed_on": date(2026, 3, 4)},
            "first_disclosed_future",
            "first_disclosed_on",
        ),
        (
            {"disclosure": Disclosure.EXHIBITION, "first_disclosed_on": date(2026, 1, 31)},
            "disclosed_before_created",
            "first_disclosed_on",
        ),
        ({"title": "云纹\u202e外套"}, "field_control_characters", "title"),
        ({"title": "\u200b\u3164"}, "field_empty", "title"),
        ({"creator": "林\u2066晓"}, "field_control_characters", "creator"),
        ({"keywords": ("云\x7f纹",)}, "field_control_characters", "keywords"),
        ({"locarno_class": "33-01"}, "choice_wrong", "locarno_class"),
        ({"keywords": tuple(f"词{n}" for n in range(21))}, "words_too_many", "keywords"),
        ({"materials": ("丝" * 41,)}, "word_too_long", "materials"),
        ({"district": "区" * 61}, "field_too_long", "district"),
    ],
)
def test_what_is_wrong_is_named_with_its_field(change: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(CallerError) as caught:
        check_form(replace(design_form(), **change), NOW)  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.field) == (code, field)


def test_all_faults_are_told_together() -> None:
    form = replace(design_form(), title="", creator="", keywords=("长" * 50,))
    assert [fault.field for fault in faults_of(form, NOW)] == ["title", "creator", "keywords"]


def test_three_equal_shares_are_a_whole() -> None:
    form = check_form(replace(design_form(), creator="甲 33.33%, 乙 33.33%, 丙 33.33%"), NOW)
    assert form.creators[0].to_json() == {"name": "甲", "share": "33.33"}


def test_creators_that_are_given_one_by_one_are_named_in_one_line() -> None:
    creators = (Creator("林晓", Decimal(60)), Creator(" 周宁 ", Decimal(40)))
    form = check_form(replace(design_form(), creator="", creators=creators), NOW)
    assert form.creator == "林晓、周宁"
    assert form.creators[1] == Creator("周宁", Decimal(40))


def test_what_is_chosen_stands_in_one_order_and_once() -> None:
    form = replace(
        design_form(),
        rights_wanted=(RightKind.TRADE_MARK, RightKind.DESIGN_PATENT),
        keywords=("云纹", " 云纹 ", ""),
    )
    checked = check_form(form, NOW)
    assert checked.rights_wanted == (RightKind.DESIGN_PATENT, RightKind.TRADE_MARK)
    assert checked.keywords == ("云纹",)


@given(st.text())
def test_any_text_is_read_into_names_and_words(text: str) -> None:
    assert all(one.name and one.name == one.name.strip() for one in read_creators(text))
    assert all(word and "\n" not in word for word in read_words(text))
