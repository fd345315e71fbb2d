"""Captured evidence over the API: for owners by its alert, for all who see its case by that."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from ipreg import alerts, cases
from ipreg.api import reportshapes as shapes
from ipreg.api.calls import download
from ipreg.api.operation import Routes
from ipreg.api.shapes import Page
from ipreg.errors import MissingError
from ipreg.models import Alert, Capture, Role, Scope
from ipreg.sightings.capture import captures_of
from ipreg.web.session import db, me, runtime

N_ = str  # marks a text for extraction
bp = Blueprint("api_evidence", __name__)
routes = Routes(bp, N_("Captured evidence"))
_BYTES = "application/octet-stream"
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_OF_ALERT = {"scope": Scope.ALERTS_READ, "roles": _OWNERS, "errors": (404,)}
_OF_CASE = {"scope": Scope.CASES_READ, "roles": (*_OWNERS, Role.REGULATOR, Role.AUDITOR), "errors": (404,)}


@routes.get(
    "/alerts/<int:alert_id>/evidence",
    N_("The listings' pages as they were captured for an alert"),
    **_OF_ALERT,
    answer=Page[shapes.Evidence],
)
def alert_evidence(alert_id: int) -> Page[shapes.Evidence]:
    return _page(_of_alert(alert_id))


@routes.get(
    "/alerts/<int:alert_id>/evidence/<int:capture_id>/files/<int:position>",
    N_("A file of captured evidence"),
    **_OF_ALERT,
    media=_BYTES,
)
def alert_evidence_file(alert_id: int, capture_id: int, position: int) -> Response:
    return _file(_of_alert(alert_id), capture_id, position)


@routes.get(
    "/cases/<number>/evidence",
    N_("The listings' pages as they were captured for the alert that a case came of"),
    **_OF_CASE,
    answer=Page[shapes.Evidence],
)
def case_evidence(number: str) -> Page[shapes.Evidence]:
    return _page(_of_case(number))


@routes.get(
    "/cases/<number>/evidence/<int:capture_id>/files/<int:position>",
    N_("A file of captured evidence of a case"),
    **_OF_CASE,
    media=_BYTES,
)
def case_evidence_file(number: str, capture_id: int, position: int) -> Response:
    return _file(_of_case(number), capture_id, position)


def _of_alert(alert_id: int) -> list[Capture]:
    return _captures(alerts.get_alert(db(), alert_id=alert_id, account=me()))


def _of_case(number: str) -> list[Capture]:
    return _captures(cases.get_case(db(), number=number, account=me()).alert)


def _captures(alert: Alert | None) -> list[Capture]:
    found = captures_of(db(), alert).values() if alert is not None else ()
    return sorted(found, key=lambda one: one.id)


def _file(captures: list[Capture], capture_id: int, position: int) -> Response:
    for one in captures:
        for file in one.files if one.id == capture_id else ():
            if file.position == position:
                # Never as a kind that a browser would run or draw: it is a stranger's page.
                return download(runtime().store.get(file.sha256), _BYTES, f"evidence-{one.id}-{file.name}")
    raise MissingError("evidence_missing")


def _page(captures: list[Capture]) -> Page[shapes.Evidence]:
    return Page[shapes.Evidence](items=[_evidence(one) for one in captures], next=None)


def _evidence(found: Capture) -> shapes.Evidence:
    names = ("id", "address", "captured_at", "status", "facts", "log_index", "fault")
    of_file = ("position", "name", "address", "media_type", "size", "sha256")
    return shapes.Evidence.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "state": found.state.value,
            "alert": found.alert_id,
            "listing": found.listing_id,
            "files": [{name: getattr(one, name) for name in of_file} for one in found.files],
        }
    )
