"""The inbox of notices: what happened, newest first, each leading to its page."""

from __future__ import annotations

from flask import Blueprint, Flask, g, redirect, render_template, request, url_for
from flask_login import current_user
from sqlalchemy import select
from werkzeug.wrappers import Response

from ipreg.db import transaction, utc_now
from ipreg.models import Notice
from ipreg.notify import notices
from ipreg.notify.kinds import Written, write
from ipreg.web.language import say
from ipreg.web.rules import EVERYBODY, who
from ipreg.web.session import db, me, runtime

bp = Blueprint("notices", __name__)
PAGE = 30
COUNTED = 99


@bp.get("/notices")
@who(*EVERYBODY)
def inbox() -> str:
    unread = request.args.get("show") == "unread"
    page = min(max(1, request.args.get("page", 1, type=int)), 10_000)
    found = notices.inbox(db(), account=me(), unread=unread, limit=PAGE + 1, offset=(page - 1) * PAGE)
    shown = [(one, words_of_notice(one)) for one in found[:PAGE]]
    return render_template("notices.html", notices=shown, unread=unread, page=page, more=len(found) > PAGE)


@bp.get("/notices/<int:notice_id>")
@who(*EVERYBODY)
def follow(notice_id: int) -> Response:
    """To the page of the notice, which is read by that."""
    notice = notices.get_notice(db(), notice_id=notice_id, account=me())
    if notice.read_at is None:
        with transaction(runtime().sessions) as session:
            session.get_one(Notice, notice_id).read_at = utc_now()
    return redirect(notice.path)


@bp.post("/notices/read")
@who(*EVERYBODY)
def read_all() -> Response:
    notices.mark_read(db(), account=me(), now=utc_now())
    db().commit()
    return redirect(url_for("notices.inbox"))


def words_of_notice(notice: Notice) -> Written:
    """The notice in the reader's language."""
    return write(notice.kind, notice.values, say)


def unread_count() -> int:
    """How many notices the reader has not read, once a request; never more than ``COUNTED`` + 1."""
    if not current_user.is_authenticated:
        return 0
    if "unread" not in g:
        g.unread = notices.count_unread(db(), account=current_user.account, most=COUNTED + 1)
    return int(g.unread)


def install(app: Flask) -> None:
    app.before_request(_seen)
    app.jinja_env.globals.update(unread_count=unread_count, words_of_notice=words_of_notice)


def _seen() -> None:
    """Who opens the page that a notice leads to has read the notice."""
    if request.method != "GET" or not current_user.is_authenticated or request.blueprint in (None, "notices"):
        return
    account = current_user.account
    wanted = select(Notice.id).where(
        Notice.account_id == account.id, Notice.path == request.path, Notice.read_at.is_(None)
    )
    if db().scalar(wanted.limit(1)) is not None:
        with transaction(runtime().sessions) as session:
            notices.mark_read(session, account=account, path=request.path, now=utc_now())
