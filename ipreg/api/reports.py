"""Reports over the API: one address or one picture that a person saw; and what is known of a seller."""

from __future__ import annotations

from flask import Blueprint
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from ipreg.api import reportshapes as shapes
from ipreg.api.calls import Done
from ipreg.api.matches import listing_of
from ipreg.api.operation import Routes
from ipreg.api.paging import newest
from ipreg.api.shapes import Page, Paging
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.messages import message_for
from ipreg.models import Report, Role, Scope, SellerLink
from ipreg.sightings import reports, sellerlinks, sellers
from ipreg.web.language import say
from ipreg.web.session import db, keep_ahead, me, runtime
from ipreg.web.words import RISKS

N_ = str  # marks a text for extraction
bp = Blueprint("api_reports", __name__)
routes = Routes(bp, N_("Reports and sellers"))
_REPORTERS = (Role.DESIGNER, Role.ENTERPRISE, Role.REGULATOR)
_READ = {"scope": Scope.LISTINGS_READ, "roles": _REPORTERS}
_WORD = {"scope": Scope.LISTINGS_WRITE, "roles": _REPORTERS}
_WRITE = {**_WORD, "answer": shapes.Report}


@routes.get(
    "/reports",
    N_("What you reported, the newest first"),
    **_READ,
    query=Paging,
    answer=Page[shapes.Report],
)
def list_reports(query: Paging) -> Page[shapes.Report]:
    mine = select(Report).where(Report.account_id == me().id)
    shown, following = newest(db(), mine, Report.id, query.cursor, query.limit)
    return Page[shapes.Report](items=[_report(one) for one in shown], next=following)


@routes.post(
    "/reports",
    N_("Reports one address, or one picture"),
    description=N_(
        "JSON alone, or a form of several parts: `report` with the JSON, and the `picture`. An address is fetched"
        " in the background: ask for the report. The same address again is the same report."
    ),
    **_WRITE,
    body=shapes.NewReport,
    part="report",
    files=("picture",),
    plain=True,
    status=201,
    errors=(409, 413, 415, 422),
)
def new_report(form: shapes.NewReport, files: dict[str, list[FileStorage]]) -> Done:
    if len(files["picture"]) > 1:
        raise CallerError("value_wrong", field="picture")
    address, now = form.address.strip(), utc_now()
    if not files["picture"]:
        made = reports.report_address(db(), account=me(), address=address, note=form.note, now=now)
    else:
        data = files["picture"][0].read()
        keep_ahead(runtime().store, [data])
        made = reports.report_picture(
            db(), runtime().store, account=me(), data=data, title=form.title, address=address, note=form.note,
            now=now,
        )  # fmt: skip
    return Done(_report(made), f"/api/v1/reports/{made.id}")


@routes.get("/reports/<int:report_id>", N_("One report"), **_READ, answer=shapes.Report, errors=(404,))
def report(report_id: int) -> shapes.Report:
    return _report(reports.get_report(db(), report_id=report_id, account=me()))


@routes.post(
    "/reports/<int:report_id>/retry",
    N_("A refused report is tried again"),
    **_WRITE,
    errors=(404, 409, 422),
)
def retry_report(report_id: int) -> Done:
    return Done(_report(reports.retry_report(db(), report_id=report_id, account=me())))


@routes.get(
    "/sellers/<int:seller_id>",
    N_("What you may know of a seller: his listings, the risk and its reasons, likely other shops"),
    **_READ,
    answer=shapes.Seller,
    errors=(404,),
)
def seller(seller_id: int) -> shapes.Seller:
    found = sellers.view_seller(db(), seller_id=seller_id, account=me())
    names = ("id", "platform", "shop_id", "name", "address", "first_seen_at", "last_seen_at")
    return shapes.Seller.model_validate(
        {name: getattr(found.seller, name) for name in names}
        | {
            "risk": found.risk,
            "reasons": [{**vars(one), "text": say(RISKS[one.kind])} for one in found.reasons],
            "likely": [
                {"id": one.seller.id, "platform": one.seller.platform, "name": one.seller.name}
                | {"pictures": one.pictures, "titles": one.titles}
                for one in found.likely
            ],
            "links": [_link(one) for one in found.links],
            "alerts": [one.id for one in found.alerts],
            "cases": [one.number for one in found.cases],
            "listings": [listing_of(one) for one in found.listings],
        }
    )


@routes.post(
    "/sellers/<int:seller_id>/links",
    N_("Says that two shops are one seller, or two"),
    description=N_("It counts in your office until it is taken back. The same word again changes nothing."),
    **_WORD,
    body=shapes.NewSellerLink,
    answer=shapes.SellerLink,
    status=201,
    errors=(404, 409, 413, 415, 422),
)
def link_seller(seller_id: int, body: shapes.NewSellerLink) -> Done:
    said = sellerlinks.say(
        db(), account=me(), one_id=seller_id, other_id=body.other, same=body.same, reason=body.reason, now=utc_now()
    )
    return Done(_link(said), f"/api/v1/sellers/{seller_id}")


@routes.delete(
    "/sellers/<int:seller_id>/links/<int:link_id>",
    N_("What was said of two shops does not count any more"),
    **_WORD,
    errors=(404, 409, 422),
)
def unlink_seller(seller_id: int, link_id: int) -> Done:
    sellers.view_seller(db(), seller_id=seller_id, account=me())
    sellerlinks.take_back(db(), account=me(), link_id=link_id, now=utc_now())
    return Done(None)


def _link(found: SellerLink) -> shapes.SellerLink:
    return shapes.SellerLink(
        id=found.id, one=found.one_id, other=found.other_id, same=found.same, reason=found.reason,
        said_at=found.said_at,
    )  # fmt: skip


def _report(found: Report) -> shapes.Report:
    names = ("id", "address", "title", "note", "created_at", "fault")
    return shapes.Report.model_validate(
        {name: getattr(found, name) for name in names}
        | {
            "state": found.state.value,
            "listing": found.listing.id if found.listing is not None else None,
            "message": message_for(found.fault, found.fault_values, say) if found.fault else None,
        }
    )
