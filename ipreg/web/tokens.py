"""Personal tokens: with which programs act for an account."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from ipreg import access, accounts, tokens
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Account, Role, Scope
from ipreg.web.errors import words_of
from ipreg.web.rules import EVERYBODY, viewers_too, who
from ipreg.web.session import db, me

bp = Blueprint("tokens", __name__, url_prefix="/account/tokens")
DAYS = (7, 30, 90, 365)
_EITHER = (Scope.LISTINGS_READ, Scope.FILINGS_READ, Scope.NOTICES_READ)
_OWNERS = (Scope.FILINGS_WRITE, Scope.ALERTS_READ, Scope.ALERTS_WRITE, Scope.CASES_READ, Scope.CASES_WRITE)
SCOPES: dict[Role, frozenset[Scope]] = {
    Role.DESIGNER: frozenset({*_EITHER, *_OWNERS, Scope.LISTINGS_WRITE, Scope.NOTICES_WRITE}),
    Role.ENTERPRISE: frozenset({*_EITHER, *_OWNERS, Scope.LISTINGS_WRITE, Scope.NOTICES_WRITE}),
    Role.REGULATOR: frozenset(
        {
            *_EITHER,
            Scope.LISTINGS_WRITE,
            Scope.CASES_READ,
            Scope.CASES_WRITE,
            Scope.STATISTICS_READ,
            Scope.NOTICES_WRITE,
        }
    ),
    Role.AUDITOR: frozenset({*_EITHER, Scope.CASES_READ, Scope.STATISTICS_READ, Scope.AUDIT_READ}),
    Role.ADMINISTRATOR: frozenset(
        {*_EITHER, Scope.LISTINGS_WRITE, Scope.STATISTICS_READ, Scope.NOTICES_WRITE, Scope.AUDIT_READ}
    ),
}
"""What is of any use to an account of that role."""


@bp.route("", methods=["GET", "POST"])
@who(*EVERYBODY)
@viewers_too
def overview() -> str | tuple[str, int]:
    if request.method == "GET":
        return _page({})
    try:
        token = _make()
    except CallerError as fault:
        db().commit()  # a wrong password is counted
        return _page({fault.field or "": words_of(fault)}), 400
    return _page({}, token)


@bp.post("/<int:token_id>/revoke")
@who(*EVERYBODY)
@viewers_too
def revoke(token_id: int) -> Response:
    tokens.revoke(db(), account=me(), token_id=token_id, now=utc_now())
    db().commit()
    return redirect(url_for("tokens.overview", done="revoked"))


def _make() -> str:
    """The password once more: who finds a signed-in browser makes himself no lasting way in."""
    form, account, now = request.form, me(), utc_now()
    scopes = [one for one in form.getlist("scope") if one in scopes_of(account)]
    accounts.prove_password(db(), account=account, password=form.get("password", ""), field="password", now=now)
    days = form.get("days", 0, type=int)
    _, token = tokens.make(db(), account=account, name=form.get("name", ""), scopes=scopes, days=days, now=now)
    db().commit()
    return token


def scopes_of(account: Account) -> list[Scope]:
    """The scopes that are of any use to the account; who only looks on is offered nothing that writes."""
    looks_on = account.role is Role.AUDITOR or access.is_viewer(account)
    return [one for one in Scope if one in SCOPES[account.role] and not (looks_on and one.endswith(":write"))]


def _page(faults: dict[str, str], token: str = "") -> str:
    now = utc_now()
    mine = tokens.tokens_of(db(), account=me())
    return render_template(
        "tokens.html",
        faults=faults,
        given=request.form if faults else {},
        chosen=request.form.getlist("scope") if faults else [],
        token=token,
        current=[one for one in mine if tokens.holds(one, now)],
        over=[one for one in mine if not tokens.holds(one, now)][:20],
        scopes=scopes_of(me()),
        lifetimes=DAYS,
    )
