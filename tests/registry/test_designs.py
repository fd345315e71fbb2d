"""One's own designs are found by what one remembers of them, and nobody else's are."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scenery import HandClock, People, design_form, one_picture
from sqlalchemy.orm import Session

from ipreg import designs, registry
from ipreg.designs import Wanted
from ipreg.models import Account, Filing, Industry
from ipreg.models.terms import terms, wanted_terms
from ipreg.runtime import Runtime


@given(st.text(min_size=1, max_size=30), st.data())
def test_any_part_of_a_word_finds_it(text: str, data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(text.split() or ["x"]))
    start = data.draw(st.integers(0, len(word) - 1))
    part = word[start : data.draw(st.integers(start + 1, len(word)))]
    assert set(wanted_terms(part)) <= set(terms(f"{text} {word}"))
    assert all(len(one) <= 8 for one in terms(text))


def file(
    session: Session, runtime: Runtime, clock: HandClock, account: Account, title: str, key: str, **more: object
) -> Filing:
    form = replace(design_form(title), **more)  # type: ignore[arg-type]
    return registry.register_design(
        session, runtime.store, applicant=account, form=form, pictures=one_picture(), request_key=key,
        now=clock.move(days=1),
    )  # fmt: skip


def titles(session: Session, account: Account, **given: str) -> list[str]:
    return [one.title for one in designs.search(session, account=account, wanted=Wanted.read(given)).filings]


@pytest.fixture
def filed(session: Session, people: People, runtime: Runtime, clock: HandClock) -> list[Filing]:
    return [
        file(session, runtime, clock, people.designer, "云纹立领短外套", "1"),
        file(session, runtime, clock, people.enterprise, "Silver Fox 胸针", "2", industry=Industry.JEWELLERY),
        file(session, runtime, clock, people.freelancer, "云纹长裙 100%_棉", "3"),
    ]


@pytest.mark.parametrize(
    ("given_values", "found"),
    [
        ({}, ["Silver Fox 胸针", "云纹立领短外套"]),
        ({"order": "oldest"}, ["云纹立领短外套", "Silver Fox 胸针"]),
        ({"q": "云纹"}, ["云纹立领短外套"]),
        ({"q": "领"}, ["云纹立领短外套"]),
        ({"q": "纹立 外套"}, ["云纹立领短外套"]),
        ({"q": "ilver FOX"}, ["Silver Fox 胸针"]),
        ({"q": "林晓"}, ["Silver Fox 胸针", "云纹立领短外套"]),
        ({"q": "长裙"}, []),
        ({"q": "%"}, []),
        ({"industry": "jewellery"}, ["Silver Fox 胸针"]),
        ({"industry": "cars", "page": "-3"}, ["Silver Fox 胸针", "云纹立领短外套"]),
        ({"since": "2026-03-04"}, ["Silver Fox 胸针"]),
        ({"until": "2026-03-03"}, ["云纹立领短外套"]),
        ({"since": "yesterday"}, ["Silver Fox 胸针", "云纹立领短外套"]),
        ({"page": "2"}, []),
        ({"page": "9" * 40}, ["Silver Fox 胸针", "云纹立领短外套"]),
    ],
)
def test_search_of_an_enterprise(
    session: Session, people: People, filed: list[Filing], given_values: dict[str, str], found: list[str]
) -> None:
    assert titles(session, people.enterprise, **given_values) == found


def test_each_finds_his_own(session: Session, people: People, filed: list[Filing]) -> None:
    assert titles(session, people.designer) == ["云纹立领短外套"]
    assert titles(session, people.freelancer, q="100%_棉") == ["云纹长裙 100%_棉"]
    assert titles(session, people.rival) == titles(session, people.regulator) == []
    number = filed[0].number
    assert titles(session, people.designer, q=number.lower()) == titles(session, people.designer, q=number[:9])
    assert titles(session, people.rival, q=number) == []


def test_what_a_filing_is_found_by_follows_the_filing(
    session: Session, people: People, filed: list[Filing]
) -> None:
    filed[0].title = "素色短外套"
    session.flush()
    assert titles(session, people.designer, q="云纹") == []
    assert titles(session, people.designer, q="素色") == ["素色短外套"]


def test_pages_are_told_apart(
    session: Session, people: People, runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(designs, "PAGE", 2)
    for number in range(5):
        file(session, runtime, clock, people.designer, f"外套{number}", str(number))
    found = [designs.search(session, account=people.enterprise, wanted=Wanted(page=page)) for page in (1, 2, 3, 4)]
    assert [[one.title for one in page.filings] for page in found] == [
        ["外套4", "外套3"], ["外套2", "外套1"], ["外套0"], [],
    ]  # fmt: skip
    assert [page.more for page in found] == [True, True, False, False]
    assert {page.count for page in found} == {5}


def test_what_can_not_be_read_is_named() -> None:
    wanted = Wanted.read({"since": "2026-02-30", "until": "2026-02-03", "q": "x" * 1000})
    assert wanted.faults == ("since",) and wanted.until == date(2026, 2, 3) and len(wanted.words) == 100
