"""A desk with a case in every state, and everybody who might forge a step: with forms and tokens of his own."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from apps import create_app
from desk import REASON, Desk
from flask import Flask
from flask.testing import FlaskClient
from scenery import PASSWORD, HandClock, People
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from ipreg import accounts, tokens
from ipreg.casework import links, machine, table
from ipreg.casework.machine import Outside
from ipreg.casework.table import Part
from ipreg.db import Base, transaction, utc_now
from ipreg.models import Account, Case, CaseOutcome, CaseState, OrganizationRole, RespondentLink, Role, Scope
from ipreg.runtime import Runtime
from ipreg.web import respond

S = CaseState
RESPONDENT = Outside(Part.RESPONDENT, "快手小铺")
NOTED = {"audit_rows", "audit_head", "api_tokens", "caller_counts", "sign_ins"}
"""What is refused stands in the trail, and is counted; a session is seen. All else is what must not move."""
_HEARD = [("notice_issued", {}), ("served", {})]
_DELIVERED = [("delivered", {"side": one}) for one in (Part.OWNER, Part.RESPONDENT)]
_DECIDED = ("decided", {"outcome": CaseOutcome.INFRINGING})
WAYS: dict[CaseState, list[tuple[str, dict[str, Any]]]] = {
    S.FLAGGED: [],
    S.ACCEPTED: [("accepted", {})],
    S.NOT_ACCEPTED: [("not_accepted", {})],
    S.MERGED: [("merged", {})],
    S.UNDER_REVIEW: [],
    S.NOTICE_ISSUED: _HEARD[:1],
    S.AWAITING_RESPONSE: _HEARD,
    S.RESPONSE_RECEIVED: [*_HEARD, ("responded", {"actor": RESPONDENT})],
    S.NO_RESPONSE: [*_HEARD, ("no_response", {"actor": machine.SYSTEM})],
    S.HEARING: [("hearing_called", {})],
    S.DECISION_PROPOSED: [("severity_set", {"severity": 3}), ("proposed", {"outcome": CaseOutcome.INFRINGING})],
    S.DECIDED: [_DECIDED],
    S.REMEDIES: [_DECIDED, ("remedies_ordered", {})],
    S.CLOSED: [_DECIDED, *_DELIVERED, ("closed", {})],
    S.APPEALED: [_DECIDED, *_DELIVERED, ("appealed", {"side": Part.OWNER})],
    S.WITHDRAWN: [("withdrawn", {"actor": "enterprise"})],
}
"""How a case comes there; where no officer has it yet the first step is not to take it on."""
NOBODY_HAS_IT = table.WAITING | {S.NOT_ACCEPTED, S.MERGED}


@dataclass
class Forger:
    """Somebody with a browser, and a token for programs where he has an account."""

    name: str
    client: FlaskClient
    parts: frozenset[Part] = frozenset()
    sees: bool = False
    csrf: str = ""
    token: str = ""

    def may(self, state: CaseState, action: str) -> bool:
        """Whether the table has the step for him."""
        move = table.find(state, action)
        parts = self.parts - {Part.OFFICER} if state in NOBODY_HAS_IT else self.parts
        return move is not None and bool(move.parts & parts)

    def send(self, path: str, form: dict[str, Any]) -> TestResponse:
        """A form, as a page of his would send it."""
        return self.client.post(path, data={**form, "csrf_token": self.csrf})

    def ask(self, method: str, path: str, body: object, **headers: str) -> TestResponse:
        """As a program asks, with his token."""
        named = {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
        return self.client.open(f"/api/v1{path}", method=method, json=body, headers=named)


@dataclass
class Forgery:
    """The desk, and who tries."""

    runtime: Runtime
    app: Flask
    numbers: dict[CaseState, str] = field(default_factory=dict)
    versions: dict[CaseState, int] = field(default_factory=dict)
    other: str = ""
    filing: str = ""
    people: dict[str, int] = field(default_factory=dict)
    forgers: dict[str, Forger] = field(default_factory=dict)

    def everything(self, state: CaseState) -> dict[str, Any]:
        """All that any step might need, as JSON has it."""
        return {
            "row_version": self.versions[state], "reason": REASON, "outcome": "infringing",
            "officer": self.people["second"], "case": self.other, "clock": "handling", "days": 5, "severity": 2,
            "side": "respondent", "time": (utc_now() + timedelta(days=20)).isoformat(), "place": "三楼听证室",
            "unheard": REASON,
        }  # fmt: skip

    def rows(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is kept and must not move."""
        with self.runtime.sessions() as session:
            return {
                one.name: sorted(map(tuple, session.execute(select(one))), key=repr)
                for one in Base.metadata.sorted_tables
                if one.name not in NOTED
            }


def as_form(given: dict[str, Any]) -> dict[str, Any]:
    """The same as a browser sends it, with a document."""
    return {**{name: str(value) for name, value in given.items()}, "document": (io.BytesIO(b"minutes"), "笔录.txt")}


def forgery(runtime: Runtime, clock: HandClock) -> Forgery:
    """A case in every state, made by the steps that lead there, and everybody signed in."""
    app = create_app(runtime.config)
    app.config.update(TESTING=True, PROPAGATE_EXCEPTIONS=False)
    generous = replace(runtime.config, api_rate=10**6, api_open_rate=10**6)
    app.extensions["ipreg"] = replace(runtime, config=generous)
    made = Forgery(runtime, app)
    with transaction(runtime.sessions) as session:
        desk = Desk(session, runtime, clock, People(session, clock()))
        made.people = _more_people(desk)
        made.other, made.filing = desk.open().number, desk.filing().number
        secrets = [_come_to(desk, made, state) for state in CaseState]
        made.forgers = {
            name: Forger(name, app.test_client(), token=_token(session, account_id))
            for name, account_id in made.people.items()
        }
    with runtime.sessions() as session:
        made.versions = {
            state: session.scalars(select(Case.row_version).where(Case.number == number)).one()
            for state, number in made.numbers.items()
        }
    _sign_in(made)
    made.forgers["nobody"] = _anonymous(app)
    made.forgers["respondent"] = _by_link(app, secrets[list(CaseState).index(S.AWAITING_RESPONSE)])
    return made


def _more_people(desk: Desk) -> dict[str, int]:
    """Ids of all accounts: those of the desk, and two more members of the enterprise."""
    people, more = desk.people, {}
    assert people.enterprise.organization is not None
    for name, role in (("looker", OrganizationRole.VIEWER), ("outside", OrganizationRole.CONTRIBUTOR)):
        more[name] = accounts.create_account(
            desk.session, email=f"{name}@ipreg.example", password=PASSWORD, name=name, role=Role.DESIGNER,
            join_code=people.enterprise.organization.join_code, now=desk.clock(),
        )  # fmt: skip
        more[name].organization_role = role
    desk.session.flush()
    found: dict[str, Account] = {
        "officer": desk.officer, "second": desk.second, "supervisor": desk.supervisor, "auditor": people.auditor,
        "administrator": people.administrator, "enterprise": people.enterprise, "designer": people.designer,
        "freelancer": people.freelancer, "rival": people.rival, **more,
    }  # fmt: skip
    return {name: one.id for name, one in found.items()}


def _come_to(desk: Desk, made: Forgery, state: CaseState) -> str:
    """One more case, in ``state``; the secret of a respondent who came to it by his link."""
    case = desk.open() if state in NOBODY_HAS_IT else desk.taken()
    for action, given in WAYS[state]:
        given = dict(given)
        actor = given.pop("actor", None)
        if actor == "enterprise":
            actor = desk.people.enterprise
        if action == "merged":
            given["into"] = desk.session.scalars(select(Case).where(Case.number == made.other)).one()
        desk.step(case, action, actor, **given)
    assert case.state is state
    made.numbers[state] = case.number
    now, secret = utc_now(), f"session of {state}"
    desk.session.add(
        RespondentLink(
            case=case, name="张三", token_hash=links.digest(f"link of {state}"), created_at=now,
            created_by_id=desk.officer.id, expires_at=now + links.LINK_FOR, used_at=now,
            session_hash=links.digest(secret), session_until=now + links.SESSION_FOR,
        )
    )  # fmt: skip
    desk.session.flush()
    return secret


def _token(session: Session, account_id: int) -> str:
    every = tuple(one.value for one in Scope)
    account = session.get_one(Account, account_id)
    return tokens.make(session, account=account, name="t", scopes=every, days=30, now=utc_now())[1]


_PARTS: dict[str, tuple[frozenset[Part], bool]] = {
    "officer": (frozenset({Part.REGULATOR, Part.OFFICER}), True),
    "second": (frozenset({Part.REGULATOR, Part.APPROVER}), True),
    "supervisor": (frozenset({Part.REGULATOR, Part.APPROVER, Part.SUPERVISOR}), True),
    "enterprise": (frozenset({Part.OWNER}), True),
    "designer": (frozenset({Part.OWNER}), True),
    "auditor": (frozenset(), True),
    "looker": (frozenset(), True),
}


def _sign_in(made: Forgery) -> None:
    for name, one in made.forgers.items():
        one.parts, one.sees = _PARTS.get(name, (frozenset(), False))
        email = {"officer": "regulator", "second": "second-regulator"}.get(name, name)
        form = {"email": f"{email}@ipreg.example", "password": PASSWORD, "csrf_token": csrf_of(one.client)}
        assert one.client.post("/sign-in", data=form).status_code == 302
        one.csrf = csrf_of(one.client, "/account")


def _anonymous(app: Flask) -> Forger:
    client = app.test_client()
    return Forger("nobody", client, csrf=csrf_of(client))


def _by_link(app: Flask, secret: str) -> Forger:
    client = app.test_client()
    client.set_cookie(respond.COOKIE, secret, path="/")  # also where a browser would not send it
    return Forger("respondent", client, csrf=csrf_of(client, "/respond"))


def csrf_of(client: FlaskClient, page: str = "/sign-in") -> str:
    """The token of the forms that the page shows."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
    assert found, page
    return found[1]
