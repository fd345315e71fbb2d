"""The audit trail on a page: what was done, by whom, and that nobody has changed the record since."""

from __future__ import annotations

import time
from datetime import MAXYEAR, MINYEAR, date

from flask import Blueprint, Response, render_template, request, stream_with_context

from ipreg import auditcheck, audittrail, logkeys
from ipreg.audittrail import Wanted
from ipreg.db import utc_now
from ipreg.errors import CallerError
from ipreg.models import AuditKind
from ipreg.web.errors import words_of
from ipreg.web.rules import who
from ipreg.web.session import db, me, runtime

bp = Blueprint("audittrail", __name__)
_FIELDS = ("who", "kind", "action", "subject", "since", "until")


@bp.get("/audit")
@who(*audittrail.READERS)
def trail() -> str | tuple[str, int]:
    faults: dict[str, str] = {}
    try:
        wanted = _wanted()
    except CallerError as fault:
        faults, wanted = {fault.field or "": words_of(fault)}, Wanted()
    keys = logkeys.verifiers(db(), first=runtime().log_key)
    shown = render_template(
        "audit.html",
        page=audittrail.page(db(), account=me(), wanted=wanted, before=request.args.get("before", type=int)),
        checked=auditcheck.check_newest(db(), verifiers=keys),
        asked={name: request.args.get(name, "") for name in _FIELDS},
        faults=faults,
        details=audittrail.details,
    )
    return (shown, 400) if faults else shown


@bp.get("/audit/check")
@who(*audittrail.READERS)
def check() -> str:
    """Every row, from the first on."""
    began = time.monotonic()
    found = auditcheck.check(db(), verifiers=logkeys.verifiers(db(), first=runtime().log_key))
    return render_template("audit_check.html", checked=found, at=utc_now(), seconds=time.monotonic() - began)


@bp.get("/audit.csv")
@who(*audittrail.READERS)
def export() -> Response:
    lines = audittrail.export(db(), account=me(), wanted=_wanted())
    answer = Response(stream_with_context(lines), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename=audit-{utc_now():%Y%m%d}.csv"
    return answer


def _wanted() -> Wanted:
    kind = request.args.get("kind", "")
    return Wanted(
        who=request.args.get("who", "").strip(),
        kind=AuditKind(kind) if kind in list(AuditKind) else None,
        action=request.args.get("action", "").strip(),
        subject=request.args.get("subject", "").strip(),
        since=_day("since"),
        until=_day("until"),
    )


def _day(name: str) -> date | None:
    text = request.args.get(name, "").strip()
    try:
        found = date.fromisoformat(text) if text else None
    except ValueError as fault:
        raise CallerError("date_wrong", field=name) from fault
    if found is not None and not MINYEAR < found.year < MAXYEAR:
        raise CallerError("date_wrong", field=name)  # the day after it, in another zone, may be none
    return found
