"""What keeps an account its owner's: password, address, second factor, the devices that are signed in."""

from __future__ import annotations

from collections.abc import Callable

import segno
from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from ipreg import accounts, credentials, links, signins, twofactor
from ipreg.db import utc_now
from ipreg.errors import CallerError, PermissionDeniedError
from ipreg.notify.letters import write_letter
from ipreg.web.errors import words_of
from ipreg.web.language import say
from ipreg.web.rules import EVERYBODY, before_two_factor, must_have_two_factor, viewers_too, who
from ipreg.web.session import db, me, runtime

bp = Blueprint("security", __name__, url_prefix="/account")
N_ = str  # marks a text for extraction
ISSUER = N_("Design pre-registration")
Page = str | Response | tuple[str, int]


@bp.get("/security")
@who(*EVERYBODY)
def overview() -> str:
    return _page({})


@bp.post("/password")
@who(*EVERYBODY)
@viewers_too
def change_password() -> Page:
    form = request.form

    def work() -> None:
        credentials.change_password(
            db(),
            account=me(),
            current=form.get("current", ""),
            new=form.get("new", ""),
            sign_in_id=current_user.sign_in.id,
            now=utc_now(),
        )

    return _answer(work, "password")


@bp.post("/email")
@who(*EVERYBODY)
@viewers_too
def change_email() -> Page:
    form = request.form

    def work() -> None:
        credentials.ask_to_change_email(
            db(),
            _link_key(),
            account=me(),
            email=form.get("email", ""),
            password=form.get("password", ""),
            now=utc_now(),
        )

    return _answer(work, "email")


@bp.post("/email/verify")
@who(*EVERYBODY)
@viewers_too
def verify_again() -> Page:
    return _answer(lambda: credentials.ask_to_verify(db(), _link_key(), account=me(), now=utc_now()), "verify")


@bp.post("/sign-ins/<int:sign_in_id>/end")
@who(*EVERYBODY)
@viewers_too
def end(sign_in_id: int) -> Page:
    signins.end(db(), account=me(), sign_in_id=sign_in_id, now=utc_now())
    db().commit()
    return redirect(url_for("security.overview", done="ended"))


@bp.post("/sign-ins/end-others")
@who(*EVERYBODY)
@viewers_too
def end_others() -> Page:
    signins.end_all(db(), account=me(), but=current_user.sign_in.id, now=utc_now())
    db().commit()
    return redirect(url_for("security.overview", done="ended"))


@bp.get("/two-factor")
@who(*EVERYBODY)
@before_two_factor
def two_factor() -> str:
    return _two_factor_page({})


@bp.post("/two-factor/begin")
@who(*EVERYBODY)
@viewers_too
@before_two_factor
def begin() -> Page:
    def work() -> None:
        _prove_password()
        twofactor.begin(db(), _key(), account=me())

    return _two_factor_answer(work)


@bp.post("/two-factor/confirm")
@who(*EVERYBODY)
@viewers_too
@before_two_factor
def confirm() -> Page:
    codes: list[str] = []

    def work() -> None:
        account, now = me(), utc_now()
        codes.extend(twofactor.confirm(db(), _key(), account=account, code=request.form.get("code", ""), now=now))
        # The others were signed in without a code.
        signins.end_all(db(), account=account, but=current_user.sign_in.id, now=now)
        db().merge(current_user.sign_in).second_factor = True
        write_letter(db(), kind="two_factor_on", email=account.email, locale=account.locale, now=now)

    return _two_factor_answer(work, codes)


@bp.post("/two-factor/codes")
@who(*EVERYBODY)
@viewers_too
def new_codes() -> Page:
    codes: list[str] = []

    def work() -> None:
        _prove_password()
        codes.extend(twofactor.renew_recovery_codes(db(), _key(), account=me()))

    return _two_factor_answer(work, codes)


@bp.post("/two-factor/off")
@who(*EVERYBODY)
@viewers_too
def switch_off() -> Page:
    if must_have_two_factor(me()):
        raise PermissionDeniedError("two_factor_needed")

    def work() -> None:
        _prove_password()
        account = me()
        twofactor.switch_off(db(), account=account)
        write_letter(db(), kind="two_factor_off", email=account.email, locale=account.locale, now=utc_now())

    return _two_factor_answer(work)


def _answer(work: Callable[[], None], done: str) -> Page:
    try:
        work()
    except CallerError as fault:
        db().commit()  # a wrong password is counted
        return _page({f"{done}-{fault.field}" if fault.field else done: words_of(fault)}), 400
    db().commit()
    return redirect(url_for("security.overview", done=done))


def _two_factor_answer(work: Callable[[], None], codes: list[str] | None = None) -> Page:
    try:
        work()
    except CallerError as fault:
        db().commit()  # a wrong code is counted
        return _two_factor_page({fault.field or "": words_of(fault)}), 400
    db().commit()
    if codes:
        return render_template("recovery_codes.html", codes=codes)
    return redirect(url_for("security.two_factor"))


def _page(faults: dict[str, str]) -> str:
    account = me()
    return render_template(
        "security.html",
        faults=faults,
        given=request.form,
        account=account,
        two_factor=twofactor.is_on(db(), account=account),
        sign_ins=signins.current(db(), account=account, now=utc_now()),
        here=current_user.sign_in.id,
    )


def _two_factor_page(faults: dict[str, str]) -> str:
    account = me()
    begun = twofactor.address_of(db(), _key(), account=account, issuer=say(ISSUER))
    code = segno.make(begun[1], error="m").svg_data_uri(scale=5, border=4, light="white") if begun else ""
    return render_template(
        "two_factor.html",
        faults=faults,
        on=twofactor.is_on(db(), account=account),
        secret=begun[0] if begun else "",
        code=code,
        left=twofactor.codes_left(db(), account=account),
        needed=must_have_two_factor(account),
    )


def _prove_password() -> None:
    given = request.form.get("password", "")
    accounts.prove_password(db(), account=me(), password=given, field="password", now=utc_now())


def _key() -> bytes:
    return twofactor.two_factor_key(runtime().secrets)


def _link_key() -> bytes:
    return links.link_key(runtime().secrets)
