"""Watches over the API: what is watched and who is told; and the sellers that may offer a design."""

from __future__ import annotations

from flask import Blueprint

from ipreg import access
from ipreg.api import watchshapes as shapes
from ipreg.api.alerts import person
from ipreg.api.calls import Done
from ipreg.api.operation import Routes
from ipreg.api.shapes import Page
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import AllowedSeller, Filing, Role, Scope, SellerMark, SellerTie, Watch
from ipreg.registry import get_filing
from ipreg.warning import raising, sellers, watches
from ipreg.warning.owners import owner_for, owner_of
from ipreg.web.session import db, me
from ipreg.web.watches import clock_time, managed, settle_alerts

N_ = str  # marks a text for extraction
bp = Blueprint("api_watches", __name__)
routes = Routes(bp, N_("Watches and licensed sellers"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.ALERTS_READ, "roles": _OWNERS}
_WRITE = {"scope": Scope.ALERTS_WRITE, "roles": _OWNERS}


@routes.get(
    "/watches",
    N_("Your watches, the oldest first"),
    description=N_("A design without a watch has the standard one: everything above the usual threshold alerts."),
    **_READ,
    answer=Page[shapes.Watch],
)
def list_watches() -> Page[shapes.Watch]:
    found = watches.watches_of(db(), owner_for(me()))
    return Page[shapes.Watch](items=[whole(one) for one in found], next=None)


@routes.post(
    "/watches",
    N_("A new watch"),
    **_WRITE,
    body=shapes.WatchForm,
    answer=shapes.Watch,
    status=201,
    errors=(409, 413, 415, 422),
)
def new_watch(body: shapes.WatchForm) -> Done:
    made = _save(body, None)
    return Done(whole(made), f"/api/v1/watches/{made.id}")


@routes.get("/watches/<int:watch_id>", N_("One watch"), **_READ, answer=shapes.Watch, errors=(404,))
def watch(watch_id: int) -> shapes.Watch:
    return whole(_mine(watch_id))


@routes.put(
    "/watches/<int:watch_id>",
    N_("Changes a watch, as a whole"),
    **_WRITE,
    body=shapes.WatchForm,
    answer=shapes.Watch,
    errors=(404, 409, 413, 415, 422),
)
def change_watch(watch_id: int, body: shapes.WatchForm) -> Done:
    found = _mine(watch_id)
    if body.row_version is None:
        raise CallerError("field_needed", field="row_version")
    return Done(whole(_save(body, found)))


@routes.delete("/watches/<int:watch_id>", N_("Takes a watch away"), **_WRITE, errors=(404, 409, 422))
def remove_watch(watch_id: int) -> Done:
    owner = managed()
    db().delete(watches.get_watch(db(), watch_id=watch_id, owner=owner))
    raising.consider_again(db(), owner)
    return Done(None)


@routes.get(
    "/filings/<number>/sellers",
    N_("Who may offer a design: licensed sellers, and your own shops"),
    **_READ,
    answer=Page[shapes.AllowedSeller],
    errors=(404,),
)
def allowed_sellers(number: str) -> Page[shapes.AllowedSeller]:
    found = sellers.allowed_sellers(db(), _own(number))
    return Page[shapes.AllowedSeller](items=[_seller(one) for one in found], next=None)


@routes.post(
    "/filings/<number>/sellers",
    N_("A seller may offer the design"),
    description=N_("Its listings do not alert any more, and its open alerts are dismissed."),
    **_WRITE,
    body=shapes.NewAllowedSeller,
    answer=shapes.AllowedSeller,
    status=201,
    errors=(404, 409, 413, 415, 422),
)
def allow_seller(number: str, body: shapes.NewAllowedSeller) -> Done:
    filing = _own(number)
    entry = sellers.allow_seller(
        db(), account=me(), filing=filing, every_design=body.every_design, tie=SellerTie(body.tie),
        mark=SellerMark(body.mark), pattern=body.pattern, platform=body.platform, note=body.note, now=utc_now(),
    )  # fmt: skip
    settle_alerts(filing, entry)
    return Done(_seller(entry), f"/api/v1/filings/{number}/sellers")


@routes.delete(
    "/filings/<number>/sellers/<int:entry_id>",
    N_("A seller may not offer the design any more; what he offers alerts again"),
    **_WRITE,
    errors=(404, 409, 422),
)
def forbid_seller(number: str, entry_id: int) -> Done:
    filing = _own(number)
    sellers.forbid_seller(db(), entry_id=entry_id, filing=filing, account=me())
    raising.consider_again(db(), owner_of(filing))
    return Done(None)


def _mine(watch_id: int) -> Watch:
    return watches.get_watch(db(), watch_id=watch_id, owner=owner_for(me()))


def _own(number: str) -> Filing:
    filing = get_filing(db(), number=number, account=me())
    if not access.owns_filing(me(), filing):
        raise MissingError("filing_missing", number=number)
    return filing


def _save(body: shapes.WatchForm, found: Watch | None) -> Watch:
    owner, now = managed(), utc_now()
    saved = watches.save_watch(
        db(), owner=owner, form=_form(body), watch=found, row_version=body.row_version or 0, now=now
    )
    # The page leaves out what it does not know; a program is told.
    if {one.strip().upper() for one in body.filings} != {one.number for one in saved.filings}:
        raise CallerError("watch_without_design", field="filings")
    if set(body.recipients) != {one.id for one in saved.recipients}:
        raise CallerError("choice_wrong", field="recipients")
    raising.consider_again(db(), owner)
    db().flush()
    return saved


def _form(body: shapes.WatchForm) -> watches.WatchForm:
    same = ("name", "scope", "active", "zone")
    return watches.WatchForm(
        **{name: getattr(body, name) for name in same},
        industry=body.industry or "",
        filings=tuple(body.filings),
        threshold=_percentage(body.threshold),
        look=_percentage(body.look),
        platforms=tuple(body.platforms),
        regions=tuple(body.regions),
        least_price=body.least_price or "",
        most_price=body.most_price or "",
        quiet_from=body.quiet_from or "",
        quiet_until=body.quiet_until or "",
        recipients=tuple(body.recipients),
    )


def _percentage(share: float | None) -> str:
    return "" if share is None else f"{share * 100:.10g}"


# --- Shapes


def whole(found: Watch) -> shapes.Watch:
    """A watch as its page shows it."""
    names = (
        "id",
        "name",
        "active",
        "threshold",
        "look",
        "platforms",
        "regions",
        "zone",
        "created_at",
        "row_version",
    )
    return shapes.Watch.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "scope": found.scope.value,
            "industry": found.industry.value if found.industry else None,
            "filings": [one.number for one in found.filings],
            "least_price": None if found.least_price is None else f"{found.least_price.normalize():f}",
            "most_price": None if found.most_price is None else f"{found.most_price.normalize():f}",
            "quiet_from": clock_time(found.quiet_from) or None,
            "quiet_until": clock_time(found.quiet_until) or None,
            "recipients": [person(one) for one in found.recipients],
        }
    )


def _seller(found: AllowedSeller) -> shapes.AllowedSeller:
    names = ("id", "pattern", "platform", "note", "added_at")
    return shapes.AllowedSeller.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "every_design": found.filing_id is None,
            "tie": found.tie.value,
            "mark": found.mark.value,
            "agreement": found.agreement_id,
            "added_by": person(found.added_by),
        }
    )
