"""Links that came by mail: a new password, a proved address. A page asks first, so that no mail scanner acts."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import logout_user
from werkzeug.wrappers import Response

from ipreg import credentials, links
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError
from ipreg.models import LinkPurpose
from ipreg.web.audithook import act_as
from ipreg.web.errors import words_of
from ipreg.web.rules import public
from ipreg.web.session import db, runtime, start_again

bp = Blueprint("recovery", __name__)
Page = str | Response | tuple[str, int]


@bp.route("/forgot", methods=["GET", "POST"])
@public
def forgot() -> Page:
    """Asks for a letter. The answer is the same whether or not the address has an account."""
    if request.method == "GET":
        return render_template("forgot.html", faults={}, given=request.args, sent=False)
    try:
        credentials.ask_for_reset(
            db(),
            links.link_key(runtime().secrets),
            email=request.form.get("email", ""),
            place=request.remote_addr or "",
            now=utc_now(),
        )
    except CallerError as fault:
        start_again()
        return render_template("forgot.html", faults={"": words_of(fault)}, given=request.form, sent=False), 400
    db().commit()
    return render_template("forgot.html", faults={}, given=request.form, sent=True)


@bp.route("/reset/<token>", methods=["GET", "POST"])
@public
def reset(token: str) -> Page:
    try:
        links.find(db(), purpose=LinkPurpose.RESET_PASSWORD, token=token, now=utc_now())
        if request.method == "GET":
            return render_template("reset.html", faults={})
        act_as(credentials.reset(db(), token=token, password=request.form.get("password", ""), now=utc_now()))
        db().commit()
    except MissingError:
        return _over(url_for("recovery.forgot"))
    except CallerError as fault:
        start_again()
        return render_template("reset.html", faults={fault.field or "": words_of(fault)}), 400
    logout_user()
    return redirect(url_for("accounts.sign_in", reset=1))


@bp.route("/verify-email/<token>", methods=["GET", "POST"])
@public
def verify_email(token: str) -> Page:
    return _prove(LinkPurpose.VERIFY_EMAIL, token)


@bp.route("/change-email/<token>", methods=["GET", "POST"])
@public
def change_email(token: str) -> Page:
    return _prove(LinkPurpose.CHANGE_EMAIL, token)


def _prove(purpose: LinkPurpose, token: str) -> Page:
    try:
        link = links.find(db(), purpose=purpose, token=token, now=utc_now())
        if request.method == "GET":
            return render_template("prove_email.html", email=link.email, done=False)
        prove = credentials.verify if purpose is LinkPurpose.VERIFY_EMAIL else credentials.change_email
        act_as(prove(db(), token=token, now=utc_now()))
        db().commit()
    except MissingError:
        return _over(url_for("security.overview"))
    return render_template("prove_email.html", email=link.email, done=True)


def _over(again: str) -> tuple[str, int]:
    start_again()
    return render_template("link_over.html", again=again), 404
