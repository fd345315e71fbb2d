"""What an owner does with a filing later, over the API: opening, withdrawal, transfer, licence."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time

from flask import Blueprint
from sqlalchemy import select

from ipreg import access, acts, agreements, sealing, withdrawing, workdays
from ipreg.agreements import Terms
from ipreg.api import keepingshapes, shapes
from ipreg.api.calls import Done, request_key
from ipreg.api.filings import sign_newest, whole
from ipreg.api.operation import Routes
from ipreg.api.paging import newest
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import Agreement, Filing, LicenceKind, Role, Scope
from ipreg.registry import get_filing
from ipreg.web.keeping import may_end, owned, waits_for
from ipreg.web.session import db, me, runtime, start_again

N_ = str  # marks a text for extraction
bp = Blueprint("api_keeping", __name__)
routes = Routes(bp, N_("Keeping filings"))
_OWNERS = (Role.DESIGNER, Role.ENTERPRISE)
_READ = {"scope": Scope.FILINGS_READ, "roles": _OWNERS}
_WRITE = {"scope": Scope.FILINGS_WRITE, "roles": _OWNERS}
_FILING = {**_WRITE, "answer": shapes.Filing, "errors": (404, 409, 422)}
_SENT = {**_WRITE, "answer": shapes.Filing, "errors": (404, 409, 413, 415, 422)}
_STEP = {**_WRITE, "answer": keepingshapes.Agreement, "errors": (404, 409, 422)}


@routes.post(
    "/filings/<number>/open",
    N_("Opens a sealed filing for good"),
    description=N_("Its files are as visible as any filing's from then on. Open already, nothing happens."),
    **_FILING,
)
def open_filing(number: str) -> Done:
    filing_id, account_id = owned(number).id, me().id
    db().rollback()  # files are copied now, and no transaction waits for that
    sealing.open_now(runtime(), filing_id, account_id=account_id, clock=utc_now)
    start_again().expire_all()
    return Done(whole(owned(number)), after=sign_newest)


@routes.put(
    "/filings/<number>/opening-day",
    N_("The day on which a sealed filing opens"),
    **_SENT,
    body=keepingshapes.OpeningDay,
)
def opening_day(number: str, body: keepingshapes.OpeningDay) -> Done:
    found, day = owned(number), body.opens_on
    opens_at = None if day is None else datetime.combine(day, time(), workdays.SHANGHAI).astimezone(UTC)
    sealing.set_opening(db(), filing=found, account=me(), opens_at=opens_at, now=utc_now())
    return Done(whole(found), after=sign_newest)


@routes.post(
    "/filings/<number>/withdraw",
    N_("Gives a filing up for good"),
    description=N_(
        "Number, times, digests and log entries stay. Withdrawn already, nothing happens; while a case about it is"
        " undecided, it is refused (409)."
    ),
    **_SENT,
    body=keepingshapes.Withdrawal,
)
def withdraw(number: str, body: keepingshapes.Withdrawal) -> Done:
    found = owned(number)
    filing_id = found.id
    withdrawing.withdraw(
        db(),
        filing=found,
        account=me(),
        destroy=body.files == "destroy",
        confirmed=body.confirmed,
        now=utc_now(),
    )

    def clear() -> None:
        withdrawing.remove_files(runtime(), filing_id)
        sealing.sweep(runtime(), clock=utc_now)
        sign_newest()

    return Done(whole(found), after=clear)


@routes.get(
    "/filings/<number>/acts",
    N_("What was done to a filing after it was filed"),
    **_READ,
    answer=keepingshapes.Acts,
    errors=(404,),
)
def filing_acts(number: str) -> keepingshapes.Acts:
    names = ("position", "at", "action", "details", "log_index")
    return keepingshapes.Acts(
        items=[
            keepingshapes.Act.model_validate({name: getattr(one, name) for name in names})
            for one in acts.acts_of(db(), _seen(number))
        ]
    )


@routes.get(
    "/agreements",
    N_("Transfers and licences: offered to you, or of one of your filings"),
    **_READ,
    query=keepingshapes.AgreementsAsked,
    answer=shapes.Page[keepingshapes.Agreement],
    errors=(404,),
)
def list_agreements(query: keepingshapes.AgreementsAsked) -> shapes.Page[keepingshapes.Agreement]:
    wanted = agreements.taken_by(me())
    if query.filing:
        wanted = select(Agreement).where(Agreement.filing_id == _seen(query.filing).id)
    shown, following = newest(db(), wanted, Agreement.id, query.cursor, query.limit)
    return shapes.Page[keepingshapes.Agreement](items=[_agreement(one) for one in shown], next=following)


@routes.post(
    "/filings/<number>/agreements",
    N_("Offers a transfer or a licence"),
    description=N_("It goes to an address and lapses after 30 days. Nothing changes before it is accepted there."),
    **_WRITE,
    body=keepingshapes.Offer,
    answer=keepingshapes.Agreement,
    status=201,
    errors=(404, 409, 413, 415, 422),
)
def offer_agreement(number: str, body: keepingshapes.Offer) -> Done:
    made = agreements.offer(
        db(),
        filing=owned(number),
        giver=me(),
        taker_email=body.taker_email,
        terms=_terms(body),
        message=body.message,
        request_key=request_key(),
        now=utc_now(),
    )
    return Done(_agreement(made), f"/api/v1/agreements/{made.id}", after=sign_newest)


@routes.get(
    "/agreements/<int:agreement_id>",
    N_("One transfer or licence"),
    **_READ,
    answer=keepingshapes.Agreement,
    errors=(404,),
)
def agreement(agreement_id: int) -> keepingshapes.Agreement:
    return _agreement(_found(agreement_id))


@routes.post("/agreements/<int:agreement_id>/accept", N_("The other side agrees"), **_STEP)
def accept_agreement(agreement_id: int) -> Done:
    return _step(agreement_id, agreements.accept)


@routes.post("/agreements/<int:agreement_id>/refuse", N_("The other side does not want it"), **_STEP)
def refuse_agreement(agreement_id: int) -> Done:
    return _step(agreement_id, agreements.refuse)


@routes.post("/agreements/<int:agreement_id>/take-back", N_("The owner withdraws an offer"), **_STEP)
def take_back_agreement(agreement_id: int) -> Done:
    return _step(agreement_id, agreements.take_back)


@routes.post("/agreements/<int:agreement_id>/end", N_("The licensee gives a licence up"), **_STEP)
def end_agreement(agreement_id: int) -> Done:
    return _step(agreement_id, agreements.end)


def _seen(number: str) -> Filing:
    """For whom the filing's page shows its acts: those whose it is."""
    found = get_filing(db(), number=number, account=me())
    if not access.owns_filing(me(), found):
        raise MissingError("filing_missing", number=number)
    return found


def _found(agreement_id: int) -> Agreement:
    return agreements.get(db(), agreement_id=agreement_id, account=me())


def _step(agreement_id: int, act: Callable[..., Agreement]) -> Done:
    done = act(db(), agreement=_found(agreement_id), account=me(), now=utc_now())
    return Done(_agreement(done), after=sign_newest)


def _terms(body: keepingshapes.Offer) -> Terms | None:
    if body.kind == "transfer":
        for name in ("licence_kind", "starts_on", "ends_on", "territory", "shops"):
            if getattr(body, name):
                raise CallerError("field_unknown", field=name)
        return None
    if body.licence_kind is None:
        raise CallerError("field_needed", field="licence_kind")
    return Terms(
        LicenceKind(body.licence_kind),
        territory=body.territory,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
        shops="\n".join(one.strip() for one in body.shops if one.strip()),
    )


def _agreement(found: Agreement) -> keepingshapes.Agreement:
    waits, is_taker = waits_for(found)
    names = (
        "id", "message", "territory", "starts_on", "ends_on", "offered_at", "expires_at", "answered_at",
        "started_at", "ended_at",
    )  # fmt: skip
    return keepingshapes.Agreement.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "kind": found.kind.value,
            "state": found.state.value,
            "filing": found.filing.number,
            "giver": found.giver.name,
            "taker": found.taker_email,
            "licence_kind": found.licence_kind.value if found.licence_kind else None,
            "shops": [one for one in found.shops.splitlines() if one.strip()],
            "may_answer": waits and is_taker,
            "may_take_back": waits and access.can_act_on_filing(me(), found.filing),
            "may_end": may_end(found),
        }
    )
