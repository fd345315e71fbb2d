"""An officer's desk over the API: views of the queue, days away, drafts of reasons, links taken back; the trail."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint

from ipreg import audittrail
from ipreg import cases as service
from ipreg.api import deskshapes
from ipreg.api.alerts import person
from ipreg.api.calls import Done
from ipreg.api.cases import filter_of
from ipreg.api.operation import Routes
from ipreg.api.paging import cursor_of, number_of
from ipreg.api.shapes import Page
from ipreg.casework import links, rulings, together
from ipreg.db import utc_now
from ipreg.models import Absence, AuditKind, AuditRow, CaseOutcome, Role, SavedView, Scope
from ipreg.web.session import db, me

N_ = str  # marks a text for extraction
bp = Blueprint("api_desk", __name__)
routes = Routes(bp, N_("Desk and audit trail"))
_OFFICERS = (Role.REGULATOR,)
_READ = {"scope": Scope.CASES_READ, "roles": _OFFICERS}
_WRITE = {"scope": Scope.CASES_WRITE, "roles": _OFFICERS}
_SENT = {**_WRITE, "status": 201, "errors": (409, 413, 415, 422)}
_GONE = {**_WRITE, "errors": (404, 409, 422)}


@routes.get(
    "/cases/views",
    N_("Your saved views of the queue, by name"),
    **_READ,
    answer=Page[deskshapes.SavedView],
)
def list_views() -> Page[deskshapes.SavedView]:
    found = together.saved_views(db(), account=me())
    return Page[deskshapes.SavedView](items=[_view(one) for one in found], next=None)


@routes.post(
    "/cases/views",
    N_("Keeps a view of the queue under a name"),
    **_SENT,
    body=deskshapes.NewSavedView,
    answer=deskshapes.SavedView,
)
def save_view(body: deskshapes.NewSavedView) -> Done:
    query = urlencode(filter_of(body.filter).to_address())
    made = together.save_view(db(), account=me(), name=body.name, query=query, now=utc_now())
    return Done(_view(made), "/api/v1/cases/views")


@routes.delete("/cases/views/<int:view_id>", N_("Forgets a saved view"), **_GONE)
def forget_view(view_id: int) -> Done:
    together.forget_view(db(), account=me(), view_id=view_id)
    return Done(None)


@routes.get("/absences", N_("Your days away, in order"), **_READ, answer=Page[deskshapes.Absence])
def list_absences() -> Page[deskshapes.Absence]:
    found = together.absences(db(), account=me())
    return Page[deskshapes.Absence](items=[_absence(one) for one in found], next=None)


@routes.post(
    "/absences",
    N_("Days on which a deputy acts in your cases"),
    **_SENT,
    body=deskshapes.NewAbsence,
    answer=deskshapes.Absence,
)
def new_absence(body: deskshapes.NewAbsence) -> Done:
    deputy = together.require_regulator(db(), body.deputy, "deputy")
    made = together.set_absence(
        db(), account=me(), deputy=deputy, from_on=body.from_on, until_on=body.until_on, now=utc_now()
    )
    return Done(_absence(made), "/api/v1/absences")


@routes.delete("/absences/<int:absence_id>", N_("Takes days away back"), **_GONE)
def end_absence(absence_id: int) -> Done:
    together.end_absence(db(), account=me(), absence_id=absence_id)
    return Done(None)


@routes.delete(
    "/cases/<number>/links",
    N_("No link of the case opens anything any more, and nobody who opened one is let in"),
    **_GONE,
)
def revoke_links(number: str) -> Done:
    links.revoke(db(), case=service.get_case(db(), number=number, account=me()), officer=me(), now=utc_now())
    return Done(None)


@routes.get(
    "/cases/<number>/reasons",
    N_("A draft of the reasons for a decision"),
    **_READ,
    query=deskshapes.ReasonsAsked,
    answer=deskshapes.Reasons,
    errors=(404,),
)
def draft_reasons(number: str, query: deskshapes.ReasonsAsked) -> deskshapes.Reasons:
    found = service.get_case(db(), number=number, account=me())
    return deskshapes.Reasons(text=rulings.draft(found, CaseOutcome(query.outcome), query.language))


@routes.get(
    "/audit",
    N_("The audit trail, the newest first"),
    description=N_("With these fields the digests can be recomputed."),
    scope=Scope.AUDIT_READ,
    roles=audittrail.READERS,
    query=deskshapes.AuditAsked,
    answer=Page[deskshapes.AuditRow],
)
def audit_trail(query: deskshapes.AuditAsked) -> Page[deskshapes.AuditRow]:
    wanted = audittrail.Wanted(
        who=query.who, kind=AuditKind(query.kind) if query.kind else None, action=query.action,
        subject=query.subject, since=query.since, until=query.until,
    )  # fmt: skip
    found = audittrail.page(db(), account=me(), wanted=wanted, before=number_of(query.cursor), limit=query.limit)
    names = {actor: account.name for actor, account in found.people.items()}
    following = None if found.before is None else cursor_of(str(found.before))
    return Page[deskshapes.AuditRow](items=[_row(one, names) for one in found.rows], next=following)


# --- Shapes


def _view(found: SavedView) -> deskshapes.SavedView:
    return deskshapes.SavedView(id=found.id, name=found.name, query=found.query)


def _absence(found: Absence) -> deskshapes.Absence:
    names = ("id", "from_on", "until_on")
    return deskshapes.Absence.model_validate(
        {name: getattr(found, name) for name in names} | {"deputy": person(found.deputy)}
    )


def _row(found: AuditRow, names: dict[str, str]) -> deskshapes.AuditRow:
    same = ("position", "at", "actor", "action", "subject", "result", "previous", "digest")
    return deskshapes.AuditRow.model_validate(
        {name: getattr(found, name) for name in same}
        | {"kind": found.kind.value, "name": names.get(found.actor), "details": audittrail.details(found)}
    )
