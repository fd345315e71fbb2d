"""A seller on one page, and what people say of whose shops are one."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Role
from ipreg.sightings import sellerlinks, sellers
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, start_again

bp = Blueprint("sellers", __name__)
_WATCHERS = (Role.DESIGNER, Role.ENTERPRISE, Role.REGULATOR)


@bp.get("/sellers/<int:seller_id>")
@who(*_WATCHERS)
def seller(seller_id: int) -> str:
    return _page(seller_id, {})


@bp.post("/sellers/<int:seller_id>/links")
@who(*_WATCHERS)
def link(seller_id: int) -> Response | tuple[str, int]:
    """One seller with another shop, or not."""
    try:
        sellerlinks.say(
            db(),
            account=me(),
            one_id=seller_id,
            other_id=request.form.get("other", 0, type=int),
            same=request.form.get("same") == "yes",
            reason=request.form.get("reason", ""),
            now=utc_now(),
        )
    except CallerError as fault:
        start_again()
        return _page(seller_id, {fault.field or "": words_of(fault)}), 400
    db().commit()
    return redirect(url_for("sellers.seller", seller_id=seller_id))


@bp.post("/sellers/<int:seller_id>/links/<int:link_id>/undo")
@who(*_WATCHERS)
def undo(seller_id: int, link_id: int) -> Response:
    sellerlinks.take_back(db(), account=me(), link_id=link_id, now=utc_now())
    db().commit()
    return redirect(url_for("sellers.seller", seller_id=seller_id))


def _page(seller_id: int, faults: dict[str, str]) -> str:
    view = sellers.view_seller(db(), seller_id=seller_id, account=me())
    asked = request.values.get("find", "")[:2000]
    known = {seller_id, *(one.id for one in view.shops)}
    return render_template(
        "seller.html",
        view=view,
        faults=faults,
        asked=asked,
        given=request.form,
        found=[one for one in sellers.find_sellers(db(), account=me(), text=asked) if one.id not in known],
    )
