"""The parties of a case, as officers and right holders see them: papers, what came in, the other side's link."""

from __future__ import annotations

import io
import secrets

import segno
from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from ipreg import audit, cases, logkeys
from ipreg.casework import appeals, casebundle, clocks, hearings, links, machine, papers, submissions, table
from ipreg.casework.machine import Given
from ipreg.casework.table import Part
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import Case, ClockKind, Role
from ipreg.web import handedin
from ipreg.web.errors import words_of
from ipreg.web.filings import proof_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime, start_again

bp = Blueprint("parties", __name__)
_ALL = (Role.REGULATOR, Role.AUDITOR, Role.ENTERPRISE, Role.DESIGNER)
_OWNERS = (Role.ENTERPRISE, Role.DESIGNER)


@bp.get("/cases/<number>/parties")
@who(*_ALL)
def page(number: str) -> str:
    return _page(_case(number), {})


@bp.post("/cases/<number>/parties/notice")
@who(Role.REGULATOR)
def notice(number: str) -> Response | tuple[str, int]:
    """Issues the notice where the case is ready for it, and makes a one-time link, which is shown once."""
    case = _case(number)
    try:
        seen = request.form.get("row_version", type=int)
        machine.require_current(case, -1 if seen is None else seen)
        if table.find(case.state, "notice_issued") is not None:
            given = Given(reason=request.form.get("reason", ""))
            machine.transition(db(), case=case, action="notice_issued", actor=me(), given=given, now=utc_now())
        form = request.form
        _link, token = links.issue(
            db(), case=case, officer=me(), name=form.get("name", ""), contact=form.get("contact", ""), now=utc_now()
        )
    except CallerError as fault:
        return _again(number, fault)
    db().commit()
    session["shown-once"] = [number, token]
    return redirect(url_for("parties.link", number=number))


@bp.get("/cases/<number>/parties/link")
@who(Role.REGULATOR)
def link(number: str) -> str | Response:
    """The link with its code, once: to be sent, or printed and delivered."""
    case = _case(number)
    of_case, token = session.pop("shown-once", ("", ""))
    if of_case != number:
        return redirect(url_for("parties.page", number=number))
    address = handedin.absolute("respond.link", token=token)
    code = io.BytesIO()
    segno.make(address, error="m", micro=False).save(code, kind="svg", border=2, scale=4, xmldecl=False)
    return render_template(
        "party_link.html", case=case, address=address, code=code.getvalue().decode(), days=links.LINK_FOR.days
    )


@bp.post("/cases/<number>/parties/revoke")
@who(Role.REGULATOR)
def revoke(number: str) -> Response:
    links.revoke(db(), case=_case(number), officer=me(), now=utc_now())
    db().commit()
    return redirect(url_for("parties.page", number=number))


@bp.post("/cases/<number>/submissions")
@who(*_OWNERS)
def submit(number: str) -> Response | tuple[str, int]:
    case = _case(number)
    try:
        made = handedin.take_in(case, me())
    except CallerError as fault:
        return _again(number, fault)
    db().commit()
    return redirect(url_for("parties.receipt", number=number, serial=made.serial))


@bp.get("/cases/<number>/submissions/<int:serial>")
@who(*_ALL)
def receipt(number: str, serial: int) -> str:
    case = _case(number)
    one = submissions.find(db(), case=case, serial=serial, reader=me())
    handedin.told(one)
    return render_template(
        "receipt.html",
        one=one,
        case=case,
        proof=proof_of(one.log_index),
        files=lambda position, **more: url_for(
            "parties.file", number=number, serial=serial, position=position, **more
        ),
        back=url_for("parties.page", number=number),
        verifier=str(logkeys.current_verifier(db(), first=runtime().log_key)),
    )


@bp.get("/cases/<number>/submissions/<int:serial>/files/<int:position>")
@who(*_ALL)
def file(number: str, serial: int, position: int) -> Response:
    one = submissions.find(db(), case=_case(number), serial=serial, reader=me())
    handedin.told(one)
    return handedin.file_of(one, position)


@bp.get("/cases/<number>/papers/<int:paper_id>")
@who(*_ALL)
def paper(number: str, paper_id: int) -> Response:
    found = papers.find(db(), case=_case(number), paper_id=paper_id, reader=me())
    return handedin.paper_file(found, me())


@bp.get("/cases/<number>/bundle.zip")
@who(*_ALL)
def bundle(number: str) -> Response:
    case = _case(number)
    audit.record(db(), actor=me(), action="case.bundle", subject=case.number, now=utc_now())
    for one in submissions.seen_by(db(), case, me()):
        handedin.told(one)
    data = casebundle.build(runtime(), case.id, reader=me(), clock=utc_now)
    answer = Response(data, mimetype="application/zip")
    answer.headers["Content-Disposition"] = f"attachment; filename={case.number}.zip"
    return answer


def _case(number: str) -> Case:
    return cases.get_case(db(), number=number, account=me())


def _again(number: str, fault: CallerError) -> tuple[str, int]:
    start_again()
    return _page(_case(number), {fault.field or "": words_of(fault)}), 400


def _page(case: Case, faults: dict[str, str]) -> str:
    mine = machine.parts_of(db(), case=case, actor=me(), now=utc_now())
    side = submissions.part_of(case, me())
    has_case = bool(mine & {Part.OFFICER, Part.SUPERVISOR})
    return render_template(
        "parties.html",
        case=case,
        me=me(),
        faults=faults,
        given=request.form,
        has_case=has_case,
        may_invite=has_case and links.is_open(case, utc_now()),
        issues_notice=table.find(case.state, "notice_issued") is not None,
        may_submit=side is not None and case.state in table.TAKES_PAPERS,
        may_appeal=side is not None and handedin.takes_appeal(case, side),
        appeal_until=appeals.last_day(case, side) if side is not None else None,
        links=links.links_of(db(), case) if me().role in (Role.REGULATOR, Role.AUDITOR) else [],
        papers=papers.papers_of(db(), case, me()),
        submissions=submissions.seen_by(db(), case, me()),
        hearing=hearings.appointed(case),
        clock=clocks.running(case, ClockKind.RESPONSE),
        request_key=secrets.token_hex(16),
        now=utc_now(),
        paper_link=lambda paper_id: url_for("parties.paper", number=case.number, paper_id=paper_id),
        receipt_link=lambda serial: url_for("parties.receipt", number=case.number, serial=serial),
    )
