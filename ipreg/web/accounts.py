"""Signing up, in and out; who somebody is."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask import session as cookie
from flask_login import current_user, logout_user
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from ipreg import accounts, credentials, links, signins, throttle, twofactor
from ipreg.db import utc_now
from ipreg.errors import CallerError, ConflictError
from ipreg.models import Account, Role
from ipreg.web.audithook import act_as
from ipreg.web.errors import words_of
from ipreg.web.language import chosen
from ipreg.web.rules import EVERYBODY, public, viewers_too, who
from ipreg.web.session import db, me, runtime, sign_in_here, start_again

bp = Blueprint("accounts", __name__)
_SELF_SERVICE = {Role.DESIGNER.value: Role.DESIGNER, Role.ENTERPRISE.value: Role.ENTERPRISE}
_SHOWN = "password-shown"
_SECOND_WITHIN = timedelta(minutes=10)
_PRESSED_TWICE = timedelta(seconds=60)
_TRIES, _TRIES_WITHIN = 60, timedelta(minutes=15)


@bp.route("/sign-up", methods=["GET", "POST"])
@public
def sign_up() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return render_template("sign_up.html", faults={}, given=request.args)
    try:
        if credentials.told_often(db(), place=request.remote_addr or "", now=utc_now()):
            raise CallerError("too_often")
        account = _sign_up()
        credentials.ask_to_verify(db(), links.link_key(runtime().secrets), account=account, now=utc_now())
        db().commit()
    except CallerError as fault:
        start_again()
        if fault.code == "email_taken":
            if opened := _opened_just_now():
                sign_in_here(opened)
                return redirect(url_for("pages.home"))
            _tell_owner()
        faults = {fault.field or "": words_of(fault)}
        return render_template("sign_up.html", faults=faults, given=request.form), 400
    sign_in_here(account)
    return redirect(url_for("pages.home"))


def _opened_just_now() -> Account | None:
    """The account that the same form has opened a moment ago: somebody pressed twice."""
    email = request.form.get("email", "")
    with runtime().sessions() as reading:
        found = accounts.by_email(reading, email)
        if (
            found is None
            or utc_now() - found.created_at > _PRESSED_TWICE
            or twofactor.is_on(reading, account=found)
        ):
            return None
        kept = found.password_hash
    fits = accounts.compare(kept, request.form.get("password", "")).fits
    return accounts.by_email(db(), email) if fits else None


def _tell_owner() -> None:
    """Of the address that has an account already."""
    email, place = request.form.get("email", ""), request.remote_addr or ""
    credentials.tell_taken(db(), email=email, place=place, now=utc_now())
    db().commit()


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
    try:
        account = _by_password()
    except CallerError as fault:
        db().commit()  # the failure is counted
        return render_template("sign_in.html", faults={"": words_of(fault)}, given=request.form), 400
    act_as(account)
    target = own_path(request.args.get("next"))
    if twofactor.is_on(db(), account=account):
        db().commit()
        cookie[_SHOWN] = [account.id, _mark(account), int(utc_now().timestamp())]
        return redirect(url_for("accounts.second", next=target))
    sign_in_here(account)
    return redirect(target)


def _by_password() -> Account:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    now, place = utc_now(), request.remote_addr or ""
    compared = _compared(email, password)
    start_again()
    if _tried_often(db()):
        raise CallerError("too_often")
    try:
        return accounts.sign_in(db(), email=email, password=password, compared=compared, now=now)
    except CallerError:
        throttle.note(db(), what="sign-in", whom=place, now=now)
        raise


def _compared(email: str, password: str) -> accounts.Compared | None:
    """The costly part, without a transaction: while one is open nobody else can write to SQLite."""
    db().rollback()
    with runtime().sessions() as reading:
        if _tried_often(reading):
            return None
        kept = accounts.kept_hash(reading, email=email)
    return accounts.compare(kept, password)


def _tried_often(session: Session) -> bool:
    place = request.remote_addr or ""
    return throttle.spent(session, what="sign-in", whom=place, most=_TRIES, within=_TRIES_WITHIN, now=utc_now())


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public
def second() -> str | Response | tuple[str, int]:
    """The second step: only for a browser that has just shown the password."""
    account = _half_signed_in(utc_now())
    if account is None:
        return redirect(url_for("accounts.sign_in"))
    if request.method == "GET":
        return render_template("sign_in_code.html", faults={})
    key = twofactor.two_factor_key(runtime().secrets)
    try:
        twofactor.check(db(), key, account=account, code=request.form.get("code", ""), now=utc_now())
    except ConflictError:  # switched off meanwhile, on another device
        return redirect(url_for("accounts.sign_in"))
    except CallerError as fault:
        db().commit()  # the failure is counted
        return render_template("sign_in_code.html", faults={"code": words_of(fault)}), 400
    sign_in_here(account, second_factor=True)
    return redirect(own_path(request.args.get("next")))


def _half_signed_in(now: datetime) -> Account | None:
    account_id, mark, at = cookie.get(_SHOWN, (0, "", 0))
    account = accounts.get_account(db(), account_id)
    fresh = now.timestamp() - at < _SECOND_WITHIN.total_seconds()
    return account if account is not None and fresh and mark == _mark(account) else None


def _mark(account: Account) -> str:
    """Another one after a change of password: what was shown before then opens nothing."""
    return hashlib.sha256(account.password_hash.encode()).hexdigest()[:16]


@bp.post("/sign-out")
@public
def sign_out() -> Response:
    if current_user.is_authenticated:
        signins.end(db(), account=me(), sign_in_id=current_user.sign_in.id, now=utc_now())
        db().commit()
    logout_user()
    cookie.clear()
    return redirect(url_for("pages.home"))


@bp.route("/account", methods=["GET", "POST"])
@who(*EVERYBODY)
@viewers_too
def account() -> str | Response | tuple[str, int]:
    if request.method == "GET":
        return _account_page({})
    try:
        accounts.rename(db(), account=me(), name=request.form.get("name", ""), now=utc_now())
        accounts.choose_zone(db(), account=me(), name=request.form.get("time_zone", me().time_zone))
        db().commit()
    except CallerError as fault:
        start_again()
        return _account_page({fault.field or "": words_of(fault)}), 400
    return redirect(url_for("accounts.account", saved=1))


@bp.post("/account/join")
@who(Role.DESIGNER)
def join() -> Response | tuple[str, int]:
    try:
        accounts.join_organization(db(), account=me(), join_code=request.form.get("join_code", ""))
        db().commit()
    except CallerError as fault:
        start_again()
        return _account_page({fault.field or "": words_of(fault)}), 400
    return redirect(url_for("accounts.account"))


def _account_page(faults: dict[str, str]) -> str:
    account = me()
    given = {"name": account.name, "time_zone": account.time_zone, **request.form}
    return render_template("account.html", faults=faults, account=account, given=given)


def own_path(target: str | None) -> str:
    """Only a path of our own: what leads elsewhere is dropped."""
    if target and target.startswith("/") and target[1:2] not in ("/", "\\"):
        return target
    return "/"
