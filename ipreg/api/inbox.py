"""Around the inbox over the API: saved filters, single listings of an alert, thresholds tried, calibrations."""

from __future__ import annotations

from flask import Blueprint

from ipreg import alerts as service
from ipreg.api import inboxshapes, shapes
from ipreg.api.alerts import done_to, filter_of
from ipreg.api.calls import Done
from ipreg.api.operation import Routes
from ipreg.api.shapes import Page
from ipreg.db import utc_now
from ipreg.models import Calibration, Role, SavedFilter, Scope
from ipreg.warning import learning, raising, saved, singles, trial
from ipreg.warning.owners import owner_for
from ipreg.web.session import db, me
from ipreg.web.watches import managed

N_ = str  # marks a text for extraction
bp = Blueprint("api_inbox", __name__)
routes = Routes(bp, N_("Inbox"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.ALERTS_READ, "roles": _OWNERS}
_WRITE = {"scope": Scope.ALERTS_WRITE, "roles": _OWNERS}
_SENT = {**_WRITE, "errors": (404, 409, 413, 415, 422)}


@routes.get(
    "/alerts/filters",
    N_("Your saved filters, by name"),
    **_READ,
    answer=Page[inboxshapes.SavedFilter],
)
def list_filters() -> Page[inboxshapes.SavedFilter]:
    found = saved.saved_filters(db(), me())
    return Page[inboxshapes.SavedFilter](items=[_filter(one) for one in found], next=None)


@routes.post(
    "/alerts/filters",
    N_("Keeps a filter under a name"),
    **{**_WRITE, "errors": (409, 413, 415, 422)},
    body=inboxshapes.NewSavedFilter,
    answer=inboxshapes.SavedFilter,
    status=201,
)
def save_filter(body: inboxshapes.NewSavedFilter) -> Done:
    made = saved.save_filter(db(), account=me(), name=body.name, asked=filter_of(body.filter))
    return Done(_filter(made), "/api/v1/alerts/filters")


@routes.delete("/alerts/filters/<int:filter_id>", N_("Forgets a saved filter"), **_WRITE, errors=(404, 409, 422))
def forget_filter(filter_id: int) -> Done:
    saved.forget_filter(db(), account=me(), filter_id=filter_id)
    return Done(None)


@routes.post(
    "/alerts/<int:alert_id>/listings/<int:match_id>/leave-out",
    N_("One listing of an alert is no copy, while the others are"),
    **_SENT,
    body=shapes.Seen,
    answer=shapes.Alert,
)
def leave_out(alert_id: int, match_id: int, body: shapes.Seen) -> Done:
    found, now = service.get_alert(db(), alert_id=alert_id, account=me()), utc_now()
    singles.leave_out(db(), alert=found, match_id=match_id, account=me(), row_version=body.row_version, now=now)
    return done_to(found)


@routes.post(
    "/alerts/<int:alert_id>/listings/<int:match_id>/take-in",
    N_("It is one of the alert's listings again"),
    **_SENT,
    body=shapes.Seen,
    answer=shapes.Alert,
)
def take_in(alert_id: int, match_id: int, body: shapes.Seen) -> Done:
    found, now = service.get_alert(db(), alert_id=alert_id, account=me()), utc_now()
    singles.take_in(db(), alert=found, match_id=match_id, account=me(), row_version=body.row_version, now=now)
    return done_to(found)


# --- Thresholds and what decisions have taught


@routes.get(
    "/watches/trial",
    N_("Thresholds, tried on your history"),
    **_READ,
    answer=Page[inboxshapes.Tried],
)
def try_thresholds() -> Page[inboxshapes.Tried]:
    found = trial.try_thresholds(db(), owner_for(me()))
    items = [inboxshapes.Tried.model_validate(vars(one)) for one in found]
    return Page[inboxshapes.Tried](items=items, next=None)


@routes.get(
    "/watches/calibrations",
    N_("What your decisions have taught, the newest first"),
    **_READ,
    answer=Page[inboxshapes.Calibration],
)
def calibrations() -> Page[inboxshapes.Calibration]:
    found = learning.calibrations_of(db(), owner_for(me()))
    return Page[inboxshapes.Calibration](items=[_calibration(one) for one in found], next=None)


@routes.post(
    "/watches/calibrations/<int:calibration_id>",
    N_("Switches a calibration on, or off"),
    **_SENT,
    body=inboxshapes.Switch,
    answer=inboxshapes.Calibration,
)
def switch_calibration(calibration_id: int, body: inboxshapes.Switch) -> Done:
    changed = learning.switch(
        db(), calibration_id=calibration_id, on=body.on, owner=managed(), account=me(), now=utc_now()
    )
    raising.judge_again(db(), changed)
    return Done(_calibration(db().get_one(Calibration, calibration_id)))


def _filter(found: SavedFilter) -> inboxshapes.SavedFilter:
    return inboxshapes.SavedFilter(id=found.id, name=found.name, query=found.query)


def _calibration(found: Calibration) -> inboxshapes.Calibration:
    names = ("id", "version", "algorithm", "learnt_from", "held_back", "before", "after", "created_at")
    return inboxshapes.Calibration.model_validate(
        {name: getattr(found, name) for name in names} | {"state": found.state.value}
    )
