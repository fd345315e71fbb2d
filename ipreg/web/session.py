"""One database session a request, and who is signed in.

The cookie carries the token of a row of ``sign_ins``; the row says whether it still holds, to every web process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import cast

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask.wrappers import Response
from flask_login import UserMixin, current_user, login_user
from sqlalchemy.orm import Session

from ipreg import signins
from ipreg.db import transaction, utc_now
from ipreg.models import Account, SignIn, VaultKey
from ipreg.runtime import Runtime
from ipreg.storage import Shelf, put_ahead

_READS = ("GET", "HEAD", "OPTIONS")


class Reader(UserMixin):  # type: ignore[misc]
    """Who is signed in, as Flask-Login wants it."""

    def __init__(self, sign_in: SignIn, token: str) -> None:
        self.account = sign_in.account
        self.sign_in = sign_in
        self._token = token

    def get_id(self) -> str:
        return self._token


def runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["ipreg"])


def db() -> Session:
    """The request's session. The view commits; what is not committed is gone at the end."""
    if "db" not in g:
        g.db = runtime().sessions()
        if request.method not in _READS:
            g.db.connection(execution_options={"writes": True})
    return cast(Session, g.db)


def start_again() -> Session:
    """Gives the transaction back and begins another: what failed half way leaves nothing."""
    db().rollback()
    if request.method not in _READS:
        db().connection(execution_options={"writes": True})
    return db()


def keep_ahead(shelf: Shelf, contents: Iterable[bytes]) -> None:
    """Puts what came where it will lie, while no transaction of this request waits: a slow store then makes nobody
    else wait. What was read before has to be read again.
    """
    db().rollback()
    put_ahead(shelf, contents)
    start_again()


def seal_ahead(contents: Iterable[bytes]) -> VaultKey:
    """The same onto a new sealed shelf; the key is for ``registry.register_design``."""
    db().rollback()
    key = runtime().store.seal_ahead(contents, now=utc_now())
    start_again()
    return key


@contextmanager
def aside() -> Iterator[Session]:
    """A transaction of its own, for a page that reads and has something to note down as well.

    In SQLite a transaction that began by reading may not write any more once somebody else has written.
    """
    db().rollback()
    with transaction(runtime().sessions) as session:
        yield session


def me() -> Account:
    """The account that is signed in, or whose token came; only for views that are not public."""
    acting = g.get("bearer") or current_user.account
    return cast(Account, db().merge(acting, load=True))


def bearer(account: Account) -> None:
    """A program acts for this account, by its token: a cookie that comes with it counts for nothing."""
    g.bearer = account


def sign_in_here(account: Account, *, second_factor: bool = False) -> None:
    """Signs the account in on this device, commits, and leaves nothing of an older session in the cookie."""
    made, token = signins.open_sign_in(
        db(),
        account=account,
        user_agent=request.user_agent.string,
        address=request.remote_addr or "",
        second_factor=second_factor,
        now=utc_now(),
    )
    db().commit()
    cookie.clear()
    login_user(Reader(made, token))


def load_reader(token: str) -> Reader | None:
    now = utc_now()
    found = signins.find(db(), token=token, now=now)
    if found is None:
        return None
    if request.method in _READS and now - found.last_seen_at >= signins.SEEN_EVERY:
        with transaction(runtime().sessions) as session:
            signins.see(session, sign_in_id=found.id, now=now)
    return Reader(found, token)


class _Sessions(SecureCookieSessionInterface):
    """The public log is the same for everybody: no cookie goes with it, and caches need not ask for one."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.blueprint != "log" and not (request.blueprint or "").startswith("api"):
            super().save_session(app, session, response)


def install(app: Flask) -> None:
    app.session_interface = _Sessions()
    app.teardown_appcontext(_close)


def _close(_fault: BaseException | None) -> None:
    opened = g.pop("db", None)
    if opened is not None:
        opened.close()
