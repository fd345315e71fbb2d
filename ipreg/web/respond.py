"""The respondent's pages: a one-time link, and then one case; no account, and nothing else of the site."""

from __future__ import annotations

import secrets

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask import session as prepared
from werkzeug.wrappers import Response

from ipreg import logkeys
from ipreg.casework import appeals, clocks, hearings, links, papers, submissions, table
from ipreg.casework.table import Part
from ipreg.db import utc_now
from ipreg.errors import CallerError, MissingError, PermissionDeniedError
from ipreg.models import Case, ClockKind, RespondentLink
from ipreg.web import handedin
from ipreg.web.audithook import act_as, shortened
from ipreg.web.errors import words_of
from ipreg.web.filings import proof_of
from ipreg.web.pages import picture
from ipreg.web.rules import public
from ipreg.web.session import aside, db, runtime, start_again

bp = Blueprint("respond", __name__)
COOKIE = "respondent"
_PREPARED = "link-prepared"


@bp.get("/respond/<token>")
@public  # by a one-time link and not by an account
def link(token: str) -> Response:
    """Shows what the link leads to and a button: what follows links by itself spends none. Who opened it in this
    browser comes to his case by it again."""
    try:
        found = links.look(db(), token=token, network=_network(), now=utc_now())
    except MissingError:
        _count_guess()
        raise
    except PermissionDeniedError as fault:
        return _let_in_again(token, fault)
    prepared[_PREPARED] = [links.digest(token), secrets.token_urlsafe(32)]
    answer = make_response(render_template("respond_open.html", case=found.case, link=found))
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@bp.post("/respond/<token>")
@public  # by a one-time link
def open_link(token: str) -> Response:
    """The button. Pressed twice it opens the case, too: the page before has given this browser its secret."""
    secret = _prepared_secret(token)
    try:
        found, secret = links.open_link(db(), token=token, secret=secret, network=_network(), now=utc_now())
    except MissingError:
        _count_guess()
        raise
    except PermissionDeniedError as fault:
        return _let_in_again(token, fault)
    act_as(f"respondent:{found.id}")
    db().commit()
    return _let_in(secret)


def _let_in(secret: str) -> Response:
    answer = redirect(url_for("respond.case"))
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(links.SESSION_FOR.total_seconds()),
        path="/respond",
        httponly=True,
        samesite="Lax",
        secure=runtime().config.public_url.startswith("https:"),
    )
    return answer


def _let_in_again(token: str, fault: PermissionDeniedError) -> Response:
    """For the browser in which the link was opened; for all others the refusal is raised again."""
    start_again()
    for secret in (request.cookies.get(COOKIE), _prepared_secret(token)):
        if secret and links.is_session_of(db(), token=token, secret=secret, now=utc_now()):
            return _let_in(secret)
    raise fault


def _prepared_secret(token: str) -> str | None:
    """What the page with the button gave this browser for this link; it is signed, so nobody else could."""
    of_link, secret = prepared.get(_PREPARED, ("", ""))
    return secret if of_link == links.digest(token) else None


@bp.get("/respond")
@public  # by the session that a link was exchanged for: see _mine
def case() -> str:
    return _page(_mine(), {})


@bp.post("/respond")
@public  # by the session of a link
def submit() -> Response | tuple[str, int]:
    mine = _mine()
    try:
        made = handedin.take_in(mine.case, mine)
    except CallerError as fault:
        start_again()
        return _page(_mine(), {fault.field or "": words_of(fault)}), 400
    db().commit()
    return redirect(url_for("respond.receipt", serial=made.serial))


@bp.get("/respond/receipts/<int:serial>")
@public  # by the session of a link
def receipt(serial: int) -> str:
    mine = _mine()
    one = submissions.find(db(), case=mine.case, serial=serial, reader=mine)
    return render_template(
        "receipt.html",
        one=one,
        case=mine.case,
        proof=proof_of(one.log_index),
        files=lambda position, **more: url_for("respond.file", serial=serial, position=position, **more),
        back=url_for("respond.case"),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
    )


@bp.get("/respond/receipts/<int:serial>/files/<int:position>")
@public  # by the session of a link
def file(serial: int, position: int) -> Response:
    mine = _mine()
    return handedin.file_of(submissions.find(db(), case=mine.case, serial=serial, reader=mine), position)


@bp.get("/respond/papers/<int:paper_id>")
@public  # by the session of a link
def paper(paper_id: int) -> Response:
    mine = _mine()
    found = papers.find(db(), case=mine.case, paper_id=paper_id, reader=mine)
    return handedin.paper_file(found, mine)


@bp.get("/respond/pictures/<side>")
@public  # by the session of a link
def shown(side: str) -> Response:
    """The two pictures that the case is about, as they are compared; no originals."""
    match = _mine().case.match
    view = {"filed": match.view, "seen": match.later_view}.get(side)
    file = match.picture.file if side == "seen" and match.picture is not None else view.file if view else None
    sealed = view is not None and view.filing.vault_key is not None
    if file is None or sealed or request.args.get("size", type=int) is None:
        raise MissingError("file_missing")
    return picture(file, side, runtime().store)


@bp.post("/respond/leave")
@public  # whoever has the cookie may drop it
def leave() -> Response:
    answer = redirect("/")
    answer.delete_cookie(COOKIE, path="/respond")
    return answer


def _mine() -> RespondentLink:
    found = links.of_session(db(), secret=request.cookies.get(COOKIE), now=utc_now())
    act_as(f"respondent:{found.id}")
    return found


def _count_guess() -> None:
    with aside() as session:
        links.guessed(session, network=_network(), now=utc_now())


def _network() -> str:
    return shortened(request.remote_addr)


def _page(mine: RespondentLink, faults: dict[str, str]) -> str:
    of_case: Case = mine.case
    return render_template(
        "respond.html",
        case=of_case,
        link=mine,
        faults=faults,
        given=request.form,
        may_submit=of_case.state in table.TAKES_PAPERS,
        may_appeal=handedin.takes_appeal(of_case, Part.RESPONDENT),
        appeal_until=appeals.last_day(of_case, Part.RESPONDENT),
        papers=papers.papers_of(db(), of_case, mine),
        submissions=submissions.seen_by(db(), of_case, mine),
        hearing=hearings.appointed(of_case),
        clock=clocks.running(of_case, ClockKind.RESPONSE),
        request_key=secrets.token_hex(16),
        now=utc_now(),
        paper_link=lambda paper_id: url_for("respond.paper", paper_id=paper_id),
        receipt_link=lambda serial: url_for("respond.receipt", serial=serial),
    )
