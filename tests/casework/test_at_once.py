"""Two at a case in the same moment, at a real server: exactly one moves it, the other is told, nothing is twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from apps import create_app
from desk import Desk
from scenery import PASSWORD, HandClock, People
from serving import serving
from sqlalchemy import func, select

from ipreg import auditcheck, logkeys, tokens
from ipreg.casework import links, table
from ipreg.db import transaction, utc_now
from ipreg.log import verify_log
from ipreg.models import (
    Case,
    CaseEvent,
    CaseNote,
    CaseOutcome,
    CasePaper,
    CaseTask,
    RespondentLink,
    Scope,
    Submission,
)
from ipreg.runtime import Runtime
from jobs import papers

pytestmark = pytest.mark.network
WORDS = "图案与备案设计基本一致，请说明商品来源。"
CHANGED = "本案刚刚有改动（"
"""What the slower one is told, with the name of who was faster behind it."""
ROUNDS = 3
Send = Callable[[], httpx.Response]


@dataclass
class Office:
    """A served site with cases waiting, and a browser for each of those who are at work in it."""

    runtime: Runtime
    address: str = ""
    waiting: dict[str, list[str]] = field(default_factory=dict)
    browsers: dict[str, httpx.Client] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    second: int = 0

    def post(self, who: str, path: str, **form: Any) -> Send:
        return lambda: self.browsers[who].post(f"{self.address}{path}", data=form)

    def ask(self, name: str, path: str, body: dict[str, Any], key: str) -> Send:
        headers = {"Authorization": f"Bearer {self.tokens[name]}", "Idempotency-Key": key}
        target = f"{self.address}/api/v1{path}"
        return lambda: httpx.post(target, json=body, headers=headers, trust_env=False, timeout=60)

    def give_out(self, *numbers: str) -> Send:
        """The supervisor gives the cases to the second officer."""
        chosen = [f"{one}@{self.version(one)}" for one in numbers]
        return self.post("supervisor", "/cases/bulk/assign", case=chosen, officer=self.second)

    def version(self, number: str) -> int:
        with self.runtime.sessions() as session:
            return session.scalars(select(Case.row_version).where(Case.number == number)).one()

    def steps(self, number: str) -> list[str]:
        with self.runtime.sessions() as session:
            found = select(CaseEvent.action).join(Case).where(Case.number == number).order_by(CaseEvent.position)
            return list(session.scalars(found))

    def count(self, kind: Any) -> int:
        with self.runtime.sessions() as session:
            return session.scalar(select(func.count()).select_from(kind)) or 0


@pytest.fixture
def office(runtime: Runtime, clock: HandClock) -> Iterator[Office]:
    made = Office(runtime)
    with transaction(runtime.sessions) as session:
        desk = Desk(session, runtime, clock, People(session, clock()))
        made.second = desk.second.id
        made.waiting["flagged"] = [desk.open().number for _ in range(6 * ROUNDS)]
        made.waiting["taken"] = [desk.taken().number for _ in range(4 * ROUNDS)]
        for _ in range(ROUNDS):
            case = desk.step(desk.taken(), "severity_set", severity=3)
            desk.step(case, "proposed", outcome=CaseOutcome.SETTLED)
            made.waiting.setdefault("proposed", []).append(case.number)
        every = tuple(one.value for one in Scope)
        made.tokens = {
            name: tokens.make(session, account=one, name="t", scopes=every, days=9, now=utc_now())[1]
            for name, one in (("regulator", desk.officer), ("enterprise", desk.people.enterprise))
        }
    app = create_app(runtime.config)
    app.config.update(WTF_CSRF_ENABLED=False)
    with ExitStack() as stack:
        made.address = stack.enter_context(serving(app))
        for name in ("regulator", "second-regulator", "supervisor", "enterprise"):
            browser = stack.enter_context(httpx.Client(trust_env=False, timeout=60))
            made.browsers[name] = browser
            form = {"email": f"{name}@ipreg.example", "password": PASSWORD}
            assert browser.post(f"{made.address}/sign-in", data=form).status_code == 302
        yield made


def at_once(*sends: Send) -> list[httpx.Response]:
    """All of them from the same moment on."""
    gate = threading.Barrier(len(sends))

    def go(send: Send) -> httpx.Response:
        gate.wait()
        return send()

    with ThreadPoolExecutor(len(sends)) as pool:
        return list(pool.map(go, sends))


Pair = Callable[[Office, str, dict[str, Any]], tuple[Send, Send]]
STEP = "/cases/{}/steps/{}"
PAIRS: dict[str, tuple[str, Pair, set[str]]] = {
    "two take it": (
        "flagged",
        lambda office, number, seen: (
            office.post("regulator", f"/cases/{number}/assign", **seen),
            office.post("second-regulator", f"/cases/{number}/assign", **seen),
        ),
        {"assigned"},
    ),
    "accepted, and not": (
        "flagged",
        lambda office, number, seen: (
            office.post("regulator", STEP.format(number, "accepted"), **seen),
            office.post("second-regulator", STEP.format(number, "not_accepted"), **seen),
        ),
        {"accepted", "not_accepted"},
    ),
    "given out among many, and accepted": (
        "flagged",
        lambda office, number, seen: (
            office.give_out(number),
            office.post("regulator", STEP.format(number, "not_accepted"), **seen),
        ),
        {"assigned", "not_accepted"},
    ),
    "decided, and withdrawn": (
        "taken",
        lambda office, number, seen: (
            office.post("regulator", f"/cases/{number}/decide", outcome="settled", **seen),
            office.post("enterprise", STEP.format(number, "withdrawn"), **seen),
        ),
        {"decided_settled", "withdrawn"},
    ),
    "approved, and sent back": (
        "proposed",
        lambda office, number, seen: (
            office.post("second-regulator", STEP.format(number, "approved"), **seen),
            office.post("supervisor", STEP.format(number, "sent_back"), **seen),
        ),
        {"decided_settled", "sent_back"},
    ),
    "the same form twice": (
        "taken",
        lambda office, number, seen: (
            office.post("regulator", f"/cases/{number}/parties/notice", name="张三", **seen),
            office.post("regulator", f"/cases/{number}/parties/notice", name="张三", **seen),
        ),
        {"notice_issued"},
    ),
}  # fmt: skip


def test_of_two_at_once_one_moves_the_case_and_the_other_is_told(office: Office) -> None:
    wrong = []
    for name, (state, pair, moves) in PAIRS.items():
        for _ in range(ROUNDS):
            number = office.waiting[state].pop()
            before = office.steps(number)
            seen = {"row_version": office.version(number), "reason": WORDS, "unheard": WORDS}
            answers = at_once(*pair(office, number, seen))
            done = [one for one in office.steps(number)[len(before) :] if one in moves]
            told = [one for one in answers if one.status_code == 409]
            many = "among many" in name and not told  # it is told on the page that follows
            said = office.browsers["supervisor"].get(f"{office.address}/cases").text if many else ""
            clear = CHANGED in (said if many else told[0].text if told else "")
            if len(done) != 1 or not clear or {one.status_code for one in answers} - {302, 409}:
                wrong.append((name, number, done, [one.status_code for one in answers]))
    assert wrong == []
    assert office.count(RespondentLink) == ROUNDS, "a form that is sent twice makes one link"
    whole(office)


def test_two_who_give_out_the_same_cases_in_opposite_order_leave_each_with_one(office: Office) -> None:
    numbers = office.waiting["flagged"][:5]
    chosen = [f"{one}@{office.version(one)}" for one in numbers]
    answers = at_once(
        office.give_out(*numbers),
        office.post("second-regulator", "/cases/bulk/assign", case=chosen[::-1], officer=office.second),
    )
    assert {one.status_code for one in answers} <= {302, 409} and 302 in {one.status_code for one in answers}
    assert [office.steps(one).count("assigned") for one in numbers] == [1] * 5
    whole(office)


def test_what_is_sent_twice_in_the_same_moment_is_there_once(office: Office) -> None:
    number = office.waiting["taken"][0]
    path, task = f"/cases/{number}", {"task": "核对图样", "assignee": office.second}
    handed = {"kind": "statement", "text": WORDS, "request_key": "k"}
    for kind, sends in (
        (CaseNote, [office.post("regulator", f"{path}/notes", note="请 @supervisor 过目")] * 3),
        (CaseTask, [office.post("regulator", f"{path}/tasks", **task)] * 3),
        (Submission, [office.post("enterprise", f"{path}/submissions", **handed)] * 3),
    ):
        answers = at_once(*sends)
        assert [one.status_code for one in answers] == [302] * 3, [one.text[-400:] for one in answers]
        assert len({one.headers["Location"] for one in answers}) == 1 and office.count(kind) == 1
    assert office.steps(number).count("received") == 1


def test_a_program_that_asks_twice_in_the_same_moment_gets_the_same_answer_twice(office: Office) -> None:
    number = office.waiting["taken"][0]
    step = {"row_version": office.version(number), "reason": WORDS}
    for path, body, count in (
        (f"/cases/{number}/steps/notice_issued", step, lambda: office.steps(number).count("notice_issued")),
        (f"/cases/{number}/notes", {"text": "x"}, lambda: office.count(CaseNote)),
        (f"/cases/{number}/notice", {"row_version": 0, "name": "张三"}, lambda: office.count(RespondentLink)),
    ):
        if "row_version" in body:
            body["row_version"] = office.version(number)
        answers = at_once(*[office.ask("regulator", path, body, key=path)] * 3)
        assert {one.status_code for one in answers} <= {200, 201}, [one.text for one in answers]
        assert len({one.text for one in answers}) == 1 and count() == 1
        assert sum("Idempotency-Replayed" in one.headers for one in answers) == 2
    whole(office)


def test_a_link_that_two_open_in_the_same_moment_opens_for_one(office: Office) -> None:
    for number in office.waiting["taken"][:ROUNDS]:
        with transaction(office.runtime.sessions) as session:
            case = session.scalars(select(Case).where(Case.number == number)).one()
            assert case.officer is not None
            _, token = links.issue(session, case=case, officer=case.officer, name="张三", now=utc_now())
        target = f"{office.address}/respond/{token}"
        answers = at_once(*[lambda target=target: httpx.post(target, trust_env=False, timeout=60)] * 3)  # type: ignore[misc]
        assert sorted(one.status_code for one in answers) == [302, 403, 403]


def test_who_presses_the_button_of_his_link_twice_comes_to_his_case(office: Office) -> None:
    number = office.waiting["taken"][0]
    with transaction(office.runtime.sessions) as session:
        case = session.scalars(select(Case).where(Case.number == number)).one()
        assert case.officer is not None
        _, token = links.issue(session, case=case, officer=case.officer, name="张三", now=utc_now())
    target = f"{office.address}/respond/{token}"
    with httpx.Client(trust_env=False, timeout=60) as browser:
        assert browser.get(target).status_code == 200
        cookies = dict(browser.cookies)
    press = lambda: httpx.post(target, cookies=cookies, trust_env=False, timeout=60)  # noqa: E731
    answers = at_once(press, press)
    assert [(one.status_code, one.headers["Location"]) for one in answers] == [(302, "/respond")] * 2
    assert len({one.cookies["respondent"] for one in answers}) == 1
    case_page = httpx.get(f"{office.address}/respond", cookies=answers[1].cookies, trust_env=False, timeout=60)
    assert case_page.status_code == 200 and number in case_page.text
    assert httpx.post(target, trust_env=False, timeout=60).status_code == 403


def whole(office: Office) -> None:
    """Every case stands where its history leads, each step has one paper and one place in the log, all holds."""
    for _ in range(2):
        while papers.run(office.runtime):
            pass
    with office.runtime.sessions() as session:
        for case in session.scalars(select(Case)).unique():
            assert table.replay(case.events).state is case.state
            assert [one.position for one in case.events] == list(range(len(case.events)))
        made = session.scalars(select(CasePaper.event_id)).all()
        assert len(made) == len(set(made)) > 0
        verify_log(session, verifier=office.runtime.log_key.verifier)
        verifiers = logkeys.verifiers(session, first=office.runtime.log_key)
        assert auditcheck.check(session, verifiers=verifiers).faults == ()
