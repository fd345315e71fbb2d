"""One database session a request, and who is signed in."""

from __future__ import annotations

from typing import cast

from flask import Flask, current_app, g, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.wrappers import Response
from flask_login import UserMixin, current_user
from sqlalchemy.orm import Session

from ipreg.accounts import get_account
from ipreg.models import Account
from ipreg.runtime import Runtime


class Reader(UserMixin):  # type: ignore[misc]
    """Who is signed in, as Flask-Login wants it."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def get_id(self) -> str:
        return str(self.account.id)


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["ipreg"])


def db() -> Session:
    """The request's session. The view commits; what is not committed is gone at the end."""
    if "db" not in g:
        g.db = runtime().sessions()
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            g.db.connection(execution_options={"writes": True})
    return cast(Session, g.db)


def start_again() -> Session:
    """Gives the transaction back and begins another: what failed half way leaves nothing."""
    db().rollback()
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        db().connection(execution_options={"writes": True})
    return db()


def me() -> Account:
    """The account that is signed in; only for views that are not public."""
    return cast(Account, db().merge(current_user.account, load=True))


def load_reader(account_id: str) -> Reader | None:
    account = get_account(db(), int(account_id)) if account_id.isdecimal() else None
    return Reader(account) if account else None


class _Sessions(SecureCookieSessionInterface):
    """The public log is the same for everybody: no cookie goes with it, and caches need not ask for one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.blueprint != "log":
            super().save_session(app, session, response)


def install(app: Flask) -> None:
    app.session_interface = _Sessions()
    app.teardown_appcontext(_close)


def _close(_fault: BaseException | None) -> None:
    opened = g.pop("db", None)
    if opened is not None:
        opened.close()
