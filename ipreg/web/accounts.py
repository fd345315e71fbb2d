"""Signing up, in and out; belonging to an enterprise."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from ipreg import accounts
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Account, Role
from ipreg.web.errors import words_of
from ipreg.web.language import chosen
from ipreg.web.rules import EVERYBODY, public, who
from ipreg.web.session import Reader, db, me, start_again

bp = Blueprint("accounts", __name__)
_SELF_SERVICE = {Role.DESIGNER.value: Role.DESIGNER, Role.ENTERPRISE.value: Role.ENTERPRISE}


@bp.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("sign_up.html", faults={}, given=request.args)
    try:
        account = _sign_up()
        db().commit()
    except CallerError as fault:
        start_again()
        faults = {fault.field or "": words_of(fault)}
        return render_template("sign_up.html", faults=faults, given=request.form), 400
    login_user(Reader(account))
    return redirect("/")


def _sign_up() -> Account:
    form = request.form
    if form.get("role") not in _SELF_SERVICE:
        raise CallerError("choice_wrong", field="role")
    return accounts.sign_up(
        db(),
        email=form.get("email", ""),
        password=form.get("password", ""),
        name=form.get("name", ""),
        role=_SELF_SERVICE[form["role"]],
        locale=chosen(),
        organization_name=form.get("organization_name"),
        join_code=form.get("join_code"),
        now=utc_now(),
    )


@bp.route("/sign-in", methods=["GET", "POST"])
@public
def sign_in() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("sign_in.html", faults={}, given=request.args)
    form = request.form
    try:
        account = accounts.sign_in(
            db(), email=form.get("email", ""), password=form.get("password", ""), now=utc_now()
        )
    except CallerError as fault:
        db().commit()  # the failure is counted
        return render_template("sign_in.html", faults={"": words_of(fault)}, given=form), 400
    db().commit()
    login_user(Reader(account))
    return redirect(_own_path(request.args.get("next")))


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    logout_user()
    return redirect("/")


@bp.route("/account", methods=["GET", "POST"])
@who(*EVERYBODY)
def account() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("account.html", faults={}, account=me())
    try:
        accounts.join_organization(db(), account=me(), join_code=request.form.get("join_code", ""))
        db().commit()
    except CallerError as fault:
        start_again()
        faults = {fault.field or "": words_of(fault)}
        return render_template("account.html", faults=faults, account=me()), 400
    return redirect(url_for("accounts.account"))


def _own_path(target: str | None) -> str:
    """Only a path of our own: what leads elsewhere is dropped."""
    if target and target.startswith("/") and target[1:2] not in ("/", "\\"):
        return target
    return "/"
