"""Who is at work in a request: every write gets its audit row, and so does every write that was refused."""

from __future__ import annotations

import ipaddress
import re

from flask import Flask, current_app, g, request
from flask.wrappers import Response
from flask_login import current_user

from ipreg import audit, logs
from ipreg.models import Account, AuditKind
from ipreg.web.rules import PUBLIC, rule_of
from ipreg.web.session import runtime

NOBODY = "nobody"
_READING = ("GET", "HEAD", "OPTIONS")
# What of an address may stand in a row. Others (the token of a one-time link) are secrets.
_TOLD = ("number",)
# Anybody can ask for any address; a row, and the file that an auditor opens, has none of his words.
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{0,39}")


def install(app: Flask) -> None:
    """First of all parts: it begins before the others look at a request, and ends after they have answered."""
    app.before_request(_begin)
    app.after_request(_end)
    app.teardown_request(lambda _fault: audit.end())


def act_as(actor: Account | str) -> None:
    """For a request that comes without an account's session: by a source's token, by a one-time link."""
    g.audit_actor = audit.label(actor)


def _begin() -> None:
    g.request_id = audit.new_request_id()
    logs.REQUEST.set(g.request_id)
    audit.begin(
        audit.Acting(
            actor=_actor,
            action=lambda: request.endpoint or "",
            subject=_subject(),
            details={
                "method": request.method,
                "route": request.url_rule.rule if request.url_rule else "",
                "request": g.request_id,
                "address": shortened(request.remote_addr),
            },
        )
    )


def _end(answer: Response) -> Response:
    work = audit.current()
    if work is None or request.endpoint is None:
        return answer
    if g.get("database_gone"):  # nothing was written, and nothing can be written down
        answer.headers["X-Request-Id"] = g.request_id
        return answer
    told: tuple[audit.Entry, ...] = ()
    writes = request.method not in _READING
    somebody = (
        writes and _actor() != NOBODY
    )  # may be the first to ask the database, as the writer that is meant below
    if writes and "db" in g:
        g.db.rollback()  # what the view committed stays; SQLite has one writer, which must not be this one any more
    if _refused(answer):
        told = (work.entry(AuditKind.REFUSED, str(answer.status_code)),)
    elif not work.written and somebody:
        told = (work.entry(AuditKind.WRITE),)  # somebody signed in, or sent what was there already
    audit.settle(work, *told, sessions=runtime().sessions)
    answer.headers["X-Request-Id"] = g.request_id
    return answer


def _refused(answer: Response) -> bool:
    """An error in answer to a write, or the way to the sign-in page."""
    if request.method in _READING:
        return False
    if answer.status_code == 302 and _actor() == NOBODY:
        return rule_of(current_app, str(request.endpoint)) != PUBLIC
    return answer.status_code >= 400


def _actor() -> str:
    told = g.get("audit_actor")
    if told is not None:
        return str(told)
    return audit.label(current_user.account) if current_user.is_authenticated else NOBODY


def _subject() -> str:
    found = request.view_args or {}
    for name, value in found.items():
        if name in _TOLD:
            number = str(value).upper()
            return number if _NUMBER.fullmatch(number) else ""
        if isinstance(value, int):
            return f"{name.removesuffix('_id')}:{value}"
    return ""


def shortened(address: str | None) -> str:
    """The network an address is in (IPv4 /24, IPv6 /48): enough to tell two offices apart, not two people."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))
