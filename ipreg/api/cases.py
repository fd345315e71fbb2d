"""Cases over the API: the queue by role, one case, and its steps."""

from __future__ import annotations

from typing import Any

from flask import Blueprint
from werkzeug.datastructures import FileStorage

from ipreg import access
from ipreg import cases as service
from ipreg.api import shapes
from ipreg.api.alerts import person
from ipreg.api.calls import Done
from ipreg.api.filings import reference
from ipreg.api.matches import match_of
from ipreg.api.operation import Routes
from ipreg.api.paging import cursor_of, place_of, wrong
from ipreg.casework import hearings, machine, queue, submissions, table, together
from ipreg.casework.machine import Document, Given
from ipreg.casework.queue import Filter, Place
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Case, CaseClock, CaseEvent, CaseOutcome, CaseState, ClockKind, Role, Scope
from ipreg.web.casesteps import kept_documents
from ipreg.web.session import db, me

N_ = str  # marks a text for extraction
bp = Blueprint("api_cases", __name__)
routes = Routes(bp, N_("Cases"))
_PARTIES = (Role.REGULATOR, Role.ENTERPRISE, Role.DESIGNER)
_READ = {"scope": Scope.CASES_READ, "roles": (*_PARTIES, Role.AUDITOR)}
# The clocks that the owner's page shows: those that concern him.
_OWNERS_CLOCKS = (ClockKind.RESPONSE, ClockKind.APPEAL, ClockKind.REVIEW)


@routes.get(
    "/cases",
    N_("Cases that you see, the most urgent first"),
    description=N_("Officials see every case, owners those of their designs."),
    **_READ,
    query=shapes.CasesAsked,
    answer=shapes.Page[shapes.CaseBrief],
)
def cases(query: shapes.CasesAsked) -> shapes.Page[shapes.CaseBrief]:
    now = utc_now()
    after = _place(query.cursor)
    found = queue.page(db(), account=me(), wanted=filter_of(query), after=after, now=now, limit=query.limit)
    following = cursor_of(str(found.after)) if found.after else None
    return shapes.Page[shapes.CaseBrief](items=[brief(one) for one in found.cases], next=following)


@routes.get(
    "/cases/<number>", N_("One case, with the steps you may take"), **_READ, answer=shapes.Case, errors=(404,)
)
def case(number: str) -> shapes.Case:
    return whole(service.get_case(db(), number=number, account=me()))


@routes.post(
    "/cases/<number>/steps/<action>",
    N_("Take a step"),
    description=N_(
        "The case's `steps` name what is possible for you now. Where the case changed since `row_version`, or the"
        " step is not possible any more, the answer is 409. JSON alone, or a form of several parts: `step` with the"
        " JSON, and `documents`."
    ),
    scope=Scope.CASES_WRITE,
    roles=_PARTIES,
    body=shapes.Step,
    part="step",
    files=("documents",),
    plain=True,
    answer=shapes.Case,
    errors=(404, 409, 413, 415, 422),
)
def take_step(number: str, action: str, form: shapes.Step, files: dict[str, list[FileStorage]]) -> Done:
    found = service.get_case(db(), number=number, account=me())
    if action not in table.ACTIONS:
        raise MissingError("step_missing")
    actor, version, now = me(), form.row_version, utc_now()
    machine.require_possible(db(), case=found, action=action, actor=actor, row_version=version, now=now)
    documents = kept_documents(action, files["documents"], "documents")  # not before: it keeps files
    given = _given(found, action, form, documents)
    machine.transition(db(), case=found, action=action, actor=actor, given=given, row_version=version, now=now)
    db().refresh(found)
    return Done(whole(found))


def _given(found: Case, action: str, body: shapes.Step, documents: tuple[Document, ...]) -> Given:
    move = table.find(found.state, action)
    needs = move.needs if move is not None else frozenset()
    officer = together.require_regulator(db(), body.officer, "officer") if table.Need.OFFICER in needs else None
    return Given(
        reason=body.reason,
        outcome=CaseOutcome(body.outcome) if body.outcome else None,
        officer=officer,
        into=_into(body.case) if table.Need.CASE in needs else None,
        clock=ClockKind(body.clock) if body.clock else None,
        days=body.days,
        severity=body.severity,
        side=table.Part(body.side) if body.side else None,
        at=body.time,
        place=body.place,
        unheard=body.unheard,
        documents=documents,
    )


def _into(number: str | None) -> Case:
    try:
        return service.get_case(db(), number=number or "", account=me())
    except MissingError as fault:
        raise CallerError("case_missing", field="case") from fault


def filter_of(query: shapes.CaseFilter) -> Filter:
    """What is asked for, as the pages have it."""
    given = query.model_dump(exclude={"cursor", "limit"}, exclude_none=True)
    return Filter.from_address({name: str(value) for name, value in given.items()})


def _place(cursor: str) -> Place | None:
    """Where reading is to go on; the same cursor whenever the page is asked for, so that its entity tag holds."""
    given = place_of(cursor)
    if not given:
        return None
    after = Place.parse(given)
    if after is None:
        raise wrong()
    return after


# --- Shapes


def brief(found: Case) -> shapes.CaseBrief:
    """A case as the queue shows it to the caller."""
    return shapes.CaseBrief.model_validate(_brief(found))


def _brief(found: Case) -> dict[str, Any]:
    official = me().role in access.OFFICIALS
    names = (
        "number", "severity", "platform", "district", "opened_at", "decided_at", "changed_at", "row_version",
    )  # fmt: skip
    return {name: getattr(found, name) for name in names} | {
        "kind": found.kind.value,
        "state": found.state.value,
        "outcome": found.outcome.value if found.outcome else None,
        "industry": found.industry.value,
        "filing": reference(found.match.filing),
        "officer": person(found.officer) if official or found.outcome else None,
        "due_at": found.due_at,
    }


def whole(found: Case) -> shapes.Case:
    """A case as its page shows it to the caller."""
    official, now = me().role in access.OFFICIALS, utc_now()
    moves = machine.possible(db(), case=found, actor=me(), now=now)
    ends = [one for one in found.clocks if one.stopped_at is None and (official or one.kind in _OWNERS_CLOCKS)]
    own = frozenset() if official else frozenset({table.Need.SIDE})  # a party acts for its own
    return shapes.Case.model_validate(
        _brief(found)
        | {
            "decision_reason": found.decision_reason if found.outcome else "",
            "merged_into": found.merged_into.number if found.merged_into else None,
            "match": match_of(found.match),
            "heard": machine.heard(found),
            "hearing": _hearing(found),
            "clocks": [_clock(one) for one in ends],
            "events": [_event(found, one, official=official) for one in found.events],
            "steps": [
                {"action": one.action, "needs": sorted(one.needs - own)}
                for one in moves
                if _open_here(found, one.action)
            ],
        }
    )


def _open_here(found: Case, action: str) -> bool:
    """A grave case is not decided by one alone; its decision is proposed."""
    grave = found.severity >= table.FOUR_EYES_FROM and found.state is not CaseState.DECISION_PROPOSED
    return not (action == "decided" and grave) and not (action == "proposed" and not grave)


def _hearing(found: Case) -> dict[str, object] | None:
    appointed = hearings.appointed(found)
    return None if appointed is None else {"at": appointed.at, "place": appointed.place}


def _clock(one: CaseClock) -> dict[str, object]:
    return {
        "kind": one.kind.value,
        "rule": one.rule,
        "started_at": one.started_at,
        "due_on": one.due_on,
        "provisional": one.provisional,
    }


def _event(found: Case, one: CaseEvent, *, official: bool) -> dict[str, object]:
    told = submissions.reads_step(found, one, me())
    documents = one.details.get("documents") or [] if official else []
    return {
        "position": one.position,
        "action": one.action,
        "at": one.at,
        "part": one.part,
        "actor": one.name,
        "note": one.note if told else None,
        "documents": [{"name": each["name"], "sha256": each["sha256"]} for each in documents],
        "log_index": one.log_index,
    }
