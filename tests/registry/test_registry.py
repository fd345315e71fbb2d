from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from scenery import HandClock, People, design_form, draw_picture, one_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import digests, log, numbers, registry
from ipreg.errors import CallerError, MissingError, PermissionDeniedError, ProofError
from ipreg.models import Filing, ViewKind
from ipreg.models.log import LogEntry
from ipreg.registry import Picture
from ipreg.runtime import Runtime


def file(runtime: Runtime, session: Session, people: People, clock: HandClock, **change: object) -> Filing:
    values: dict[str, object] = {
        "applicant": people.designer,
        "form": design_form(),
        "pictures": one_picture(),
        "request_key": "request-1",
        "now": clock(),
    }
    return registry.register_design(session, runtime.store, **{**values, **change})  # type: ignore[arg-type]


def test_a_filing_has_number_digests_time_and_a_provable_log_entry(
    runtime: Runtime, session: Session, people: People, clock: HandClock
) -> None:
    filing = file(runtime, session, people, clock)
    assert numbers.is_number(filing.number)
    assert filing.filed_at == clock()
    data = runtime.store.get(filing.views[0].sha256)
    assert data == draw_picture(1)
    assert filing.views[0].file.sm3 == digests.digests(data).sm3
    log.sign_checkpoint(session, signer=runtime.log_key, now=clock())
    assert filing.log_index == 0
    log.prove_inclusion(session, index=0).verify(runtime.log_key.verifier)
    assert log.verify_log(session, verifier=runtime.log_key.verifier) == 1


def test_the_manifest_is_what_the_log_entry_commits_to_and_names_no_applicant(
    runtime: Runtime, session: Session, people: People, clock: HandClock
) -> None:
    filing = file(runtime, session, people, clock)
    entry = session.scalars(select(LogEntry)).one()
    assert entry.statement == filing.manifest
    assert json.loads(filing.manifest)["files"][0]["sha256"] == filing.views[0].sha256
    assert people.designer.email not in filing.manifest
    assert filing.views[0].sha256.encode() not in entry.leaf


def test_the_same_request_twice_is_one_filing(
    runtime: Runtime, session: Session, people: People, clock: HandClock
) -> None:
    assert file(runtime, session, people, clock) is file(runtime, session, people, clock)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"form": replace(design_form(), title="  ")}, "field_empty", "title"),
        ({"form": replace(design_form(), title="长" * 201)}, "field_too_long", "title"),
        ({"form": replace(design_form(), creator="a\x00b")}, "field_control_characters", "creator"),
        ({"form": replace(design_form(), created_on=date(2026, 3, 4))}, "created_on_future", "created_on"),
        ({"pictures": []}, "pictures_none", "pictures"),
        ({"pictures": one_picture() * 13}, "pictures_too_many", "pictures"),
        ({"pictures": one_picture() * 2}, "picture_twice", "pictures-1"),
        ({"pictures": [Picture(ViewKind.BACK, "x.png", b"")]}, "picture_empty", "pictures-0"),
        ({"pictures": [Picture(ViewKind.BACK, "x.png", b"hello")]}, "picture_not_a_picture", "pictures-0"),
        (
            {"pictures": [Picture(ViewKind.BACK, "x.jpg", draw_picture(1)[:900])]},
            "picture_broken",
            "pictures-0",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_field(
    runtime: Runtime,
    session: Session,
    people: People,
    clock: HandClock,
    change: dict[str, object],
    code: str,
    field: str,
) -> None:
    with pytest.raises(CallerError) as caught:
        file(runtime, session, people, clock, **change)
    assert (caught.value.code, caught.value.field) == (code, field)


def test_a_stranger_does_not_even_learn_that_a_filing_exists(
    runtime: Runtime, session: Session, people: People, clock: HandClock
) -> None:
    number = file(runtime, session, people, clock).number
    for owner in (people.designer, people.enterprise):
        assert registry.get_filing(session, number=number, account=owner).number == number
    for stranger in (people.freelancer, people.rival, people.regulator, people.administrator):
        with pytest.raises(MissingError):
            registry.get_filing(session, number=number, account=stranger)


def test_a_regulator_does_not_file(runtime: Runtime, session: Session, people: People, clock: HandClock) -> None:
    with pytest.raises(PermissionDeniedError):
        file(runtime, session, people, clock, applicant=people.regulator)


def test_a_changed_statement_is_noticed(
    runtime: Runtime, session: Session, people: People, clock: HandClock
) -> None:
    file(runtime, session, people, clock)
    session.scalars(select(LogEntry)).one().statement += " "
    session.flush()
    with pytest.raises(ProofError, match="log_statement_changed"):
        log.verify_log(session, verifier=runtime.log_key.verifier)


def test_a_slip_in_a_number_is_caught() -> None:
    number = numbers.make_number("YB", year=2026, serial=123)
    for at, letter in enumerate(number):
        if letter.isdigit():
            wrong = number[:at] + str((int(letter) + 1) % 10) + number[at + 1 :]
            assert not numbers.is_number(wrong)
