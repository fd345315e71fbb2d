"""Every step in every state, forged by everybody on pages and API: what the table does not allow moves nothing."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import Databases
from forgers import NOTED, Forger, Forgery, as_form, forgery
from papers import open_prepared
from postgres import in_memory
from scenery import HandClock
from werkzeug.test import TestResponse
from written import written

from ipreg.casework import table
from ipreg.casework.table import Need
from ipreg.models import Case, CaseState
from ipreg.web import casedesk, casesteps

EVERYBODY = (
    "officer", "second", "supervisor", "auditor", "administrator", "enterprise", "designer", "looker", "outside",
    "freelancer", "rival", "respondent", "nobody",
)  # fmt: skip
OFFICERS = ("officer", "second", "supervisor")
INSIDE = (*OFFICERS, "enterprise")


@pytest.fixture(scope="module")
def forged(databases: Databases, seal_file: Path) -> Iterator[Forgery]:
    """One for all tests here: nothing that they do may change it. Each refusal is a commit; in memory these are
    quick. Of the page that is shown again only the words are made that say what was wrong."""
    with tempfile.TemporaryDirectory(dir=in_memory()) as folder, pytest.MonkeyPatch.context() as patch:
        for module in (casesteps, casedesk):
            patch.setattr(module, "page", only_the_words)
        runtime = open_prepared(Path(folder), databases, seal_file)
        yield forgery(runtime, HandClock())
        runtime.sessions.kw["bind"].dispose()
        databases.drop(Path(folder))


def only_the_words(_case: Case, faults: dict[str, str], *_action: str, **_more: object) -> str:
    return f"<p>This is what was wrong with the form: {faults}</p>"


@pytest.fixture(autouse=True)
def nothing_moves(forged: Forgery) -> Iterator[None]:
    before = forged.rows()
    yield
    after = forged.rows()
    assert [name for name in before if before[name] != after[name]] == []


def refused(answer: TestResponse, tables: set[str], *expected: int) -> str | None:
    """What was wrong about the answer, if anything was."""
    said = answer.status_code
    text = answer.get_data(as_text=True) if said != 302 else ""
    answer.close()
    if tables - NOTED:
        return f"wrote {sorted(tables - NOTED)}, {said}"
    if said not in expected:
        return f"{said} and not {expected}"
    away = said == 302 and "/sign-in" not in answer.headers["Location"]
    return "went through" if away else "says nothing" if said >= 400 and len(text) < 40 else None


def expected_of(one: Forger, state: CaseState, action: str) -> tuple[int, int]:
    """How a page, and how the API refuses him."""
    if one.name in ("nobody", "respondent"):
        return 302, 401
    if one.name in ("auditor", "administrator", "looker"):
        return 403, 403
    if not one.sees:
        return 404, 404
    return (409, 409) if table.find(state, action) is None else (403, 403)


def send_either_way(
    one: Forger, turn: int, number: str, action: str, given: dict[str, Any], *, document: bool = True
) -> tuple[str, TestResponse, set[str]]:
    """By a form or by JSON, in turn; the answer, and the tables that were written to. Pages take twice as long."""
    way = ("page", "api", "api")[turn % 3]
    form = as_form({name: value for name, value in given.items() if value is not None})
    if not document:
        form.pop("document")
    path = f"/cases/{number}/steps/{action}"
    with written() as tables:
        answer = one.send(path, form) if way == "page" else one.ask("POST", path, given)
    return way, answer, tables


@pytest.mark.parametrize("name", EVERYBODY)
def test_a_step_that_is_not_his_moves_nothing(forged: Forgery, name: str) -> None:
    """Officers and the owner try every second step in every state, on pages and API in turn, so that each step of
    each state is tried by two of them; those whom the case is not for are refused before the step is looked at,
    and try some. (``test_table`` has the whole product, without HTTP.)"""
    one, wrong, tried = forged.forgers[name], [], 0
    for place, (state, number) in enumerate(forged.numbers.items()):
        given = forged.everything(state)
        for turn, action in enumerate(table.ACTIONS):
            which = turn + place + EVERYBODY.index(name)
            if one.may(state, action) or which % (2 if name in INSIDE else 9):
                continue
            tried += 1
            way, answer, tables = send_either_way(one, tried, number, action, given)
            expected = expected_of(one, state, action)[way == "api"]
            if told := refused(answer, tables, expected):
                wrong.append((state, action, way, told))
    assert wrong == []
    assert tried > (100 if name in INSIDE else 30)


@pytest.mark.parametrize("name", INSIDE)
def test_who_did_not_see_the_case_as_it_is_moves_nothing(forged: Forgery, name: str) -> None:
    """Also where the step is his: with the version of before, one that is not yet, none, or one that is none."""
    one, wrong, turn = forged.forgers[name], [], 0
    for state, number in forged.numbers.items():
        given = forged.everything(state)
        stale = (given["row_version"] - 1, given["row_version"] + 1, -1, 2**31 - 1, 10**30, "x", "1e3", "", None)
        for action in table.ACTIONS:
            if one.may(state, action):
                turn += 1
                body = given | {"row_version": stale[turn % len(stale)]}
                way, answer, tables = send_either_way(one, turn, number, action, body)
                if told := refused(answer, tables, 409, *((400,) if way == "api" else ())):
                    wrong.append((state, action, way, body["row_version"], told))
    assert wrong == [] and turn


# What each thing that a step needs may not be. A form sends all of it as text, JSON as it stands here.
NONSENSE: dict[Need, tuple[object, ...]] = {
    Need.REASON: ("", "短", " " * 40, "长" * 5001, None, 7, ["x"]),
    Need.OUTCOME: ("", "guilty", None, 1, "INFRINGING"),
    Need.OFFICER: ("", "x", 0, -1, 10**30, 999999, None, "designer"),
    Need.CASE: ("", "../..", "AJ2026-9999999-9", "itself", None, 5, "A" * 100_000),
    Need.CLOCK: ("", "sun", None, 3),
    Need.DAYS: ("", 0, -5, 1001, 10**30, "5.5", None, True),
    Need.SEVERITY: ("", 0, 4, -1, 10**30, "x", None),
    Need.SIDE: ("", "nobody", "officer", None, 1),
    Need.TIME: (
        "",
        "yesterday",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2020-01-01T10:00",
        None,
    ),
    Need.PLACE: ("", "   ", "厅" * 201, None, 4),
}
WORDS = "一份伪造的说明，共十个字以上。"


@pytest.mark.parametrize("name", OFFICERS)
def test_what_a_step_needs_and_is_nonsense_moves_nothing(forged: Forgery, name: str) -> None:
    one, wrong, turns = forged.forgers[name], [], Counter[Need]()
    for state, number in forged.numbers.items():
        given = forged.everything(state)
        for action in table.ACTIONS:
            move = table.find(state, action)
            needs = sorted(move.needs) if move is not None and one.may(state, action) else []
            if not needs:
                continue
            need = min(needs, key=lambda one: turns[one])
            turns[need] += 1
            value = None if need is Need.DOCUMENT else NONSENSE[need][turns[need] % len(NONSENSE[need])]
            value = {"designer": forged.people["designer"], "itself": number}.get(str(value), value)
            body = given if need is Need.DOCUMENT else given | {need.value: value}
            turn, document = turns[need] // 2, need is not Need.DOCUMENT
            way, answer, tables = send_either_way(one, turn, number, action, body, document=document)
            if told := refused(answer, tables, 400, 403, 409):
                wrong.append((state, action, need, str(value)[:60], way, told))
    assert wrong == [] and (len(turns) > 3 or name == "second")


def elsewhere(forged: Forgery, state: CaseState, number: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The other writes of a case, as pages and as programs send them."""
    version, officer = forged.versions[state], forged.people["second"]
    note, handed = (
        {"note": "forged", "shared": "1"},
        {"kind": "statement", "text": "一份伪造的说明，共十个字以上。"},
    )
    notice = {"row_version": version, "name": "张三", "reason": "请于期限内说明商品来源。"}
    both = [f"{number}@{version}", f"{forged.other}@1"]
    for path, form in (
        ("assign", {"row_version": version}),
        (
            "decide",
            {"row_version": version, "outcome": "infringing", "reason": WORDS, "unheard": WORDS},
        ),
        ("draft", {"outcome": "infringing", "language": "zh"}),
        ("notes", note),
        ("tasks", {"task": "forged", "assignee": officer}),
        ("tasks/1/done", {}),
        ("sealed", {"filing": forged.filing, "reason": WORDS}),
        ("parties/notice", notice),
        ("parties/revoke", {}),
        ("submissions", handed | {"request_key": f"k-{state}"}),
    ):
        yield "page", f"/cases/{number}/{path}", form
    yield "page", "/cases/bulk/assign", {"case": both, "officer": officer}
    yield "page", "/cases/bulk/merge", {"case": both}
    chosen = [{"number": number, "row_version": version}, {"number": forged.other, "row_version": 1}]
    for path, body in (
        (f"/cases/{number}/notes", {"text": "forged", "shared": True}),
        (f"/cases/{number}/tasks", {"text": "forged", "assignee": officer}),
        (f"/cases/{number}/tasks/1/done", {}),
        (f"/cases/{number}/sealed", {"filing": forged.filing, "reason": WORDS}),
        (f"/cases/{number}/notice", notice),
        (f"/cases/{number}/submissions", handed),
        ("/cases/bulk", {"action": "assign", "cases": chosen, "officer": officer}),
        ("/cases/bulk", {"action": "merge", "cases": chosen}),
    ):
        yield "api", path, body


@pytest.mark.parametrize("name", [one for one in EVERYBODY if one not in (*INSIDE, "designer")])
def test_the_other_writes_of_a_case_are_not_for_who_has_no_part_in_it(forged: Forgery, name: str) -> None:
    one, wrong = forged.forgers[name], []
    for state in (CaseState.FLAGGED, CaseState.AWAITING_RESPONSE, CaseState.DECIDED):
        number = forged.numbers[state]
        for way, path, given in elsewhere(forged, state, number):
            with written() as tables:
                answer = one.send(path, given) if way == "page" else one.ask("POST", path, given)
            if told := refused(answer, tables, *((302, 403, 404) if way == "page" else (401, 403, 404))):
                wrong.append((state, path, way, told))
        with written() as tables:
            answer = one.ask("DELETE", f"/cases/{number}/links", None)
        if told := refused(answer, tables, 401, 403, 404):
            wrong.append((state, "links", "api", told))
    assert wrong == []


@pytest.mark.parametrize("name", ("officer", "supervisor", "enterprise"))
def test_addresses_and_values_that_belong_to_nobody_are_errors_and_no_faults(forged: Forgery, name: str) -> None:
    one, wrong, state = forged.forgers[name], [], CaseState.UNDER_REVIEW
    number, given = forged.numbers[state], forged.everything(state)
    huge = str(10**30)
    for path, form in (
        (f"/cases/{number}/steps/none", as_form(given)),
        (f"/cases/{number}/steps/decided%2F..", as_form(given)),
        ("/cases/AJ2026-9999999-9/steps/decided", as_form(given)),
        (f"/cases/{'A' * 3000}/steps/decided", as_form(given)),
        (f"/cases/{number}/tasks/{huge}/done", {}),
        (f"/cases/{number}/tasks/0/done", {}),
        (f"/cases/{number}/tasks", {"task": "x" * 201, "assignee": forged.people["officer"]}),
        (f"/cases/{number}/tasks", {"task": "x", "assignee": huge}),
        (f"/cases/{number}/tasks", {"task": "x", "assignee": forged.people["officer"], "due_on": "0001-01-01"}),
        (f"/cases/{number}/notes", {"note": "x" * 5001}),
        (f"/cases/{number}/notes", {"note": " \n "}),
        (f"/cases/{number}/notes", {"note": "a\0b"}),
        (f"/cases/{number}/sealed", {"filing": "YB2026-0000009-9", "reason": WORDS}),
        (f"/cases/{number}/decide", {"row_version": given["row_version"], "outcome": "guilty"}),
        (f"/cases/{number}/decide", {"row_version": huge, "outcome": "settled", "reason": WORDS}),
        (f"/cases/{number}/draft", {"outcome": "settled", "language": "tlh"}),
        (f"/cases/{number}/parties/notice", {"row_version": given["row_version"], "reason": WORDS}),
        (f"/cases/{number}/submissions", {"kind": "none", "text": WORDS}),
        (f"/cases/{number}/submissions", {"kind": "statement", "text": "x" * 5001}),
        (f"/cases/views/{huge}/forget", {}),
        ("/cases/bulk/none", {"case": [f"{number}@1"]}),
        ("/cases/bulk/merge", {"case": [f"{number}@1"]}),
        ("/cases/bulk/assign", {"case": [], "officer": forged.people["officer"]}),
    ):
        with written() as tables:
            answer = one.send(path, form)
        if told := refused(answer, tables, 400, 403, 404, 409):
            wrong.append((path[:80], form, told))
    assert wrong == []


def test_a_form_without_the_token_of_its_page_moves_nothing(forged: Forgery) -> None:
    state = CaseState.UNDER_REVIEW
    number, given = forged.numbers[state], forged.everything(state)
    for name in ("officer", "supervisor", "enterprise"):
        one = forged.forgers[name]
        for token in ("", "x", forged.forgers["second"].csrf):
            for path in (f"/cases/{number}/steps/notice_issued", f"/cases/{number}/notes", "/cases/bulk/assign"):
                answer = one.client.post(path, data={**as_form(given), "note": "forged", "csrf_token": token})
                assert answer.status_code == 400, (name, path)
