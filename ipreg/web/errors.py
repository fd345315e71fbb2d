"""The one table from our errors to HTTP, and the pages that tell them."""

from __future__ import annotations

import errno
import logging

from flask import Flask, current_app, g, render_template, request
from flask_login import AnonymousUserMixin, current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.wrappers import Response

from ipreg.db import is_gone, waited_in_vain, was_contended
from ipreg.errors import (
    CallerError,
    ConflictError,
    IpregError,
    MissingError,
    PermissionDeniedError,
    ProofError,
    UpstreamError,
)
from ipreg.messages import message_for
from ipreg.web.language import is_program, say
from ipreg.web.problems import problem
from ipreg.web.rules import rule_of, to_sign_in
from ipreg.web.session import db, runtime, start_again

STATUS: dict[type[IpregError], int] = {
    CallerError: 400,
    PermissionDeniedError: 403,
    MissingError: 404,
    ConflictError: 409,
    ProofError: 500,
    UpstreamError: 502,
}
STATUS_OF_CODE = {
    "token_wrong": 401,
    "token_over": 401,
    "body_too_large": 413,
    "media_type_wrong": 415,
    "encoding_wrong": 415,
    "key_reused": 422,
    "rate_spent": 429,
    "files_unreachable": 503,
}
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_DISK = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EROFS: "files_unreachable",
    errno.EACCES: "files_unreachable",
    errno.EIO: "files_unreachable",
}
_ONE_YEAR = "max-age=31536000"
_log = logging.getLogger(__name__)


def install(app: Flask) -> None:
    app.register_error_handler(IpregError, _ours)
    app.register_error_handler(CSRFError, _form_expired)
    app.register_error_handler(RequestEntityTooLarge, lambda _fault: _page(413, "upload_too_large"))
    app.register_error_handler(IntegrityError, _slower)
    app.register_error_handler(StaleDataError, _slower)
    app.register_error_handler(OperationalError, _slower)
    app.register_error_handler(PoolTimeoutError, _crowded)
    app.register_error_handler(OSError, _no_room)
    app.register_error_handler(404, lambda _fault: _page(404, "page_missing"))
    # A number in an address that no row can have.
    app.register_error_handler(OverflowError, lambda _fault: _page(404, "page_missing"))
    app.register_error_handler(DataError, _out_of_range)
    app.register_error_handler(HTTPException, _other)
    app.register_error_handler(500, lambda _fault: _page(500, "unexpected"))
    app.after_request(_protect)


def _other(fault: HTTPException) -> Response | tuple[str, int]:
    status = fault.code or 500
    if not is_program():
        return _page(status, "unexpected")
    code = {400: "body_malformed", 405: "method_wrong"}.get(status, "unexpected")
    answer = problem(IpregError(code), status)
    if isinstance(fault, MethodNotAllowed) and fault.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(fault.valid_methods))
    return answer


def _form_expired(_fault: CSRFError) -> Response | tuple[str, int]:
    """The token ends with the sign-in: who is signed out is to sign in, and need not learn about forms."""
    public = request.endpoint is None or not rule_of(current_app, request.endpoint)
    if current_user.is_authenticated or public:
        return _page(400, "form_expired")
    return to_sign_in()


def _out_of_range(fault: DataError) -> Response | tuple[str, int]:
    """The same as PostgreSQL tells it."""
    start_again()
    if getattr(fault.orig, "sqlstate", None) == "22003":  # numeric_value_out_of_range
        return _page(404, "page_missing")
    _log.error("the database was given what it can't keep", exc_info=fault)
    return _page(500, "unexpected")


def _slower(fault: Exception) -> Response | tuple[str, int]:
    """Two did what only one can do, or each waited for the other: the database let the first one through."""
    if isinstance(fault, OperationalError) and waited_in_vain(fault):
        db().rollback()
        _log.warning("answered 503: %s", fault)
        return _page(503, "database_busy")
    if isinstance(fault, OperationalError) and not was_contended(fault) and is_gone(fault):
        return _gone(fault)
    start_again()
    if isinstance(fault, OperationalError) and not was_contended(fault):
        _log.error("the database failed", exc_info=fault)
        return _page(500, "unexpected")
    _log.warning("answered 409: %s", fault)
    return _page(409, "changed_meanwhile")


def _gone(fault: OperationalError) -> Response | tuple[str, int]:
    """The database does not answer. Nor does it say who is signed in: the page is that of a stranger."""
    _log.error("answered 503: the database does not answer: %s", fault.orig)
    g.database_gone, g._login_user = True, AnonymousUserMixin()
    return _page(503, "database_gone")


def _crowded(fault: PoolTimeoutError) -> Response | tuple[str, int]:
    """All connections of this process were in use for half a minute."""
    _log.warning("answered 503: %s", fault)
    g.database_gone, g._login_user = True, AnonymousUserMixin()
    return _page(503, "database_busy")


def _no_room(fault: OSError) -> Response | tuple[str, int]:
    """A file could not be written, or not be read; what was begun goes with the transaction."""
    _log.error("a file could not be read or written", exc_info=fault)
    code = _DISK.get(fault.errno or 0)
    if code is None:
        return _page(500, "unexpected")
    start_again()
    return _page(503, code)


def status_of(fault: IpregError) -> int:
    if fault.code in STATUS_OF_CODE:
        return STATUS_OF_CODE[fault.code]
    return next((status for kind, status in STATUS.items() if isinstance(fault, kind)), 500)


def words_of(fault: IpregError) -> str:
    """What to tell the reader."""
    return message_for(fault.code, fault.values, say)


def _ours(fault: IpregError) -> Response | tuple[str, int]:
    status = status_of(fault)
    if not db().is_active:  # the database refused the slower of two: nothing can be asked before that is taken back
        start_again()
    if status >= 500:
        _log.error("answered %s: %s", status, fault)
    if is_program():
        return problem(fault, status)
    return render_template("error.html", status=status, message=words_of(fault)), status


def _page(status: int, code: str) -> Response | tuple[str, int]:
    if is_program():
        return problem(IpregError(code), status)
    return render_template("error.html", status=status, message=message_for(code, {}, say)), status


def _protect(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", _POLICY)
    answer.headers.setdefault("X-Content-Type-Options", "nosniff")
    answer.headers.setdefault("Referrer-Policy", "same-origin")
    if runtime().config.public_url.startswith("https:"):
        answer.headers.setdefault("Strict-Transport-Security", _ONE_YEAR)
    if answer.mimetype == "text/html":
        answer.headers.setdefault("Cache-Control", "no-store")
    return answer
