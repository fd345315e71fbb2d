"""Texts of letters: placeholders, what is wrong with one, versions, and that a title can't write the letter."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenery import HandClock, People
from sqlalchemy.orm import Session

from ipreg.errors import CallerError, ConflictError, PermissionDeniedError
from ipreg.models import LegalLetterKind
from ipreg.response import texts
from ipreg.response.standard import standard
from ipreg.warning.owners import owner_for

NOTICE = LegalLetterKind.NOTICE
GOOD = (
    "我方就下列商品通知贵平台：{商品清单}。要求：{要求}。依据：{权利依据}。请及时采取必要措施并告知结果，谢谢配合。"
)


def fault_of(text: str) -> tuple[str, dict[str, Any]]:
    with pytest.raises(CallerError) as fault:
        texts.checked(NOTICE, text, "text_zh")
    assert fault.value.field == "text_zh"
    return fault.value.code, fault.value.values


@pytest.mark.parametrize("kind", list(LegalLetterKind))
def test_the_standard_texts_hold_what_they_need(kind: LegalLetterKind) -> None:
    for text in standard(kind):
        assert texts.checked(kind, text, "text_zh")


def test_a_wrong_placeholder_is_named_with_its_line_and_the_likely_one() -> None:
    code, values = fault_of(GOOD + "\n卖家：{卖家名}")
    assert (code, values["line"], values["name"], values["near"]) == (
        "placeholder_unknown_near", 2, "{卖家名}", "{卖家}",
    )  # fmt: skip
    assert fault_of(GOOD + "{xyzzyqq}")[0] == "placeholder_unknown"
    assert fault_of(GOOD + "\n\n} 完")[1]["line"] == 3
    assert fault_of(GOOD.replace("{要求}", "删除")) == (
        "placeholder_needed", {"name": "{measures}", "chinese": "{要求}"},
    )  # fmt: skip
    assert fault_of("{商品清单}")[0] == "reason_length"
    assert fault_of(GOOD + "\x07")[0] == fault_of(GOOD + "\x00")[0] == "field_control_characters"
    assert texts.checked(NOTICE, GOOD.replace("{要求}", "{ measures }") + "{{样本}}", "text_zh")


VALUES = st.dictionaries(st.sampled_from(list(texts.PLACEHOLDERS)), st.text(alphabet="{}abc外\n", max_size=12)).map(
    lambda some: {**dict.fromkeys(texts.PLACEHOLDERS, "?"), **some}
)


@given(values=VALUES, name=st.sampled_from(list(texts.PLACEHOLDERS)))
def test_what_is_filled_in_is_never_read_as_a_placeholder(values: dict[str, str], name: str) -> None:
    chinese = texts.PLACEHOLDERS[name][0]
    text = f"a {{{name}}} b {{{chinese}}} {{{{{name}}}}}"
    assert texts.fill(text, values) == f"a {values[name]} b {values[name]} {{{name}}}"


def test_versions_are_kept_and_the_newest_holds_for_this_owner_alone(
    session: Session, people: People, clock: HandClock
) -> None:
    mine, other = owner_for(people.enterprise), owner_for(people.rival)
    english = standard(NOTICE)[1]

    def save(text: str, seen: int) -> Any:
        return texts.save(
            session, owner=mine, kind=NOTICE, account=people.enterprise, text_zh=text, text_en=english, seen=seen,
            now=clock(),
        )  # fmt: skip

    assert save(standard(NOTICE)[0] + "\r\n", 0) is None, "nothing changed, so nothing is kept"
    assert save(GOOD, 0).version == 1
    assert save(GOOD + "此致", 1).version == 2
    with pytest.raises(ConflictError, match="legal_text_changed"):
        save(GOOD + "敬礼", 1)
    assert texts.texts_of(session, mine, NOTICE).zh.endswith("此致")
    assert texts.texts_of(session, mine, NOTICE, 1).zh == GOOD
    assert texts.texts_of(session, other, NOTICE).version == 0
    assert [one.version for one in texts.versions_of(session, mine, NOTICE)] == [2, 1]
    with pytest.raises(PermissionDeniedError):
        texts.save(
            session, owner=mine, kind=NOTICE, account=people.rival, text_zh=GOOD, text_en=english, seen=2,
            now=clock(),
        )  # fmt: skip
